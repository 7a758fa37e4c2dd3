"""The comparison of runs: one HTML file with the verdict, what differs, and what that changed."""

from collections.abc import Sequence

import numpy as np

from stages.comparison import report
from stages.comparison.comparison import Comparison, ranked
from stages.pages.description import describe_history
from stages.pages.encoding import to_base64
from stages.pages.html import assemble
from stages.reporting.metrics import Predictions

MAX_IMAGES = 40


def render(
    comparisons: Sequence[Comparison],
    image_set: str,
    classes: Sequence[str],
    notes: Sequence[str],
    images: np.ndarray | None,
) -> str:
    """Return the page as HTML that makes no network requests.

    Parameters
    ----------
    comparisons, image_set, classes, notes
        As `report.to_dict` takes them.
    images
        What the predictions are of, uint8, (n, rows, columns); None if they are not to be had.
    """
    runs = []
    content = report.to_dict(comparisons, image_set, classes, notes)
    for run, (result, comparison) in zip(content["runs"], ranked(comparisons), strict=True):
        of_page: dict[str, object] = {
            "history": describe_history(result.history),
            "confusion": _confusion(result.predictions, classes),
        }
        if comparison:
            of_page |= {
                "sentence": report.verdict(comparison),
                "fixed_images": _describe(comparison.fixed, comparison, images),
                "regressed_images": _describe(comparison.regressed, comparison, images),
            }
        runs.append(run | of_page)
    data = content | {
        "runs": runs,
        "classes": classes,
        "table": [row[: len(report.RUN_COLUMNS)] for row in report.runs_table(comparisons)],
        "method": report.method(comparisons),
        "imageShape": None if images is None else images.shape[1:],
    }
    return assemble("compare.html", data)


def _confusion(predictions: Predictions, classes: Sequence[str]) -> list[list[int]]:
    of_class = [predictions.predicted[predictions.actual == name] for name in classes]
    return [[int((predicted == name).sum()) for name in classes] for predicted in of_class]


def _describe(
    indices: np.ndarray, comparison: Comparison, images: np.ndarray | None
) -> list[dict[str, object]]:
    base, other = comparison.base.predictions, comparison.other.predictions
    return [
        {
            "index": int(index),
            "actual": base.actual[index],
            "base": base.predicted[index],
            "other": other.predicted[index],
            "pixels": None if images is None else to_base64(images[index], "u1"),
        }
        for index in indices[:MAX_IMAGES]
    ]
