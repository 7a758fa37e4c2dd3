"""Metrics: how good predictions are, and how sure one can be of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Evaluation:
    """What came of the test images.

    Attributes
    ----------
    actual, predicted
        Class numbers, (n,).
    confidence
        Share of the outputs' sum that the predicted class has, (n,), 0 to 1.
    confusion
        How many images of each class (row) were given each class (column), (classes, classes).
    accuracy
        Part of the images that got their label, 0 to 1.
    interval
        95 % confidence interval of the accuracy (Wilson, 1927).
    precision, recall, f1
        For each class, (classes,), 0 to 1; 0 where there is nothing to divide by.
    """

    actual: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    confusion: np.ndarray
    accuracy: float
    interval: tuple[float, float]
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray

    def worst_mistakes(self) -> np.ndarray:
        """List the numbers of the images taken for something else, the most confident first."""
        wrong = np.flatnonzero(self.actual != self.predicted)
        # Stable, so that equal confidence keeps the images' own order.
        order: np.ndarray = wrong[np.argsort(-self.confidence[wrong], kind="stable")]
        return order

    def first_correct(self) -> np.ndarray:
        """List the numbers of the first recognised image of each class."""
        right = np.flatnonzero(self.actual == self.predicted)
        _, first = np.unique(self.actual[right], return_index=True)
        return right[first]

    def predictions(self, classes: tuple[str, ...]) -> Iterator[dict[str, object]]:
        """Yield a row an image for `predictions.csv`, classes by name."""
        for index, (actual, predicted, confidence) in enumerate(
            zip(self.actual, self.predicted, self.confidence, strict=True)
        ):
            yield {
                "index": index,
                "actual": classes[actual],
                "predicted": classes[predicted],
                "confidence": float(confidence),
            }


def normalise(outputs: np.ndarray) -> np.ndarray:
    """Scale outputs to sum to 1, so that they can be read as confidence whatever the loss.

    Parameters
    ----------
    outputs
        float32, (n, classes), 0 or more.

    Returns
    -------
    ndarray
        float32, (n, classes); the same share for each class where all outputs are 0.
    """
    total = outputs.sum(axis=1, keepdims=True)
    even = np.full_like(outputs, 1 / outputs.shape[1])
    np.divide(outputs, total, out=even, where=total > 0)
    return even


def accuracy_interval(right: int, images: int) -> tuple[float, float]:
    """Compute the 95 % confidence interval, 0 to 1, of an accuracy (Wilson, 1927)."""
    from scipy.stats import binomtest

    interval = binomtest(right, images).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def evaluate(outputs: np.ndarray, labels: np.ndarray) -> Evaluation:
    """Compare outputs with the true labels.

    Parameters
    ----------
    outputs
        float32, (n, classes), n at least 1.
    labels
        True class numbers, (n,).

    Returns
    -------
    Evaluation
        All that is measured.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    predicted = outputs.argmax(axis=1)
    classes = np.arange(outputs.shape[1])
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0
    )
    right = int((predicted == labels).sum())
    return Evaluation(
        actual=np.asarray(labels),
        predicted=predicted,
        confidence=normalise(outputs).max(axis=1),
        confusion=confusion_matrix(labels, predicted, labels=classes),
        accuracy=right / len(labels),
        interval=accuracy_interval(right, len(labels)),
        precision=precision,
        recall=recall,
        f1=f1,
    )


def flat(evaluation: Evaluation, loss: float, classes: tuple[str, ...]) -> dict[str, float]:
    """Lay out an evaluation as flat numbers, as `dvc metrics diff` prints them.

    Parameters
    ----------
    evaluation
        What to lay out.
    loss
        Mean loss of the test images.
    classes
        Names of the classes.

    Returns
    -------
    dict
        Names and numbers, rounded to six decimals.
    """
    low, high = evaluation.interval
    numbers = {"accuracy": evaluation.accuracy, "accuracy_low": low, "accuracy_high": high}
    numbers["loss"] = loss
    for name in ("precision", "recall", "f1"):
        for of_class, value in zip(classes, getattr(evaluation, name), strict=True):
            numbers[f"{name}_{of_class.replace(' ', '_')}"] = value
    return {name: round(float(value), 6) for name, value in numbers.items()}
