"""What came of a study: variants with several seeds each, against a baseline and against claims."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from stages.experiments import significance
from stages.reporting.text_tables import markdown, p_value


@dataclass(frozen=True)
class Result:
    """What came of a variant.

    Attributes
    ----------
    name
        What people call it.
    published
        Accuracy that somebody else reported for it, in percent.
    accuracies
        Part of the test images that got their label, 0 to 1, for each seed.
    """

    name: str
    published: float | None
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy over the seeds, 0 to 1."""
        return fmean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds, 0 to 1; None with one seed alone."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None


@dataclass(frozen=True)
class Claim:
    """A claim that one variant is better than another.

    Attributes
    ----------
    says
        In words.
    better, worse
        Names of the two variants.
    """

    says: str
    better: str
    worse: str

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two variants."""
        return self.better, self.worse


@dataclass(frozen=True)
class Difference:
    """Of two variants: `first` less `second`, paired by seed.

    Attributes
    ----------
    points
        Mean difference of their accuracies in percentage points.
    p_value
        Of Student's t-test on the pairs, corrected for how many were made (Holm); None with one
        seed alone, which tells nothing.
    """

    points: float
    p_value: float | None

    @property
    def real(self) -> bool:
        """Whether there is evidence that it is more than luck."""
        return self.p_value is not None and self.p_value < significance.LEVEL


@dataclass(frozen=True)
class Study:
    """All that came of a study.

    Attributes
    ----------
    results
        Of each variant; at least one.
    baseline
        Name of the variant that all are compared with.
    claims
        What is to be answered.
    published_by
        Where the published accuracies are from.
    """

    results: tuple[Result, ...]
    baseline: str
    claims: tuple[Claim, ...]
    published_by: str

    def against_baseline(self) -> dict[str, Difference]:
        """Compare every variant with the baseline, corrected for how many they are."""
        others = [result.name for result in self.results if result.name != self.baseline]
        pairs = [(name, self.baseline) for name in others]
        return dict(zip(others, self._differences(pairs), strict=True))

    def answers(self) -> Iterator[tuple[Claim, Difference, str]]:
        """Yield each claim, its difference, corrected for how many claims there are, a verdict."""
        differences = self._differences([claim.names for claim in self.claims])
        for claim, difference in zip(self.claims, differences, strict=True):
            if not difference.real:
                verdict = "no evidence"
            else:
                verdict = "holds" if difference.points > 0 else "the opposite holds"
            yield claim, difference, verdict

    def _differences(self, pairs: Sequence[tuple[str, str]]) -> list[Difference]:
        accuracies = {result.name: result.accuracies for result in self.results}
        means = {result.name: result.mean for result in self.results}
        points = [100 * (means[first] - means[second]) for first, second in pairs]
        if len(self.results[0].accuracies) < 2:
            return [Difference(value, None) for value in points]
        found = [significance.paired_t(accuracies[a], accuracies[b]) for a, b in pairs]
        corrected = significance.holm(found)
        return [Difference(*both) for both in zip(points, corrected, strict=True)]


def columns(seeds: Sequence[int]) -> list[str]:
    """Name the columns of `rows`."""
    start = ["variant", "published", "mean", "deviation", "worst", "best", "points", "p_value"]
    return [*start, *(f"seed_{seed}" for seed in seeds)]


def rows(study: Study, seeds: Sequence[int]) -> Iterator[Mapping[str, object]]:
    """Yield a row a variant, for a table: accuracies 0 to 1, `points` over the baseline."""
    differences = study.against_baseline()
    for result in study.results:
        difference = differences.get(result.name)
        yield {
            "variant": result.name,
            "published": None if result.published is None else result.published / 100,
            "mean": result.mean,
            "deviation": result.deviation,
            "worst": min(result.accuracies),
            "best": max(result.accuracies),
            "points": difference and difference.points,
            "p_value": difference and difference.p_value,
            **{f"seed_{seed}": value for seed, value in zip(seeds, result.accuracies, strict=True)},
        }


def as_markdown(study: Study, dataset: str) -> str:
    """Lay out a study for people: a table of the variants, and one of the claims."""
    seeds = len(study.results[0].accuracies)
    differences = study.against_baseline()
    table = [["variant", study.published_by, "mean", "± sd", "worst", "best", "against baseline"]]
    for result in study.results:
        published = "" if result.published is None else f"{result.published:.2f} %"
        deviation = "" if result.deviation is None else f"{100 * result.deviation:.2f}"
        ends = [f"{100 * end(result.accuracies):.2f} %" for end in (min, max)]
        against = (
            _told(differences[result.name]) if result.name in differences else "is the baseline"
        )
        mean = f"{100 * result.mean:.2f} %"
        table.append([result.name, published, mean, deviation, *ends, against])
    note = (
        f"Accuracy on the test images of {dataset}, seeds 1 to {seeds}. Points are differences of"
        " the means; p is of a t-test paired by seed, corrected for the number of comparisons"
        " (Holm)."
    )
    parts = [note, markdown(table)]
    if study.claims:
        answers = [["claim", "compared", "difference", "verdict"]]
        for claim, difference, verdict in study.answers():
            compared = f"{claim.better} with {claim.worse}"
            answers.append([claim.says, compared, _told(difference), f"**{verdict}**"])
        parts.append(markdown(answers))
    return "\n\n".join(parts) + "\n"


def _told(difference: Difference) -> str:
    points = f"{difference.points:+.2f} points"
    return points if difference.p_value is None else f"{points}, {p_value(difference.p_value)}"
