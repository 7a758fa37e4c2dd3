"""Results of a study: variants with several seeds each, compared with a baseline and by claims."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean, median, stdev

import numpy as np

from stages.comparison import mean_difference, significance

# With fewer seeds, there are figures and no verdict.
MIN_SEEDS = 5
# A seed fails if its accuracy is this far below the median of its variant.
FAILURE_MARGIN = 0.05


@dataclass(frozen=True)
class VariantResult:
    """Result of a variant.

    Attributes
    ----------
    name
        Its name.
    published
        Published accuracy in percent, if any.
    is_correct
        Mask of the test images that each seed's network classifies correctly, bool,
        (n_seeds, n_images).
    architecture
        What a network's initial weights depend on, besides the seed.
    validation_accuracies
        Validation accuracy of each seed, 0 to 1; None without validation images.
    """

    name: str
    published: float | None
    is_correct: np.ndarray
    architecture: object
    validation_accuracies: tuple[float, ...] | None = None

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Test accuracy of each seed, 0 to 1."""
        return tuple(self.is_correct.mean(axis=1).tolist())

    @property
    def mean(self) -> float:
        """Mean accuracy over the seeds, 0 to 1."""
        return fmean(self.accuracies)

    @property
    def validation_mean(self) -> float | None:
        """Mean validation accuracy over the seeds, 0 to 1; None without validation images."""
        return fmean(self.validation_accuracies) if self.validation_accuracies else None

    @property
    def std(self) -> float | None:
        """Standard deviation over the seeds, 0 to 1; None with a single seed."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def n_failed(self) -> int:
        """Number of seeds whose accuracy is `FAILURE_MARGIN` or more below the median."""
        threshold = median(self.accuracies) - FAILURE_MARGIN
        return sum(accuracy <= threshold for accuracy in self.accuracies)


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
    """Difference of two variants, `first` minus `second`.

    Attributes
    ----------
    first, second
        Names of the variants.
    points
        Mean difference of their accuracies in percentage points.
    interval
        95 % confidence interval of it in percentage points, for other seeds and test images; None
        with a single seed.
    paired
        Whether seeds are compared in pairs: where both variants have the same architecture, and so
        the same initial weights for a seed, but for the scale of the last layer. Between
        architectures a seed has little in common.
    p_value, permutation_p_value
        Of the t-test and of the permutation test, each corrected for the number of comparisons in
        the study (Holm); None with fewer than `MIN_SEEDS` seeds.
    n_better, n_worse, n_seeds
        Number of seeds in which `first` is more and less accurate, and number of seeds.
    any_failed
        Whether seeds of either variant failed. The t-test alone is no evidence then.
    """

    first: str
    second: str
    points: float
    interval: tuple[float, float] | None
    paired: bool
    p_value: float | None
    permutation_p_value: float | None
    n_better: int
    n_worse: int
    n_seeds: int
    any_failed: bool

    @property
    def verdict(self) -> str:
        """The verdict on `first`: `better`, `worse`, `no evidence` or `too few seeds`."""
        if self.p_value is None or self.permutation_p_value is None:
            return "too few seeds"
        required = max(self.p_value, self.permutation_p_value) if self.any_failed else self.p_value
        if required >= significance.ALPHA:
            return "no evidence"
        return "better" if self.points > 0 else "worse"

    def reversed(self) -> "Difference":
        """Return the same comparison as `second` minus `first`."""
        return replace(
            self,
            first=self.second,
            second=self.first,
            points=-self.points,
            interval=self.interval and (-self.interval[1], -self.interval[0]),
            n_better=self.n_worse,
            n_worse=self.n_better,
        )


_CLAIM_VERDICTS = {"better": "holds", "worse": "the opposite holds"}


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

    @property
    def best_by_validation(self) -> VariantResult | None:
        """The variant with the highest validation accuracy; None if one has none."""
        means = [result.validation_mean for result in self.results]
        if any(mean is None for mean in means):
            return None
        return max(self.results, key=lambda result: result.validation_mean or 0.0)

    @property
    def n_seeds(self) -> int:
        """Number of seeds of each variant."""
        return len(self.results[0].is_correct)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """All pairs, once each: every variant with the baseline, then the other pairs of claims."""
        names = [result.name for result in self.results if result.name != self.baseline]
        pairs = {frozenset((name, self.baseline)): (name, self.baseline) for name in names}
        for claim in self.claims:
            pairs.setdefault(frozenset(claim.names), claim.names)
        by_name = {result.name: result for result in self.results}
        differences = [_compare(by_name[a], by_name[b]) for a, b in pairs.values()]
        if self.n_seeds < MIN_SEEDS:
            return tuple(differences)
        masks = [(by_name[a].is_correct, by_name[b].is_correct) for a, b in pairs.values()]
        tests = [
            significance.holm(
                [test(*pair, d.paired) for pair, d in zip(masks, differences, strict=True)]
            )
            for test in (mean_difference.t_test, mean_difference.permutation_test)
        ]
        return tuple(
            replace(difference, p_value=p_value, permutation_p_value=permutation_p_value)
            for difference, p_value, permutation_p_value in zip(differences, *tests, strict=True)
        )

    def difference(self, first: str, second: str) -> Difference:
        """Return the comparison of two variants, which the baseline or a claim asks for."""
        for difference in self.differences:
            if (difference.first, difference.second) == (first, second):
                return difference
            if (difference.second, difference.first) == (first, second):
                return difference.reversed()
        raise KeyError(f"{first} and {second} are not compared")

    def claim_verdicts(self) -> Iterator[tuple[Claim, Difference, str]]:
        """Yield each claim, its difference, and a verdict."""
        for claim in self.claims:
            difference = self.difference(*claim.names)
            yield claim, difference, _CLAIM_VERDICTS.get(difference.verdict, difference.verdict)


def _compare(first: VariantResult, second: VariantResult) -> Difference:
    a, b = first.is_correct, second.is_correct
    paired = first.architecture == second.architecture
    low_high = mean_difference.interval(a, b, paired) if len(a) > 1 else None
    n_correct_a, n_correct_b = a.sum(axis=1), b.sum(axis=1)
    return Difference(
        first=first.name,
        second=second.name,
        points=100 * (first.mean - second.mean),
        interval=low_high and (100 * low_high[0], 100 * low_high[1]),
        paired=paired,
        p_value=None,
        permutation_p_value=None,
        n_better=int((n_correct_a > n_correct_b).sum()),
        n_worse=int((n_correct_a < n_correct_b).sum()),
        n_seeds=len(a),
        any_failed=bool(first.n_failed or second.n_failed),
    )


def columns(seeds: Sequence[int]) -> list[str]:
    """Return the names of the columns of `rows`."""
    variant = [
        "variant",
        "published",
        "validation_mean",
        "mean",
        "std",
        "worst",
        "best",
        "n_failed",
    ]
    baseline = ["points", "points_low", "points_high", "p_value", "permutation_p_value"]
    return [*variant, *baseline, *(f"seed_{seed}" for seed in seeds)]


def rows(study: Study, seeds: Sequence[int]) -> Iterator[Mapping[str, object]]:
    """Yield a row per variant: accuracies 0 to 1, `points` from the baseline."""
    for result in study.results:
        of_baseline = result.name == study.baseline
        difference = None if of_baseline else study.difference(result.name, study.baseline)
        low, high = (difference and difference.interval) or (None, None)
        yield {
            "variant": result.name,
            "published": None if result.published is None else result.published / 100,
            "validation_mean": result.validation_mean,
            "mean": result.mean,
            "std": result.std,
            "worst": min(result.accuracies),
            "best": max(result.accuracies),
            "n_failed": result.n_failed,
            "points": difference and difference.points,
            "points_low": low,
            "points_high": high,
            "p_value": difference and difference.p_value,
            "permutation_p_value": difference and difference.permutation_p_value,
            **{f"seed_{seed}": value for seed, value in zip(seeds, result.accuracies, strict=True)},
        }
