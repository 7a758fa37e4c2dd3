"""Evaluations and predictions as text for a terminal, and as JSON."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from stages.reporting.answers import UNLIKE, Answer
from stages.reporting.metrics import Evaluation, Predictions
from stages.reporting.text_tables import aligned

_BAR_WIDTH = 30
# Ratio of the last validation loss to the lowest from which on training overfits.
_CLEARLY_WORSE = 1.1


def accuracy(predictions: Predictions, image_set: str) -> str:
    """Return the accuracy and its interval in one line; the set is "test" or "validation"."""
    low, high = predictions.interval
    return (
        f"accuracy {predictions.accuracy:.2%} of {len(predictions.actual):,} {image_set} images"
        f" (95 % interval {low:.2%} to {high:.2%})"
    )


def best_epoch(validation_losses: Sequence[float]) -> str:
    """Name the epoch with the lowest validation loss, and say whether the last is clearly worse.

    The losses are those of each epoch, from the first; at least one.
    """
    best = int(np.argmin(validation_losses))
    lowest, last = validation_losses[best], validation_losses[-1]
    sentence = f"lowest validation loss: {lowest:.4f} after epoch {best + 1}"
    if last > _CLEARLY_WORSE * lowest:
        return f"{sentence}; {last:.4f} after the last one: it overfits, so train for fewer epochs"
    return sentence


def trained_with(params: Mapping[str, object], environment: Mapping[str, str]) -> str:
    """Describe what a network was trained with: values by name."""
    pairs = [f"{key} {value}" for key, value in {**params, **environment}.items()]
    return textwrap.fill(f"trained with {', '.join(pairs)}", 100, break_on_hyphens=False)


def per_class(evaluation: Evaluation, classes: tuple[str, ...]) -> str:
    """Return a table of precision, recall and F1, one line per class."""
    rows = [
        [
            str(row["class"]),
            f"{row['precision']:.2%}",
            f"{row['recall']:.1%}",
            f"{row['f1']:.4f}",
            str(row["n_images"]),
        ]
        for row in evaluation.class_rows(classes)
    ]
    return aligned([["class", "precision", "recall", "F1", "images"], *rows])


def worst_classes(evaluation: Evaluation, classes: tuple[str, ...]) -> str:
    """Return the three classes of the lowest recall, of those in the images, in one line."""
    present = np.flatnonzero(evaluation.confusion.sum(axis=1))
    worst = present[np.argsort(evaluation.recall[present], kind="stable")][:3]
    found = (f"{classes[index]} {evaluation.recall[index]:.1%}" for index in worst)
    return f"lowest recall: {', '.join(found)}"


def warnings(evaluation: Evaluation, classes: tuple[str, ...]) -> Iterator[str]:
    """Say that the accuracy may be chance, and which classes are never predicted."""
    n_actual, n_predicted = evaluation.confusion.sum(axis=1), evaluation.confusion.sum(axis=0)
    most_common = n_actual.max() / n_actual.sum()
    if evaluation.interval[0] <= most_common and evaluation.accuracy < 1:
        yield (
            f"an accuracy of {evaluation.accuracy:.2%} may be chance: to name"
            f" {classes[n_actual.argmax()]} each time would give {most_common:.2%}"
        )
    names = [classes[index] for index in np.flatnonzero((n_predicted == 0) & (n_actual > 0))]
    if names:
        yield (
            f"never predicted: {', '.join(names)}; the mean recall of all classes is"
            f" {evaluation.balanced_accuracy:.2%} (balanced_accuracy)"
        )


def confusion(evaluation: Evaluation, classes: tuple[str, ...]) -> str:
    """Return the confusion matrix as a table: rows are actual, columns predicted classes."""
    rows = [
        [name, *(str(count or ".") for count in counts)]
        for name, counts in zip(classes, evaluation.confusion, strict=True)
    ]
    return aligned([["", *classes], *rows])


def doubts(is_unsure: np.ndarray, is_novel: np.ndarray, error: float, n_images: int) -> str:
    """Describe calibration in one line: its error, its images, and how many images are doubted.

    The masks `is_unsure` and `is_novel`, and the error, are of the test images; `n_images`
    validation images have calibrated the network, 0 for none.
    """
    doubted = is_unsure | is_novel
    fitted = f"temperature from {n_images:,} validation images" if n_images else "not calibrated"
    return (
        f"calibration error {error:.2%} ({fitted}); doubted: {doubted.mean():.2%} of the test"
        f" images ({is_novel.mean():.2%} are {UNLIKE})"
    )


def predictions(names: Sequence[str], answers: Sequence[Answer], classes: Sequence[str]) -> str:
    """Return for each picture, by name, its answer, and a bar for the probability of each class."""
    width = max(len(name) for name in classes)
    lines = []
    for name, answer in zip(names, answers, strict=True):
        lines.append(f"{name}: {answer.text(classes)}")
        for class_name, probability in zip(classes, answer.probabilities, strict=True):
            bar = "█" * round(_BAR_WIDTH * float(probability))
            lines.append(f"  {class_name:>{width}}  {probability:.3f}  {bar}".rstrip())
    return "\n".join(lines)


def predictions_as_json(
    names: Sequence[str],
    answers: Sequence[Answer],
    classes: Sequence[str],
    trained_with: Mapping[str, object],
) -> str:
    """Return the same as JSON: a list with an object for each picture, and the model's record."""
    content = [
        {
            "picture": name,
            "class": classes[answer.predicted],
            "confidence": round(answer.confidence, 6),
            "doubt": answer.doubt,
            "probabilities": {
                class_name: round(float(probability), 6)
                for class_name, probability in zip(classes, answer.probabilities, strict=True)
            },
            "trained_with": trained_with,
        }
        for name, answer in zip(names, answers, strict=True)
    ]
    return json.dumps(content, indent=2)
