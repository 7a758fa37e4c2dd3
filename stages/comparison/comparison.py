"""Compare two networks on the same images, and test whether the difference is chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.comparison import significance
from stages.reporting.errors import ReportingError
from stages.reporting.metrics import accuracy_interval
from stages.reporting.tables import Predictions


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
    """

    name: str
    params: Mapping[str, Any]
    predictions: Predictions

    @property
    def is_correct(self) -> np.ndarray:
        """Mask of the images that are classified correctly, bool, (n,)."""
        is_correct: np.ndarray = self.predictions.actual == self.predictions.predicted
        return is_correct

    @property
    def accuracy(self) -> float:
        """Fraction of the images that are classified correctly, 0 to 1."""
        return float(self.is_correct.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the accuracy."""
        return accuracy_interval(int(self.is_correct.sum()), len(self.is_correct))


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
        Of McNemar's exact test.
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
        return len(self.base.is_correct)

    @property
    def difference(self) -> float:
        """Accuracy of `other` minus that of `base`, -1 to 1."""
        return (len(self.fixed) - len(self.regressed)) / self.n_images

    @property
    def verdict(self) -> str:
        """The verdict on `other`: `better`, `worse`, `no evidence` or `identical`."""
        return self.verdict_at(self.p_value)

    def verdict_at(self, p_value: float) -> str:
        """Return the verdict on `other` with another p-value, corrected for several comparisons."""
        if np.array_equal(self.base.predictions.predicted, self.other.predictions.predicted):
            return "identical"
        if p_value >= significance.ALPHA:
            return "no evidence"
        return "better" if self.difference > 0 else "worse"

    def changed_params(self) -> dict[str, tuple[Any, Any]]:
        """Return the parameters that differ: values in `base` and `other`, None if absent."""
        base, other = self.base.params, self.other.params
        keys = [*base, *(key for key in other if key not in base)]
        pairs = {key: (base.get(key), other.get(key)) for key in keys}
        return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}

    def class_counts(self, name: str) -> tuple[int, int, int]:
        """Count the images of a class, and how many `base` and `other` classify correctly."""
        mask = self.base.predictions.actual == name
        n_correct = [int(run.is_correct[mask].sum()) for run in (self.base, self.other)]
        return int(mask.sum()), n_correct[0], n_correct[1]


def compare(base: RunResult, other: RunResult) -> Comparison:
    """Compare two networks by their predictions.

    Parameters
    ----------
    base, other
        Their predictions are of the same images, in the same order.

    Returns
    -------
    Comparison
        The difference, its interval and its p-value.

    Raises
    ------
    ReportingError
        If the images are not the same.
    """
    if not np.array_equal(base.predictions.actual, other.predictions.actual):
        raise ReportingError(
            f"{base.name} and {other.name} were not evaluated on the same images: bring both to the"
            " same dataset, and evaluate again"
        )
    confidence = base.predictions.confidence + other.predictions.confidence
    fixed = _most_confident_first(other.is_correct & ~base.is_correct, confidence)
    regressed = _most_confident_first(base.is_correct & ~other.is_correct, confidence)
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


def _most_confident_first(mask: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    indices = np.flatnonzero(mask)
    return indices[np.argsort(-confidence[indices], kind="stable")]
