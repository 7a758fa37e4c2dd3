"""The report: one HTML file with all that training and evaluation wrote about a run."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from stages.pages.html import assemble
from stages.pages.page_weights import to_base64
from stages.reporting.metrics import Predictions
from stages.reporting.run_files import RunFiles

_LINKS = (
    '<a class="button" href="demo.html">Draw a digit</a>'
    '<a class="button" href="lab.html">Train one in your browser</a>'
)
MAX_MISCLASSIFIED = 20
MAX_NEURONS = 64


def render(
    about: str,
    run: RunFiles,
    classes: Sequence[str],
    images: np.ndarray,
    first_outputs: np.ndarray,
    first_layer: np.ndarray,
    parameters: Sequence[tuple[str, str, str]],
    environment: Mapping[str, str],
    differing: str,
    is_augmented: bool,
    has_demo: bool,
) -> str:
    """Return the report as HTML that makes no network requests.

    Parameters
    ----------
    about
        A sentence about the dataset and the network.
    run
        Its results.
    classes
        Names of the classes.
    images
        The test images, uint8, (n, rows, columns).
    first_outputs
        The network's outputs for the first of them, float32, (classes,).
    first_layer
        Weights of the first layer, float32, (rows * columns, neurons).
    parameters
        Key, value and meaning of each parameter that the network was trained with.
    environment
        Name and value of all else that it was trained with.
    differing
        The parameters that have other values in params.yaml; empty if there are none.
    is_augmented
        Whether the training images were augmented.
    has_demo
        Whether the network can have a page to draw on, to which the report links.
    """
    parts = {
        "about": escape(about),
        "links": _LINKS if has_demo else "",
        "accuracies": _accuracies(run),
        "first image": _first_image(images[0], first_outputs, run.test, classes),
        "misclassified": _misclassified(images, run.test),
        "classes": _table(run.class_rows, "numbers"),
        "differing": f"<p>params.yaml has other values: {escape(differing)}.</p>" * bool(differing),
        "parameters": _table([("parameter", "value", "what it does"), *parameters], "parameters"),
        "environment": escape(", ".join(f"{name} {value}" for name, value in environment.items())),
    }
    data = {
        "classes": list(classes),
        "history": {
            name: values.tolist()
            for name, values in run.history.items()
            if not np.isnan(values).any()
        },
        "isAugmented": is_augmented,
        "calibration": {name: values.tolist() for name, values in run.calibration.items()},
        "confusion": _confusion(run.test, classes),
        "weights": _strongest(first_layer, images.shape[1:]),
    }
    html = assemble("report.html", data)
    for name, part in parts.items():
        html = html.replace(f"<!-- {name} -->", part)
    return html


def _accuracies(run: RunFiles) -> str:
    items = [_term("of the test images", *_accuracy(run.test))]
    if run.validation:
        items.append(_term("of the validation images", *_accuracy(run.validation)))
    items.append(_term("mean loss on the test images", f"{run.test_loss:.4f}", ""))
    return "\n".join(items)


def _accuracy(predictions: Predictions) -> tuple[str, str]:
    low, high = predictions.interval
    return (
        f"{100 * predictions.accuracy:.2f} %",
        f"95 % interval {100 * low:.2f} to {100 * high:.2f} %; {predictions.n_correct:,} of"
        f" {len(predictions.actual):,} images",
    )


def _term(name: str, value: str, details: str) -> str:
    return f"<div><dt>{name}</dt><dd><strong>{value}</strong> <span>{details}</span></dd></div>"


def _first_image(
    image: np.ndarray, outputs: np.ndarray, predictions: Predictions, classes: Sequence[str]
) -> str:
    winner = int(outputs.argmax())
    max_value = max(1.0, float(outputs.max()))
    bars = "\n".join(
        f'<div class="bar-row {"winner" if index == winner else ""}"><span>{escape(name)}</span>'
        f'<span class="track"><span class="bar" style="width: {100 * value / max_value:.1f}%">'
        f'</span></span><span class="value">{value:.3f}</span></div>'
        for index, (name, value) in enumerate(zip(classes, outputs.tolist(), strict=True))
    )
    sentence = (
        f"Predicted: {predictions.predicted[0]}, {100 * predictions.confidence[0]:.1f} % sure;"
        f" actual: {predictions.actual[0]}."
    )
    return (
        f'<div class="first">{_image(image, "The first test image")}<div class="bars">{bars}</div>'
        f"</div>\n<p>{escape(sentence)}</p>"
    )


def _misclassified(images: np.ndarray, predictions: Predictions) -> str:
    indices = predictions.misclassified()
    if len(indices) == 0:
        return "<p>None.</p>"
    shown = indices[:MAX_MISCLASSIFIED]
    which = (
        f"All {len(indices):,}"
        if len(shown) == len(indices)
        else (f"{len(shown)} of {len(indices):,}")
    )
    figures = []
    for index in shown:
        actual, predicted = predictions.actual[index], predictions.predicted[index]
        figures.append(
            f"<figure>{_image(images[index], f'Test image {index}')}"
            f"<figcaption>{escape(actual)} → {escape(predicted)}<br>"
            f"<small>{100 * predictions.confidence[index]:.0f} %</small></figcaption></figure>"
        )
    return (
        f"<p>{which}, the most confident first: actual → predicted, and the confidence.</p>\n"
        f'<div class="thumbnails">{"".join(figures)}</div>'
    )


def _image(image: np.ndarray, description: str) -> str:
    png = io.BytesIO()
    Image.fromarray(image).save(png, format="PNG")
    text = base64.b64encode(png.getvalue()).decode("ascii")
    return f'<img alt="{description}" src="data:image/png;base64,{text}">'


def _confusion(predictions: Predictions, classes: Sequence[str]) -> list[list[int]]:
    of_class = [predictions.predicted[predictions.actual == name] for name in classes]
    return [[int((predicted == name).sum()) for name in classes] for predicted in of_class]


def _strongest(first_layer: np.ndarray, image_shape: tuple[int, ...]) -> dict[str, object]:
    """Encode the neurons with the largest weights, 8 bits a weight, each with its own scale."""
    order = np.argsort(-np.linalg.norm(first_layer, axis=0), kind="stable")
    neurons = first_layer.T[order[:MAX_NEURONS]]
    largest = np.abs(neurons).max(axis=1, keepdims=True)
    values = np.rint(127 * neurons / np.maximum(largest, np.finfo(np.float32).tiny))
    rows, columns = image_shape
    return {
        "rows": rows,
        "columns": columns,
        "neurons": to_base64(values, "i1"),
        "nNeurons": len(order),
    }


def _table(rows: Iterable[Sequence[str]], kind: str) -> str:
    header, *body = [[escape(cell).replace("_", "_<wbr>") for cell in row] for row in rows]
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    lines = [
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for name, *cells in body
    ]
    return (
        f'<table class="table {kind}"><thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(lines)
        + "</tbody></table>"
    )
