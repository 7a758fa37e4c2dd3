"""Two networks on the same test images: which is better, and whether by more than luck."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.experiments import significance
from stages.reporting.errors import ReportingError
from stages.reporting.metrics import accuracy_interval
from stages.reporting.tables import Predictions


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes
    ----------
    name
        What people call it: a revision's name.
    params
        Its parameters, flat: `train.epochs` and so on.
    predictions
        What it made of the test images.
    """

    name: str
    params: Mapping[str, Any]
    predictions: Predictions

    @property
    def right(self) -> np.ndarray:
        """Whether each image got its label, bool, (n,)."""
        right: np.ndarray = self.predictions.actual == self.predictions.predicted
        return right

    @property
    def accuracy(self) -> float:
        """Part of the images that got their label, 0 to 1."""
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the accuracy."""
        return accuracy_interval(int(self.right.sum()), len(self.right))


@dataclass(frozen=True)
class Comparison:
    """What came of comparing `other` with `base`.

    Attributes
    ----------
    base, other
        The two.
    interval
        95 % confidence interval of the difference of their accuracies, -1 to 1.
    p_value
        Of McNemar's exact test.
    detectable
        How small a difference, 0 to 1, these images could have shown.
    put_right, broken
        Numbers of the images that `other` alone, or `base` alone, gets right: the clearest first,
        those where the two were most sure.
    """

    base: Side
    other: Side
    interval: tuple[float, float]
    p_value: float
    detectable: float
    put_right: np.ndarray
    broken: np.ndarray

    @property
    def images(self) -> int:
        """How many test images there are."""
        return len(self.base.right)

    @property
    def difference(self) -> float:
        """Accuracy of `other` less that of `base`, -1 to 1."""
        return (len(self.put_right) - len(self.broken)) / self.images

    @property
    def verdict(self) -> str:
        """`better`, `worse` or `no evidence`: what can be said of `other`."""
        if self.p_value >= significance.LEVEL:
            return "no evidence"
        return "better" if self.difference > 0 else "worse"

    def changed_params(self) -> dict[str, tuple[Any, Any]]:
        """Tell which parameters differ: their value in `base`, and in `other`; None for none."""
        ours, theirs = self.base.params, self.other.params
        keys = [*ours, *(key for key in theirs if key not in ours)]
        pairs = {key: (ours.get(key), theirs.get(key)) for key in keys}
        return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}

    def of_class(self, name: str) -> tuple[int, int, int]:
        """Count the images of a class, and how many of them `base` and `other` get right."""
        its = self.base.predictions.actual == name
        return int(its.sum()), int(self.base.right[its].sum()), int(self.other.right[its].sum())


def compare(base: Side, other: Side) -> Comparison:
    """Compare two networks by their predictions.

    Parameters
    ----------
    base, other
        Their predictions are of the same images, in the same order.

    Returns
    -------
    Comparison
        What came of it.

    Raises
    ------
    ReportingError
        If the test images are not the same.
    """
    if not np.array_equal(base.predictions.actual, other.predictions.actual):
        raise ReportingError(
            f"{base.name} and {other.name} were not tested on the same images: bring both to the"
            " same dataset, and evaluate again"
        )
    sure = base.predictions.confidence + other.predictions.confidence
    put_right = _clearest_first(other.right & ~base.right, sure)
    broken = _clearest_first(base.right & ~other.right, sure)
    images, won, lost = len(sure), len(put_right), len(broken)
    return Comparison(
        base=base,
        other=other,
        interval=significance.paired_interval(won, lost, images),
        p_value=significance.mcnemar(won, lost),
        detectable=significance.detectable((won + lost) / images, images),
        put_right=put_right,
        broken=broken,
    )


def _clearest_first(chosen: np.ndarray, sure: np.ndarray) -> np.ndarray:
    numbers = np.flatnonzero(chosen)
    return numbers[np.argsort(-sure[numbers], kind="stable")]
