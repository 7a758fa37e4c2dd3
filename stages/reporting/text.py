"""An evaluation as text for a terminal."""

import json
from collections.abc import Sequence

import numpy as np

from stages.reporting.metrics import Evaluation, normalise

_BAR_WIDTH = 30


def summary(evaluation: Evaluation, loss: float) -> str:
    """Say accuracy, its interval and loss in one line."""
    low, high = evaluation.interval
    count = len(evaluation.actual)
    return (
        f"accuracy {evaluation.accuracy:.2%} of {count:,} test images"
        f" (95 % interval {low:.2%} to {high:.2%}), loss {loss:.4f}"
    )


def per_class(evaluation: Evaluation, classes: tuple[str, ...]) -> str:
    """Lay out precision, recall and F1, a line a class."""
    width = max(5, *(len(name) for name in classes))
    lines = [f"{'class':>{width}}  precision  recall      F1  images"]
    for index, name in enumerate(classes):
        lines.append(
            f"{name:>{width}}  {evaluation.precision[index]:9.2%}  {evaluation.recall[index]:6.1%}"
            f"  {evaluation.f1[index]:6.4f}  {evaluation.confusion[index].sum():6}"
        )
    return "\n".join(lines)


def confusion(evaluation: Evaluation, classes: tuple[str, ...]) -> str:
    """Lay out the confusion matrix: a row is what an image is, a column what it was taken for."""
    width = max(len(name) for name in classes)
    cell = max(width, len(str(evaluation.confusion.max())))
    rows = [" " * width + "".join(f"  {name:>{cell}}" for name in classes)]
    for name, counts in zip(classes, evaluation.confusion, strict=True):
        rows.append(f"{name:>{width}}" + "".join(f"  {count or '.':>{cell}}" for count in counts))
    return "\n".join(rows)


def one_image(
    outputs: np.ndarray, evaluation: Evaluation, index: int, classes: tuple[str, ...]
) -> str:
    """Say what the network made of one image.

    Parameters
    ----------
    outputs
        float32, (n, classes).
    evaluation
        Of these outputs.
    index
        Which image.
    classes
        Names of the classes.

    Returns
    -------
    str
        The output vector, classification, confidence and true label.
    """
    vector = "  ".join(
        f"{name} {value:.3f}" for name, value in zip(classes, outputs[index], strict=True)
    )
    return (
        f"outputs: {vector}\n"
        f"classification: {classes[evaluation.predicted[index]]},"
        f" confidence {evaluation.confidence[index]:.1%},"
        f" true label: {classes[evaluation.actual[index]]}"
    )


def predictions(names: Sequence[str], outputs: np.ndarray, classes: Sequence[str]) -> str:
    """Say what a network makes of pictures.

    Parameters
    ----------
    names
        Of the pictures, n.
    outputs
        float32, (n, classes).
    classes
        Names of the classes.

    Returns
    -------
    str
        For each picture the class, its confidence, and a bar for each output.
    """
    width = max(len(name) for name in classes)
    # What is more than 1, as with relu and squared error, fills the line as well.
    reach = float(outputs.max(initial=1))
    lines = []
    for name, vector, confidence in zip(
        names, outputs, normalise(outputs).max(axis=1), strict=True
    ):
        lines.append(f"{name}: {classes[vector.argmax()]}, {confidence:.1%} sure")
        for of_class, value in zip(classes, vector, strict=True):
            bar = "█" * round(_BAR_WIDTH * float(value) / reach)
            lines.append(f"  {of_class:>{width}}  {value:.3f}  {bar}".rstrip())
    return "\n".join(lines)


def predictions_as_json(names: Sequence[str], outputs: np.ndarray, classes: Sequence[str]) -> str:
    """Lay out the same as JSON: a list with an object for each picture."""
    found = [
        {
            "picture": name,
            "class": classes[vector.argmax()],
            "confidence": round(float(confidence), 6),
            "outputs": {
                of_class: round(float(value), 6)
                for of_class, value in zip(classes, vector, strict=True)
            },
        }
        for name, vector, confidence in zip(
            names, outputs, normalise(outputs).max(axis=1), strict=True
        )
    ]
    return json.dumps(found, indent=2)
