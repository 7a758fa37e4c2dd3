"""Metrics: how good predictions are, and how precisely the test images tell it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isnan, sqrt

import numpy as np

_Z_95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


@dataclass(frozen=True)
class Predictions:
    """Predictions for images, and how good they are.

    Attributes
    ----------
    actual, predicted
        Classes, as indices or as names, (n,), n at least 1.
    confidence
        Probability of the predicted class, (n,), 0 to 1.
    """

    actual: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray

    @cached_property
    def is_correct(self) -> np.ndarray:
        """Mask of the images that are classified correctly, bool, (n,)."""
        is_correct: np.ndarray = self.actual == self.predicted
        return is_correct

    @property
    def n_correct(self) -> int:
        """Number of images that are classified correctly."""
        return int(self.is_correct.sum())

    @property
    def accuracy(self) -> float:
        """Fraction of the images that are classified correctly, 0 to 1."""
        return self.n_correct / len(self.actual)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the accuracy (Wilson, 1927)."""
        return accuracy_interval(self.n_correct, len(self.actual))

    def misclassified(self) -> np.ndarray:
        """Return the indices of the misclassified images, the most confident first."""
        return most_confident_first(~self.is_correct, self.confidence)


@dataclass(frozen=True)
class Evaluation(Predictions):
    """Predictions as class indices, and the metrics of each class.

    Attributes
    ----------
    confusion
        Confusion matrix, int, (classes, classes): rows are actual, columns predicted classes.
    precision, recall, f1
        For each class, (classes,), 0 to 1; 0 where the denominator is 0.
    """

    confusion: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur: each weighs as much, however few images it has."""
        return float(self.recall[self.confusion.any(axis=1)].mean())

    def first_correct(self) -> np.ndarray:
        """Return the index of the first correctly classified image of each class."""
        correct = np.flatnonzero(self.is_correct)
        _, first = np.unique(self.actual[correct], return_index=True)
        return correct[first]

    def prediction_rows(self, classes: tuple[str, ...]) -> Iterator[dict[str, object]]:
        """Yield the rows of `predictions.csv`, one an image, with the names of the classes."""
        for index, (actual, predicted, confidence) in enumerate(
            zip(self.actual, self.predicted, self.confidence, strict=True)
        ):
            yield {
                "index": index,
                "actual": classes[actual],
                "predicted": classes[predicted],
                "confidence": float(confidence),
            }

    def class_rows(self, classes: tuple[str, ...]) -> Iterator[dict[str, object]]:
        """Yield the rows of `classes.csv`, one a class."""
        for index, name in enumerate(classes):
            yield {
                "class": name,
                "precision": float(self.precision[index]),
                "recall": float(self.recall[index]),
                "f1": float(self.f1[index]),
                "n_images": int(self.confusion[index].sum()),
            }

    def to_dict(self, loss: float, validation_accuracy: float) -> dict[str, float]:
        """Return what `metrics.json` holds; a validation accuracy of NaN is left out."""
        low, high = self.interval
        values = {
            "accuracy": self.accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
            "balanced_accuracy": self.balanced_accuracy,
            "loss": loss,
        }
        if not isnan(validation_accuracy):
            values["validation_accuracy"] = validation_accuracy
        return {name: round(float(value), 6) for name, value in values.items()}


def most_confident_first(mask: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Return the indices where a mask is true, highest confidence first; equal ones by index."""
    indices = np.flatnonzero(mask)
    by_confidence: np.ndarray = indices[np.argsort(-confidence[indices], kind="stable")]
    return by_confidence


def accuracy_interval(n_correct: int, n: int) -> tuple[float, float]:
    """Compute the 95 % confidence interval, 0 to 1, of an accuracy.

    Parameters
    ----------
    n_correct
        Number of images that are classified correctly.
    n
        Number of images, at least 1.

    Returns
    -------
    low, high : float
        Wilson's score interval ("Probable inference, the law of succession, and statistical
        inference", 1927). Written out here, for importing scipy.stats takes half a second.
    """
    accuracy, z_squared = n_correct / n, _Z_95**2
    centre = accuracy + z_squared / (2 * n)
    half_width = _Z_95 * sqrt(accuracy * (1 - accuracy) / n + z_squared / (4 * n**2))
    scale = 1 + z_squared / n
    # Rounding must not move an end that is exactly 0 or 1.
    low = 0.0 if n_correct == 0 else (centre - half_width) / scale
    high = 1.0 if n_correct == n else (centre + half_width) / scale
    return low, high


def evaluate(
    outputs: np.ndarray, labels: np.ndarray, probabilities: np.ndarray | None = None
) -> Evaluation:
    """Compare the outputs of a network with the true labels.

    Parameters
    ----------
    outputs
        float32, (n, classes), n at least 1.
    labels
        True class indices, (n,), less than the number of classes.
    probabilities
        Calibrated ones, like `outputs`, for the confidence; if None, the outputs themselves.
    """
    n_classes = outputs.shape[1]
    predicted = outputs.argmax(axis=1)
    confidences = outputs if probabilities is None else probabilities
    cells = labels.astype(np.intp) * n_classes + predicted
    confusion = np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
    n_correct_of_class = confusion.diagonal()
    n_actual, n_predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return Evaluation(
        actual=np.asarray(labels),
        predicted=predicted,
        confidence=confidences[np.arange(len(labels)), predicted],
        confusion=confusion,
        precision=_divide_or_0(n_correct_of_class, n_predicted),
        recall=_divide_or_0(n_correct_of_class, n_actual),
        f1=_divide_or_0(2 * n_correct_of_class, n_actual + n_predicted),
    )


def _divide_or_0(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    quotient = np.zeros(len(numerator))
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
