"""Plots: sample images, learning curves, confusion, calibration, misclassified images, weights.

Each function of a plot returns a figure for `save`.
Positions are computed here in inches: matplotlib's automatic layouts take half of the drawing time.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from stages.reporting.calibration import Bin
from stages.reporting.calibration import error as calibration_error
from stages.reporting.metrics import Evaluation, accuracy_interval

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
MAX_MISCLASSIFIED = 20
MAX_NEURONS = 64
_LACKING = "plots show boxes for some characters of the classes' names, which their font lacks"

# 640 pixels: two pictures stand side by side in `dvc plots diff`.
_WIDTH = 16 / 3
# From this fraction of misclassified images of a class on, the confusion matrix is darkest: the
# same in every figure, so that two can be compared.
_MAX_ERROR_RATE = 0.1
TITLE_HEIGHT = 0.6  # inches, of a figure's title
_GALLERY_COLUMNS = 5
_IMAGE_SIZE = 1.6  # inches, of an image in a gallery
_LINE_HEIGHT = 0.2  # inches, of a line of text in a gallery
_NEURON_COLUMNS = 8
_NEURON_GAP = 2  # pixels between two neurons
_MAX_CLASS_LENGTH = 12  # characters
_MAX_MATRIX_SIZE = 24.0  # inches
_DPI = 120
_TINY = np.finfo(np.float32).tiny
# Colours are computed before scaling up: quicker.
_PIXELS: Any = {"interpolation": "nearest", "interpolation_stage": "rgba"}

_STYLE: Any = {
    "font.size": 11,
    "axes.titlesize": 11,
    "figure.titlesize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "text.parse_math": False,  # names of classes and files may contain $
}


def new_figure(title: str, width: float, height: float) -> Figure:
    """Make an empty figure with the project's style, whatever the user's matplotlib settings.

    Parameters
    ----------
    title
        Title of the figure; it takes the top `TITLE_HEIGHT` inches.
    width, height
        In inches.
    """
    mpl.rcdefaults()
    mpl.rcParams.update(_STYLE)
    figure = Figure(figsize=(width, height), dpi=_DPI)
    figure.suptitle(title, y=1 - 0.5 * TITLE_HEIGHT / height, va="center")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whatever the file's suffix; the same figure gives the same bytes."""
    # Not by savefig: it draws each figure twice, and writes matplotlib's version into the file.
    canvas: Any = FigureCanvasAgg(figure)
    with warnings.catch_warnings(action="always", record=True) as caught:
        canvas.draw()
    # matplotlib warns of each character that its font lacks, by its number.
    for text in dict.fromkeys(
        _LACKING if "missing from font" in str(warning.message) else str(warning.message)
        for warning in caught
    ):
        warnings.warn(text, stacklevel=2)
    pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
    Image.fromarray(np.ascontiguousarray(pixels)).save(path, format="PNG")


