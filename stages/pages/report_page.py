"""The report: one HTML file with all that there is to see of a run."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from stages.classifier.model_file import Model
from stages.pages.description import describe_history, describe_model
from stages.pages.encoding import to_base64
from stages.pages.html import assemble
from stages.pictures.mnist_format import CANVAS_SIZE
from stages.reporting import calibration, metrics
from stages.reporting.metrics import Predictions

MAX_MISCLASSIFIED = 20
MAX_NEURONS = 64


def render(
    model: Model,
    images: np.ndarray,
    labels: np.ndarray,
    history: Mapping[str, np.ndarray],
    validation: Predictions | None,
    meanings: Mapping[str, str],
    differing: str,
) -> str:
    """Return the report as HTML that makes no network requests.

    Parameters
    ----------
    model
        The trained networks.
    images, labels
        The test images, uint8, (n, rows, columns), and their labels, (n,).
    history
        The columns of `history.csv`.
    validation
        Predictions for the validation images; None if there are none.
    meanings
        What each parameter does, by key.
    differing
        The parameters that have other values in params.yaml; empty if there are none.
    """
    params = model.provenance.params
    outputs, probabilities, *_ = model.predict(images)
    test = metrics.evaluate(outputs, labels, probabilities)

    def describe(index: int) -> dict[str, object]:
        return {
            "index": int(index),
            "actual": model.classes[test.actual[index]],
            "predicted": model.classes[test.predicted[index]],
            "confidence": float(test.confidence[index]),
            "pixels": to_base64(images[index], "u1"),
        }

    data = describe_model(model) | {
        "hasDemo": model.image_shape == (CANVAS_SIZE, CANVAS_SIZE),
        "imageShape": model.image_shape,
        "test": _count_correct(test),
        "validation": validation and _count_correct(validation),
        "testLoss": model.ensemble.loss.value(outputs, labels),
        "first": describe(0),
        "firstProbabilities": probabilities[0].tolist(),
        "misclassified": [describe(index) for index in test.misclassified()[:MAX_MISCLASSIFIED]],
        "confusion": test.confusion.tolist(),
        "classRows": list(test.class_rows(model.classes)),
        "history": describe_history(history),
        "isAugmented": model.provenance.is_augmented,
        "calibration": [asdict(each) for each in calibration.bins(test)],
        "neurons": to_base64(_strongest(model.ensemble.networks[0].layers[0].weights), "i1"),
        "parameters": [(key, str(value), meanings.get(key, "")) for key, value in params.items()],
        "differing": differing,
        "environment": list(model.provenance.environment.items()),
    }
    return assemble("report.html", data)


def render_training(history: Mapping[str, np.ndarray], n_epochs: int) -> str:
    """Return a page of the learning curves so far, which loads itself anew until the last epoch."""
    data = {"history": describe_history(history), "nEpochs": n_epochs}
    return assemble("training.html", data)


def _count_correct(predictions: Predictions) -> list[int]:
    return [predictions.n_correct, len(predictions.actual)]


def _strongest(weights: np.ndarray) -> np.ndarray:
    """Return the neurons with the largest weights as rows, each scaled to -127 to 127."""
    order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
    neurons = weights.T[order[:MAX_NEURONS]]
    largest = np.abs(neurons).max(axis=1, keepdims=True)
    scaled: np.ndarray = np.rint(127 * neurons / np.maximum(largest, np.finfo(np.float32).tiny))
    return scaled
