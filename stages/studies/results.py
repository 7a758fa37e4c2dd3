"""Results of a study: variants with several seeds each, and their comparisons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median, stdev

import numpy as np

from stages.comparison import mean_difference, significance
from stages.studies.cells import Cell, CellResult
from stages.studies.specification import Claim, Comparison, Group, StudySpec

# With fewer seeds, there are figures and no verdict.
MIN_SEEDS = 5
# A seed fails if its accuracy is this far below the median of its variant.
FAILURE_MARGIN = 0.05


@dataclass(frozen=True)
class VariantResult:
    """Result of a variant: which test images each seed's network classifies correctly."""

    name: str
    published: float | None  # accuracy in percent
    is_correct: np.ndarray  # bool, (n_seeds, n_images)
    validation_accuracies: tuple[float, ...] | None = None  # of each seed, 0 to 1

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
        middle = median(self.accuracies)
        # Rounded, so that a seed that is exactly the margin below counts.
        return sum(round(middle - each, 9) >= FAILURE_MARGIN for each in self.accuracies)


@dataclass(frozen=True)
class Difference:
    """Difference of two variants, or of two groups of variants, `first` minus `second`."""

    first: str
    second: str
    points: float  # mean difference of their accuracies, in percentage points
    # Its 95 % confidence interval, for other seeds and test images; None with a single seed.
    low: float | None
    high: float | None
    # From the t-test, corrected for the number of comparisons in the study (Holm); None with fewer
    # than `MIN_SEEDS` seeds.
    p_value: float | None
    n_better: int  # seeds in which `first` is more accurate
    n_worse: int

    @property
    def verdict(self) -> str:
        """The verdict on `first`: `better`, `worse`, `no evidence` or `too few seeds`."""
        if self.p_value is None:
            return "too few seeds"
        if self.p_value >= significance.ALPHA:
            return "no evidence"
        return "better" if self.points > 0 else "worse"


@dataclass(frozen=True)
class Study:
    """What was studied, and the result of each variant; at least one."""

    spec: StudySpec
    results: tuple[VariantResult, ...]

    @property
    def best_by_validation(self) -> VariantResult | None:
        """The variant with the highest validation accuracy; None if one has none."""
        if any(result.validation_mean is None for result in self.results):
            return None
        return max(self.results, key=lambda result: result.validation_mean or 0.0)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """The result of each comparison."""
        by_name = {result.name: result.is_correct for result in self.results}

        def mean_of(group: Group) -> np.ndarray:
            mean: np.ndarray = np.mean([by_name[name] for name in group.variants], axis=0)
            return mean

        comparisons = self.spec.comparisons
        arrays = [mean_of(first) - mean_of(second) for first, second in comparisons]
        p_values: Sequence[float | None] = [None] * len(arrays)
        if len(self.spec.seeds) >= MIN_SEEDS:
            p_values = significance.holm([mean_difference.t_test(array) for array in arrays])
        return tuple(map(_difference, comparisons, arrays, p_values))

    def claim_verdicts(self) -> Iterator[tuple[Claim, float, str]]:
        """Yield each claim, the points by which it holds, and a verdict."""
        for claim in self.spec.claims:
            names = {claim.better, claim.worse}
            difference = next(d for d in self.differences if {d.first, d.second} == names)
            as_claimed = difference.first == claim.better
            verdict = difference.verdict
            if verdict in ("better", "worse"):
                holds = (verdict == "better") == as_claimed
                verdict = "holds" if holds else "the opposite holds"
            yield claim, difference.points * (1 if as_claimed else -1), verdict


def _difference(
    comparison: Comparison, differences: np.ndarray, p_value: float | None
) -> Difference:
    first, second = comparison
    # Rounded: means of groups that are equal may differ in their last bits.
    by_seed = differences.mean(axis=1).round(12)
    low, high = mean_difference.interval(differences) if len(differences) > 1 else (None, None)
    return Difference(
        first=first.name,
        second=second.name,
        points=100 * float(by_seed.mean()),
        low=low and 100 * low,
        high=high and 100 * high,
        p_value=p_value,
        n_better=int((by_seed > 0).sum()),
        n_worse=int((by_seed < 0).sum()),
    )


def collect(
    spec: StudySpec, cells: Mapping[tuple[str, int], Cell], results: Mapping[str, CellResult]
) -> Study:
    """Put the results of all cells together.

    `cells` has the cell of each variant, by name, and seed; `results` the result of each, by key.
    Variants are in the order of the file; those of a grid by validation accuracy, best first.
    """
    variants = []
    for variant in spec.variants:
        of_seeds = [results[cells[variant.name, seed].key] for seed in spec.seeds]
        validation = [result.metrics.get("validation_accuracy") for result in of_seeds]
        variants.append(
            VariantResult(
                variant.name,
                variant.published,
                np.stack([result.is_correct for result in of_seeds]),
                tuple(accuracy for accuracy in validation if accuracy is not None) or None,
            )
        )
    if spec.is_grid:
        variants.sort(key=lambda variant: -(variant.validation_mean or 0.0))
    return Study(spec, tuple(variants))


COMPARISONS = ("first", "second", "points", "low", "high", "p_value", "n_better", "n_worse")


def variant_row(result: VariantResult, seeds: Sequence[int]) -> dict[str, object]:
    """Return a variant's row for a table: accuracies 0 to 1."""
    return {
        "variant": result.name,
        "published": None if result.published is None else result.published / 100,
        "validation_mean": result.validation_mean,
        "mean": result.mean,
        "std": result.std,
        "worst": min(result.accuracies),
        "best": max(result.accuracies),
        "n_failed": result.n_failed,
        **{f"seed_{seed}": value for seed, value in zip(seeds, result.accuracies, strict=True)},
    }
