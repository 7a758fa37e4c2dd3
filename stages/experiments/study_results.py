"""Results of a study: variants with several seeds each, compared with a baseline and by claims."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from stages.experiments import significance


@dataclass(frozen=True)
class VariantResult:
    """Result of a variant.

    Attributes
    ----------
    name
        Its name.
    published
        Published accuracy in percent, if any.
    accuracies
        Test accuracy of each seed, 0 to 1.
    """

    name: str
    published: float | None
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy over the seeds, 0 to 1."""
        return fmean(self.accuracies)

    @property
    def std(self) -> float | None:
        """Standard deviation over the seeds, 0 to 1; None with a single seed."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None


@dataclass(frozen=True)
class Claim:
    """A claim that one variant is better than another.

    Attributes
    ----------
    statement
        The claim in words.
    better, worse
        Names of the two variants.
    """

    statement: str
    better: str
    worse: str

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two variants."""
        return self.better, self.worse


@dataclass(frozen=True)
class Difference:
    """Difference of two variants, `first` minus `second`, paired by seed.

    Attributes
    ----------
    points
        Mean difference of their accuracies in percentage points.
    p_value
        Of Student's paired t-test, corrected for the number of comparisons (Holm); None with a
        single seed.
    """

    points: float
    p_value: float | None

    @property
    def significant(self) -> bool:
        """Whether there is evidence that it is more than chance."""
        return self.p_value is not None and self.p_value < significance.ALPHA


@dataclass(frozen=True)
class Study:
    """Results of a study.

    Attributes
    ----------
    results
        Of each variant; at least one.
    baseline
        Name of the variant that all are compared with.
    claims
        Claims to test.
    published_by
        Source of the published accuracies.
    """

    results: tuple[VariantResult, ...]
    baseline: str
    claims: tuple[Claim, ...]
    published_by: str

    def against_baseline(self) -> dict[str, Difference]:
        """Compare every variant with the baseline, corrected for their number."""
        others = [result.name for result in self.results if result.name != self.baseline]
        pairs = [(name, self.baseline) for name in others]
        return dict(zip(others, self._differences(pairs), strict=True))

    def claim_verdicts(self) -> Iterator[tuple[Claim, Difference, str]]:
        """Yield each claim, its difference, corrected for the number of claims, and a verdict."""
        differences = self._differences([claim.names for claim in self.claims])
        for claim, difference in zip(self.claims, differences, strict=True):
            if not difference.significant:
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
        p_values = [significance.paired_t(accuracies[a], accuracies[b]) for a, b in pairs]
        corrected = significance.holm(p_values)
        return [Difference(*both) for both in zip(points, corrected, strict=True)]


def columns(seeds: Sequence[int]) -> list[str]:
    """Return the names of the columns of `rows`."""
    start = ["variant", "published", "mean", "std", "worst", "best", "points", "p_value"]
    return [*start, *(f"seed_{seed}" for seed in seeds)]


def rows(study: Study, seeds: Sequence[int]) -> Iterator[Mapping[str, object]]:
    """Yield a row per variant: accuracies 0 to 1, `points` from the baseline."""
    differences = study.against_baseline()
    for result in study.results:
        difference = differences.get(result.name)
        yield {
            "variant": result.name,
            "published": None if result.published is None else result.published / 100,
            "mean": result.mean,
            "std": result.std,
            "worst": min(result.accuracies),
            "best": max(result.accuracies),
            "points": difference and difference.points,
            "p_value": difference and difference.p_value,
            **{f"seed_{seed}": value for seed, value in zip(seeds, result.accuracies, strict=True)},
        }