def gallery(title: str, images: np.ndarray, captions: Sequence[str]) -> Figure:
    """Draw images in rows of five, each below its caption.

    Parameters
    ----------
    title
        Title of the figure.
    images
        uint8, (n, rows, columns), n at least 1.
    captions
        One for each image, all with the same number of lines.
    """
    n_images, rows, columns = images.shape
    n_columns = min(n_images, _GALLERY_COLUMNS)
    n_rows = math.ceil(n_images / n_columns)
    caption_height = _LINE_HEIGHT * (captions[0].count("\n") + 2)
    height = n_rows * (_IMAGE_SIZE + caption_height)
    width = 2.0 * _GALLERY_COLUMNS
    figure = new_figure(title, width, TITLE_HEIGHT + height + 0.2)
    figure.set_dpi(_DPI * _WIDTH / width)  # as many pixels wide as the other figures
    axes = _full_width_axes(figure, TITLE_HEIGHT, height)
    inch = rows / _IMAGE_SIZE  # in pixels of the images
    gaps = round(caption_height * inch), round(0.4 * inch)
    mosaic = _mosaic(images, n_columns, gaps)
    axes.imshow(mosaic, cmap="gray_r", vmin=0, vmax=255, **_PIXELS)
    for index, caption in enumerate(captions):
        x = (index % n_columns + 0.5) * (columns + gaps[1]) - 0.5
        y = (index // n_columns + 1) * (rows + gaps[0]) - 0.5 - rows - 0.07 * inch
        axes.text(x, y, caption, ha="center", va="bottom")
    return figure


def samples(images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw images, uint8, (n, rows, columns), with their labels, (n,), to check both."""
    titles = [classes[label] for label in labels]
    return gallery(f"The first {len(images)} training images and their labels", images, titles)


def learning_curves(history: Mapping[str, ArrayLike], *, is_augmented: bool = False) -> Figure:
    """Draw loss, accuracy and learning rate of each epoch.

    Parameters
    ----------
    history
        Columns of `history.csv`.
    is_augmented
        Whether the images were augmented during training.
    """
    figure = new_figure("Learning curves", _WIDTH, 8.4)
    panels = figure.subplots(3, 1, height_ratios=(5, 5, 3))
    figure.subplots_adjust(left=0.11, right=0.965, bottom=0.17, top=0.905, hspace=0.5)
    loss_axes, accuracy_axes, rate_axes = panels
    epochs = np.asarray(history["epoch"])
    marker = "o" if len(epochs) == 1 else ""  # a line through one point is invisible
    curves = {
        "train": (BLUE, "-", f"during training{' (augmented images)' if is_augmented else ''}"),
        "clean_train": (GREEN, ":", "training images as they are"),
        "validation": (ORANGE, "--", "validation images"),
    }
    for name, (color, linestyle, label) in curves.items():
        style: Any = {"color": color, "linestyle": linestyle, "marker": marker, "label": label}
        for axes, metric, factor in ((loss_axes, "loss", 1), (accuracy_axes, "accuracy", 100)):
            values = np.array(history.get(f"{name}_{metric}", []))
            if np.isfinite(values).any():  # there may be no validation images
                axes.plot(epochs, factor * values, **style)
    rate_axes.plot(epochs, history["learning_rate"], color="0.3", marker=marker)
    for axes, title in zip(panels, ("Loss", "Accuracy (%)", "Learning rate"), strict=True):
        axes.set(title=title, xlabel="epoch")
        axes.set_xlim(0.5, max(1, len(epochs)) + 0.5)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    loss_axes.set_ylim(0, None)
    rate_axes.set_ylim(0, None)
    figure.legend(*accuracy_axes.get_legend_handles_labels(), frameon=False, loc="lower left")
    return figure


def confusion(evaluation: Evaluation, classes: Sequence[str]) -> Figure:
    """Draw the confusion matrix; only misclassified images are coloured, so that they stand out."""
    counts = evaluation.confusion
    errors = counts - np.diag(np.diag(counts))
    error_rates = errors / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [shorten_class(name) for name in classes]
    longest = max(len(name) for name in names)
    margin = 0.12 + min(0.2, 0.0155 * longest)
    size = max(_WIDTH, min(_MAX_MATRIX_SIZE, 2 + 0.3 * len(names)))
    fontsize = min(9.0, 36 * (0.82 - margin) * size / len(names))
    figure = new_figure("Confusion matrix", size, size)
    axes = figure.add_axes((margin, margin, 0.97 - margin, 0.82 - margin))
    # The square root shows rates of 0.1 % too.
    axes.imshow(error_rates, cmap="Oranges", norm=PowerNorm(0.5, vmin=0, vmax=_MAX_ERROR_RATE))
    for row, column in np.argwhere(counts):
        is_dark = error_rates[row, column] > 0.35 * _MAX_ERROR_RATE
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            color="white" if is_dark else "black",
            weight="bold" if row == column else "normal",
            fontsize=fontsize,
        )
    ticks = range(len(names))
    rotated: Any = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(ticks, names, **(rotated if longest > 3 else {}))
    axes.set_yticks(ticks, names)
    axes.set(
        xlabel="predicted",
        ylabel="actual",
        title=f"bold: correct, {100 * evaluation.accuracy:.2f} % of {counts.sum():,} test images\n"
        f"darkest: {100 * _MAX_ERROR_RATE:.0f} % of a class's images, or more",
    )
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=fontsize + 1)
    return figure


def reliability(bins: Sequence[Bin], n_calibration: int) -> Figure:
    """Draw accuracy against confidence, with 95 % intervals, and how many images each bin has.

    Parameters
    ----------
    bins
        Of the test images, as `calibration.bins` makes them.
    n_calibration
        Number of validation images that confidence was calibrated on; 0 for none.
    """
    figure = new_figure("Reliability diagram", 16 / 3, 6.4)
    axes, count_axes = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    figure.subplots_adjust(left=0.17, right=0.96, bottom=0.09, top=0.83, hspace=0.12)
    confidence = 100 * np.array([each.confidence for each in bins])
    accuracy = 100 * np.array([each.accuracy for each in bins])
    counts = np.array([each.n_images for each in bins])
    intervals = [
        accuracy_interval(round(each.accuracy * each.n_images), each.n_images) for each in bins
    ]
    low, high = 100 * np.array(intervals).T
    axes.plot([0, 100], [0, 100], color="0.6", linestyle=":", label="confidence is right")
    axes.errorbar(
        confidence,
        accuracy,
        np.maximum([accuracy - low, high - accuracy], 0),
        color=BLUE,
        ecolor=ORANGE,
        marker="o",
        label="test images (orange: 95 % interval)",
    )
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    percent = 100 * calibration_error(bins)
    fitted = f"temperature from {n_calibration:,} validation images"
    axes.set(
        ylabel="accuracy (%)",
        ylim=(-3, 103),
        title=f"calibration error {percent:.2f} % of {counts.sum():,} test images\n"
        + (fitted if n_calibration else "not calibrated: no validation images"),
    )
    count_axes.bar(confidence, counts, width=2.5, color=BLUE)
    count_axes.set(yscale="log", ylabel="images", xlabel="confidence (%)", xlim=(-1, 103))
    count_axes.set_ylim(0.7, None)
    count_axes.yaxis.set_major_formatter("{x:,.0f}")
    return figure


def misclassified(images: np.ndarray, evaluation: Evaluation, classes: Sequence[str]) -> Figure:
    """Draw the misclassified ones of the evaluated images with the highest confidence.

    The images are uint8, (n, rows, columns).
    """
    indices = evaluation.misclassified()
    shown = indices[:MAX_MISCLASSIFIED]
    if len(indices) == 0:
        return new_figure(f"All {len(images):,} test images are classified correctly", 8, 1)
    captions = [
        f"actual: {shorten_class(classes[evaluation.actual[i]])}\n"
        f"predicted: {shorten_class(classes[evaluation.predicted[i]])}\n"
        f"image {i}, {100 * evaluation.confidence[i]:.0f} % sure"
        for i in shown
    ]
    title = f"Misclassified test images: {len(shown)} of {len(indices):,}, most confident first"
    return gallery(title, images[shown], captions)


def weights(first_layer: np.ndarray, image_shape: tuple[int, int]) -> Figure:
    """Draw the weights of the first-layer neurons with the largest weights, as images.

    Orange pixels excite a neuron, purple ones inhibit it.

    Parameters
    ----------
    first_layer
        float32, (neurons, rows * columns).
    image_shape
        Rows and columns.
    """
    norms = np.linalg.norm(first_layer, axis=1)
    shown = np.argsort(-norms, kind="stable")[:MAX_NEURONS]
    n_columns = min(len(shown), _NEURON_COLUMNS)
    n_rows = math.ceil(len(shown) / n_columns)
    mosaic_height = n_rows * 0.98 * _WIDTH / _NEURON_COLUMNS
    height = mosaic_height + TITLE_HEIGHT + 0.6
    title = f"First-layer weights: {len(shown)} of {len(first_layer)} neurons"
    figure = new_figure(title, _WIDTH, height)
    figure.text(
        0.5,
        0.3 / height,
        "orange: ink here excites the neuron; purple: inhibits it\n"
        "by L2 norm, largest first; each neuron has its own colour scale",
        ha="center",
        va="center",
        fontsize=10,
    )
    neurons = first_layer[shown]
    scaled = neurons / np.maximum(np.abs(neurons).max(axis=1, keepdims=True), _TINY)
    mosaic = _mosaic(scaled.reshape(-1, *image_shape), n_columns, (_NEURON_GAP, _NEURON_GAP))
    axes = _full_width_axes(figure, TITLE_HEIGHT, mosaic_height)
    axes.imshow(mosaic, cmap="PuOr_r", vmin=-1, vmax=1, **_PIXELS)
    return figure


def shorten_class(name: str) -> str:
    """Return a name of a class that fits beside an axis."""
    return name if len(name) <= _MAX_CLASS_LENGTH else f"{name[: _MAX_CLASS_LENGTH - 1]}…"


def _mosaic(images: np.ndarray, n_columns: int, gaps: tuple[int, int]) -> np.ndarray:
    """Put images in one, with gaps of NaN above each and around its sides.

    An AxesImage for each takes matplotlib many times as long.
    """
    (n_images, height, width), (top, side) = images.shape, gaps
    n_rows = math.ceil(n_images / n_columns)
    cells = np.full((n_rows * n_columns, top + height, width + side), np.nan)
    cells[:n_images, top:, side // 2 : side // 2 + width] = images
    grid = cells.reshape(n_rows, n_columns, top + height, width + side)
    return grid.swapaxes(1, 2).reshape(n_rows * (top + height), -1)


def _full_width_axes(figure: Figure, top: float, height: float) -> Axes:
    """Add invisible axes as wide as the figure; `top` and `height` are inches."""
    figure_height = figure.get_figheight()
    axes = figure.add_axes((0, 1 - (top + height) / figure_height, 1, height / figure_height))
    axes.axis("off")
    return axes
