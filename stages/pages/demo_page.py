"""The demo page: an HTML file to draw on that shows the activations of a network."""

from collections.abc import Sequence

import numpy as np

from stages.classifier.model_file import Model
from stages.pages.description import describe_model
from stages.pages.encoding import to_base64
from stages.pages.html import assemble
from stages.pages.page_weights import encode_array, encode_networks, encode_snapshots
from stages.reporting import metrics
from stages.training.snapshots import Snapshot

MAX_MISCLASSIFIED = 10


def render(
    model: Model, snapshots: Sequence[Snapshot], images: np.ndarray, labels: np.ndarray
) -> str:
    """Return the page as HTML that makes no network requests.

    Parameters
    ----------
    model
        The trained networks.
    snapshots
        Of the first network's training; the page has as many as fit.
    images, labels
        The test images, uint8, (n, 28, 28), and their labels, (n,). The page has the first
        correctly classified one of each class, and the most confident misclassified ones.
    """
    networks = encode_networks(model.ensemble.networks)
    outputs, probabilities, *_ = model.predict(images)
    evaluation = metrics.evaluate(outputs, labels, probabilities)
    shown = [*evaluation.first_correct(), *evaluation.misclassified()[:MAX_MISCLASSIFIED]]
    kept, encoded = encode_snapshots([snapshot.layers for snapshot in snapshots], networks)
    for index, content in zip(kept, encoded, strict=True):
        snapshot = snapshots[index]
        _, accuracy = snapshot.network(model.ensemble.networks[0]).evaluate(images, labels)
        content |= {"step": snapshot.step, "epochs": snapshot.epochs, "accuracy": accuracy}
    data = describe_model(model) | {
        "digitSize": model.digit_size,
        "accuracy": evaluation.accuracy,
        "nTestImages": len(images),
        "networks": networks,
        "snapshots": encoded,
        "calibration": {
            "temperature": model.calibration.temperature,
            "minConfidence": model.calibration.min_confidence,
        },
        "novelty": model.novelty
        and {
            "components": encode_array(model.novelty.components.T),
            "form": encode_array(model.novelty.quadratic),
            "limit": model.novelty.limit,
        },
        "images": [
            {
                "index": int(index),
                "actual": int(labels[index]),
                "predicted": int(evaluation.predicted[index]),
                "pixels": to_base64(images[index], "u1"),
            }
            for index in shown
        ],
    }
    return assemble("demo.html", data)
