"""Compare networks on the same images, and test whether the differences are chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stages.comparison import significance
from stages.reporting.errors import ReportingError
from stages.reporting.metrics import Predictions, most_confident_first


@dataclass(frozen=True)
class RunResult:
    """The result of one run.

    Attributes
    ----------
    name
        Name of its revision.
    params
        Its parameters, flat: `train.epochs` and so on.
    predictions
        Its predictions.
    history
        The columns of its `history.csv`; empty if there is none.
    """

    name: str
    params: Mapping[str, Any]
    predictions: Predictions
    history: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Comparison of `other` with `base`.

    Attributes
    ----------
    base, other
        The two runs.
    interval
        95 % confidence interval of the difference of their accuracies, -1 to 1.
    p_value
        From McNemar's exact test, corrected for the number of comparisons with `base` (Holm).
    min_detectable_difference
        Smallest difference, 0 to 1, that these images could have shown.
    fixed, regressed
        Indices of the images that only `other`, or only `base`, classifies correctly, ordered by
        the sum of both confidences, largest first.
    """

    base: RunResult
    other: RunResult
    interval: tuple[float, float]
    p_value: float
    min_detectable_difference: float
    fixed: np.ndarray
    regressed: np.ndarray

    @property
    def n_images(self) -> int:
        """Number of images."""
        return len(self.base.predictions.actual)

    @property
    def difference(self) -> float:
        """Accuracy of `other` minus that of `base`, -1 to 1."""
        return (len(self.fixed) - len(self.regressed)) / self.n_images

    @property
    def verdict(self) -> str:
        """The verdict on `other`: `better`, `worse`, `no evidence` or `identical`."""
        if np.array_equal(self.base.predictions.predicted, self.other.predictions.predicted):
            return "identical"
        if self.p_value >= significance.ALPHA:
            return "no evidence"
        return "better" if self.difference > 0 else "worse"

    def class_counts(self, name: str) -> tuple[int, int, int]:
        """Count the images of a class, and how many `base` and `other` classify correctly."""
        mask = self.base.predictions.actual == name
        n_base, n_other = (
            int(run.predictions.is_correct[mask].sum()) for run in (self.base, self.other)
        )
        return int(mask.sum()), n_base, n_other


def compare(base: RunResult, others: Sequence[RunResult]) -> list[Comparison]:
    """Compare networks with a base network by their predictions.

    Parameters
    ----------
    base, others
        Their predictions are of the same images, in the same order.

    Returns
    -------
    list of Comparison
        One for each of `others`, the most accurate first.

    Raises
    ------
    ReportingError
        If the images are not the same.
    """
    comparisons = [_compare(base, other) for other in others]
    p_values = significance.holm([comparison.p_value for comparison in comparisons])
    return sorted(
        (
            replace(comparison, p_value=p_value)
            for comparison, p_value in zip(comparisons, p_values, strict=True)
        ),
        key=lambda comparison: -comparison.difference,
    )


def _compare(base: RunResult, other: RunResult) -> Comparison:
    first, second = base.predictions, other.predictions
    if not np.array_equal(first.actual, second.actual):
        raise ReportingError(
            f"{base.name} and {other.name} were not evaluated on the same images: bring both to the"
            " same dataset, and evaluate again"
        )
    confidence = first.confidence + second.confidence
    fixed = most_confident_first(second.is_correct & ~first.is_correct, confidence)
    regressed = most_confident_first(first.is_correct & ~second.is_correct, confidence)
    n, n_fixed, n_regressed = len(confidence), len(fixed), len(regressed)
    return Comparison(
        base=base,
        other=other,
        interval=significance.paired_interval(n_fixed, n_regressed, n),
        p_value=significance.mcnemar(n_fixed, n_regressed),
        min_detectable_difference=significance.min_detectable_difference(
            (n_fixed + n_regressed) / n, n
        ),
        fixed=fixed,
        regressed=regressed,
    )


def ranked(comparisons: Sequence[Comparison]) -> list[tuple[RunResult, Comparison | None]]:
    """Return all runs, most accurate first, with their comparison: None for the base."""
    runs: list[tuple[RunResult, Comparison | None]] = [(comparisons[0].base, None)]
    runs += [(comparison.other, comparison) for comparison in comparisons]
    return sorted(runs, key=lambda pair: -pair[0].predictions.accuracy)


def changed_params(comparisons: Sequence[Comparison]) -> dict[str, list[Any]]:
    """Return the parameters that differ: their value in each `ranked` run, None if absent."""
    runs = [run for run, _ in ranked(comparisons)]
    keys = dict.fromkeys(key for run in runs for key in run.params)
    values = {key: [run.params.get(key) for run in runs] for key in keys}
    return {key: column for key, column in values.items() if column != column[:1] * len(column)}
