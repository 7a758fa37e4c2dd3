"""The demo page: an HTML file to draw on that shows the activations of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.pages.html import assemble
from stages.pages.page_weights import encode_array, to_base64
from stages.pages.pen import pen_width
from stages.reporting.metrics import Evaluation

MAX_MISCLASSIFIED = 10
# Images on which the width of strokes is measured.
_N_MEASURED = 1000


@dataclass(frozen=True)
class PageData:
    """The ensemble that the page shows.

    Attributes
    ----------
    networks
        The weights, from `page_weights.encode_networks`.
    ensemble_size
        Number of networks of the ensemble; the page can have fewer.
    snapshots
        Snapshots of the first network's training, from `page_weights.encode_snapshots`, each with
        `epochs` and `accuracy` on the test images, 0 to 1.
    activation, loss
        Names of the activation function and of the loss.
    dataset
        Name of the dataset that it was trained on.
    classes
        Names of the classes.
    digit_size
        Longest side of the digits in the dataset's images, in pixels.
    temperature, min_confidence
        How outputs become probabilities, and the probability below which to say "not sure".
    novelty
        Weights of the score that tells what is unlike the training images: float32,
        (k, pixels + 1) and (k + 1, k + 1); None for none.
    """

    networks: list[list[dict[str, Any]]]
    ensemble_size: int
    snapshots: list[dict[str, Any]]
    activation: str
    loss: str
    dataset: str
    classes: Sequence[str]
    digit_size: int
    temperature: float
    min_confidence: float
    novelty: tuple[np.ndarray, np.ndarray] | None


def render(page_data: PageData, images: np.ndarray, evaluation: Evaluation) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    page_data
        The ensemble to show.
    images
        uint8, (n, 28, 28): test images. The page has the first correctly classified one of each
        class, and the most confident misclassified ones. Its pen is as wide as their strokes.
    evaluation
        Of these images.

    Returns
    -------
    str
        HTML that makes no network requests.
    """
    shown = [*evaluation.first_correct(), *evaluation.misclassified()[:MAX_MISCLASSIFIED]]
    data = {
        "dataset": page_data.dataset,
        "classes": list(page_data.classes),
        "digitSize": page_data.digit_size,
        "penWidth": pen_width(images[:_N_MEASURED]),
        "activation": page_data.activation,
        "loss": page_data.loss,
        "accuracy": evaluation.accuracy,
        "nTestImages": len(images),
        "ensembleSize": page_data.ensemble_size,
        "networks": page_data.networks,
        "snapshots": page_data.snapshots,
        "calibration": {
            "temperature": page_data.temperature,
            "minConfidence": page_data.min_confidence,
        },
        "novelty": _novelty(page_data.novelty),
        "images": [
            {
                "index": int(index),
                "actual": int(evaluation.actual[index]),
                "predicted": int(evaluation.predicted[index]),
                "pixels": to_base64(images[index], "u1"),
            }
            for index in shown
        ],
    }
    return assemble("demo.html", data)


def _novelty(arrays: tuple[np.ndarray, np.ndarray] | None) -> dict[str, object] | None:
    if arrays is None:
        return None
    components, quadratic = arrays
    return {"components": encode_array(components.T), "form": encode_array(quadratic)}
