"""The report: one HTML file with all that training and evaluation wrote about a run."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from PIL import Image

from stages.pages.html import assemble
from stages.reporting.metrics import Predictions
from stages.reporting.run_files import RunFiles

# Of each figure its title, and what it shows: read aloud where pictures cannot be seen.
_FIGURES = {
    "learning_curves.png": (
        "Learning curves",
        "Loss, accuracy and learning rate of each epoch, as in history.csv.",
    ),
    "confusion.png": (
        "Confusion matrix",
        "Number of test images of each actual class, by row, and predicted class, by column.",
    ),
    "reliability.png": (
        "Confidence",
        "Accuracy of the test images by the confidence of their predictions.",
    ),
    "weights.png": ("Weights", "The weights of the strongest neurons of the first layer."),
}

_DEMO_LINK = '<p><a class="button" href="demo.html">Draw a digit, and watch the network</a></p>'

MAX_MISCLASSIFIED = 20


def render(
    about: str,
    run: RunFiles,
    classes: Sequence[str],
    images: np.ndarray,
    first_outputs: np.ndarray,
    parameters: Sequence[tuple[str, str, str]],
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
    parameters
        Key, value and meaning of each parameter.
    has_demo
        Whether the network can have a page to draw on, to which the report links.
    """
    figures = [_figure(*_FIGURES[name], content) for name, content in run.figures.items()]
    parts = {
        "about": escape(about),
        "demo": _DEMO_LINK if has_demo else "",
        "accuracies": _accuracies(run),
        "first image": _first_image(images[0], first_outputs, run.test, classes),
        "figures": "\n".join(figures),
        "misclassified": _misclassified(images, run.test),
        "classes": _table(run.class_rows, "numbers"),
        "parameters": _table([("parameter", "value", "what it does"), *parameters], "parameters"),
    }
    html = assemble("report.html")
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
    return f"<dt>{name}</dt><dd><strong>{value}</strong> <span>{details}</span></dd>"


def _first_image(
    image: np.ndarray, outputs: np.ndarray, predictions: Predictions, classes: Sequence[str]
) -> str:
    winner = int(outputs.argmax())
    max_value = max(1.0, float(outputs.max()))
    bars = "\n".join(
        f'<div class="{"winner" if index == winner else "other"}"><span>{escape(name)}</span>'
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
            f"<small>{100 * predictions.confidence[index]:.0f} % sure</small></figcaption></figure>"
        )
    return (
        f"<p>{which}, the most confident first: actual → predicted.</p>\n"
        f'<div class="thumbnails">{"".join(figures)}</div>'
    )


def _image(image: np.ndarray, description: str) -> str:
    png = io.BytesIO()
    Image.fromarray(image).save(png, format="PNG")
    return f'<img alt="{description}" src="{_png_url(png.getvalue())}">'


def _figure(title: str, description: str, png: bytes) -> str:
    return (
        f"<section><h2>{title}</h2>"
        f'<img class="figure" alt="{description}" src="{_png_url(png)}"></section>'
    )


def _table(rows: Iterable[Sequence[str]], kind: str) -> str:
    header, *body = [[escape(cell) for cell in row] for row in rows]
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    lines = [
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for name, *cells in body
    ]
    return (
        f'<table class="{kind}"><thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(lines)
        + "</tbody></table>"
    )


def _png_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"
