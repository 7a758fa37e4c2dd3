"""The report: one HTML file with all that training and evaluation wrote about a run."""

from collections.abc import Mapping, Sequence

import numpy as np

from stages.classifier.model_file import Model
from stages.pages.description import describe_model
from stages.pages.encoding import to_base64
from stages.pages.html import assemble
from stages.pictures.mnist_format import CANVAS_SIZE
from stages.reporting.metrics import Predictions
from stages.reporting.run_files import RunFiles

MAX_MISCLASSIFIED = 20
MAX_NEURONS = 64


def render(
    model: Model,
    run: RunFiles,
    images: np.ndarray,
    meanings: Mapping[str, str],
    differing: str,
) -> str:
    """Return the report as HTML that makes no network requests.

    Parameters
    ----------
    model
        The trained networks.
    run
        Their results.
    images
        The test images, uint8, (n, rows, columns).
    meanings
        What each parameter does, by key.
    differing
        The parameters that have other values in params.yaml; empty if there are none.
    """
    params = model.provenance.params
    data = describe_model(model) | {
        "hasDemo": model.image_shape == (CANVAS_SIZE, CANVAS_SIZE),
        "imageShape": model.image_shape,
        "test": _count_correct(run.test),
        "validation": run.validation and _count_correct(run.validation),
        "testLoss": run.test_loss,
        "first": _describe(0, images, run.test),
        "firstProbabilities": model.predict(images[:1]).probabilities[0].tolist(),
        "misclassified": [
            _describe(index, images, run.test)
            for index in run.test.misclassified()[:MAX_MISCLASSIFIED]
        ],
        "confusion": _confusion(run.test, model.classes),
        "classRows": run.class_rows,
        "history": {
            name: values.tolist()
            for name, values in run.history.items()
            if not np.isnan(values).any()
        },
        "isAugmented": params.get("augment.strength", 0) != 0,
        "calibration": {name: values.tolist() for name, values in run.calibration.items()},
        "neurons": to_base64(_strongest(model.ensemble.networks[0].layers[0].weights), "i1"),
        "parameters": [(key, str(value), meanings.get(key, "")) for key, value in params.items()],
        "differing": differing,
        "environment": list(model.provenance.environment.items()),
    }
    return assemble("report.html", data)


def _count_correct(predictions: Predictions) -> list[int]:
    return [predictions.n_correct, len(predictions.actual)]


def _describe(index: int, images: np.ndarray, predictions: Predictions) -> dict[str, object]:
    return {
        "index": int(index),
        "actual": predictions.actual[index],
        "predicted": predictions.predicted[index],
        "confidence": predictions.confidence[index],
        "pixels": to_base64(images[index], "u1"),
    }


def _confusion(predictions: Predictions, classes: Sequence[str]) -> list[list[int]]:
    of_class = [predictions.predicted[predictions.actual == name] for name in classes]
    return [[int((predicted == name).sum()) for name in classes] for predicted in of_class]


def _strongest(weights: np.ndarray) -> np.ndarray:
    """Return the neurons with the largest weights as rows, each scaled to -127 to 127."""
    order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
    neurons = weights.T[order[:MAX_NEURONS]]
    largest = np.abs(neurons).max(axis=1, keepdims=True)
    scaled: np.ndarray = np.rint(127 * neurons / np.maximum(largest, np.finfo(np.float32).tiny))
    return scaled
