"""An evaluation as text for a terminal."""

import numpy as np

from stages.reporting.metrics import Evaluation


def summary(evaluation: Evaluation, cost: float) -> str:
    """Say accuracy, its interval and cost in one line."""
    low, high = evaluation.interval
    count = len(evaluation.actual)
    return (
        f"accuracy {evaluation.accuracy:.2%} of {count:,} test images"
        f" (95 % interval {low:.2%} to {high:.2%}), cost {cost:.4f}"
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
