"""The demo page: an HTML file to draw on that shows the activations of a network."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from stages.reporting.answers import nothing_known
from stages.reporting.metrics import Evaluation

MAX_MISCLASSIFIED = 10

_PAGE = files("stages.reporting") / "page"


@dataclass(frozen=True)
class PageData:
    """The ensemble that the page shows.

    Attributes
    ----------
    networks
        For each network of the ensemble, the weights of each layer: float32,
        (neurons, inputs + 1), the biases in the last column.
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

    networks: Sequence[Sequence[np.ndarray]]
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
        class, and the most confident misclassified ones.
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
        "activation": page_data.activation,
        "loss": page_data.loss,
        "accuracy": evaluation.accuracy,
        "nTestImages": len(images),
        "networks": [[_layer(layer) for layer in layers] for layers in page_data.networks],
        "calibration": {
            "temperature": page_data.temperature,
            "minConfidence": page_data.min_confidence,
        },
        "novelty": _novelty(page_data.novelty),
        "nothingKnown": nothing_known(page_data.classes),
        "images": [
            {
                "index": int(index),
                "actual": int(evaluation.actual[index]),
                "predicted": int(evaluation.predicted[index]),
                "pixels": _base64(images[index], "u1"),
            }
            for index in shown
        ],
    }
    # Names in the data could contain </script>.
    json_text = json.dumps(data).replace("<", "\\u003c")
    placeholder = '<script id="data" type="application/json">'
    html = _inline_files((_PAGE / "demo.html").read_text(encoding="utf-8"))
    return html.replace(placeholder, placeholder + json_text)


def _layer(weights: np.ndarray) -> dict[str, object]:
    return {"neurons": len(weights), "weights": _base64(weights, "<f4")}


def _novelty(arrays: tuple[np.ndarray, np.ndarray] | None) -> dict[str, object] | None:
    if arrays is None:
        return None
    components, quadratic = arrays
    return {"components": _layer(components), "form": _layer(quadratic)}


def _base64(array: np.ndarray, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype).tobytes()).decode("ascii")


def _inline_files(html: str) -> str:
    """Insert style and scripts, and a policy that forbids other scripts and all connections."""
    hashes = []

    def inline_script(match: re.Match[str]) -> str:
        content = (_PAGE / match[1]).read_text(encoding="utf-8")
        digest = hashlib.sha256(content.encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
        return f"<script>{content}</script>"

    html = re.sub(r'<script src="([\w.]+)"></script>', inline_script, html)
    style = (_PAGE / "demo.css").read_text(encoding="utf-8")
    html = html.replace('<link rel="stylesheet" href="demo.css">', f"<style>\n{style}</style>")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {' '.join(hashes)}"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}')
