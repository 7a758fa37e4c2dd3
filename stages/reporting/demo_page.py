"""The demo page: one file to draw on and to watch a network, with all that it needs inside."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from stages.reporting.metrics import Evaluation

MOST_MISTAKES = 10

_PAGE = files("stages.reporting") / "page"


@dataclass(frozen=True)
class Subject:
    """The network that the page shows.

    Attributes
    ----------
    members
        For each network of the committee, the weights of each layer: float32,
        (neurons, inputs + 1), the biases in the last column.
    activation, loss
        By name.
    dataset
        The name of what it learnt from.
    classes
        Names of the outputs.
    box
        Longest side of what the dataset's images show, in pixels.
    """

    members: Sequence[Sequence[np.ndarray]]
    activation: str
    loss: str
    dataset: str
    classes: Sequence[str]
    box: int


def page(subject: Subject, images: np.ndarray, evaluation: Evaluation) -> str:
    """Make the page.

    Parameters
    ----------
    subject
        What it shows.
    images
        uint8, (n, 28, 28): test images, of which the page has one of each class that was
        recognised, and the worst mistakes.
    evaluation
        Of these images.

    Returns
    -------
    str
        HTML that asks for nothing outside of itself.
    """
    shown = [*evaluation.first_correct(), *evaluation.worst_mistakes()[:MOST_MISTAKES]]
    data = {
        "dataset": subject.dataset,
        "classes": list(subject.classes),
        "box": subject.box,
        "activation": subject.activation,
        "loss": subject.loss,
        "accuracy": evaluation.accuracy,
        "tested": len(images),
        "members": [
            [{"neurons": len(layer), "weights": _base64(layer, "<f4")} for layer in layers]
            for layers in subject.members
        ],
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
    # No text of the data can end the script that it stands in.
    text = json.dumps(data).replace("<", "\\u003c")
    empty = '<script id="data" type="application/json">'
    html = _inlined((_PAGE / "demo.html").read_text(encoding="utf-8"))
    return html.replace(empty, empty + text)


def _base64(array: np.ndarray, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype).tobytes()).decode("ascii")


def _inlined(html: str) -> str:
    """Put style and scripts into the page, and forbid it all others, and every connection."""
    allowed = []

    def script(found: re.Match[str]) -> str:
        content = (_PAGE / found[1]).read_text(encoding="utf-8")
        digest = hashlib.sha256(content.encode()).digest()
        allowed.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
        return f"<script>{content}</script>"

    html = re.sub(r'<script src="([\w.]+)"></script>', script, html)
    style = (_PAGE / "demo.css").read_text(encoding="utf-8")
    html = html.replace('<link rel="stylesheet" href="demo.css">', f"<style>\n{style}</style>")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {' '.join(allowed)}"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}')
