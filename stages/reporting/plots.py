"""Plots: what the data, the training and the network look like."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.reporting.metrics import Evaluation

# Okabe and Ito's colours, which a colour-blind reader can tell apart.
BLUE, ORANGE = "#0072B2", "#D55E00"
MOST_MISTAKES = 20
MOST_NEURONS = 64

_STYLE: Any = {
    "font.size": 11,
    "axes.titlesize": 11,
    "figure.titlesize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "savefig.dpi": 120,
}


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, the same bytes each time.

    Parameters
    ----------
    figure
        What to write.
    path
        The file to write, whatever its suffix.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    # Software would name the version of matplotlib, and with it change the bytes.
    figure.savefig(path, format="png", metadata={"Software": None})


def samples(images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw images with their labels, to see that the two belong together.

    Parameters
    ----------
    images
        uint8, (n, rows, columns), n at least 1.
    labels
        Class numbers, (n,).
    classes
        Names of the classes.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    titles = [classes[label] for label in labels]
    return _gallery(f"The first {len(images)} training images and their labels", images, titles)


def learning_curves(history: dict[str, list[float]]) -> Figure:
    """Draw cost and accuracy of each epoch.

    Parameters
    ----------
    history
        Columns of `history.csv`.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    figure = _figure("Learning curves", 9, 4)
    cost, accuracy = figure.subplots(1, 2)
    epochs = history["epoch"]
    cost.plot(epochs, history["cost"], color=BLUE, marker=".")
    cost.set(title="Cost", xlabel="epoch", ylim=(0, None))
    curves = {"training": ("train_accuracy", BLUE), "validation": ("validation_accuracy", ORANGE)}
    for (name, (column, color)), style in zip(curves.items(), ("-", "--"), strict=True):
        percent = 100 * np.array(history[column])
        if not np.isnan(percent).all():
            accuracy.plot(epochs, percent, color=color, linestyle=style, marker=".", label=name)
    accuracy.set(title="Accuracy (%)", xlabel="epoch")
    if epochs:
        accuracy.legend(frameon=False, loc="lower right")
    for axes in (cost, accuracy):
        axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def confusion(evaluation: Evaluation, classes: Sequence[str]) -> Figure:
    """Draw the confusion matrix, coloured by mistakes alone, so that they stand out.

    Parameters
    ----------
    evaluation
        What to draw.
    classes
        Names of the classes.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    counts = evaluation.confusion
    mistakes = counts - np.diag(np.diag(counts))
    figure = _figure("Confusion: what an image is, and what it was taken for", 8, 7.5)
    axes = figure.subplots()
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(1, mistakes.max()))
    for row, column in np.ndindex(counts.shape):
        if counts[row, column]:
            dark = mistakes[row, column] > 0.6 * mistakes.max()
            axes.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                color="white" if dark else "black",
                weight="bold" if row == column else "normal",
            )
    longest = max(len(name) for name in classes)
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=45 if longest > 3 else 0)
    axes.set_yticks(ticks, classes)
    axes.set(
        xlabel="taken for",
        ylabel="is",
        title=f"bold: right, {100 * evaluation.accuracy:.2f} % of {counts.sum():,} test images",
    )
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def mistakes(images: np.ndarray, evaluation: Evaluation, classes: Sequence[str]) -> Figure:
    """Draw the images that were taken for something else with the most confidence.

    Parameters
    ----------
    images
        uint8, (n, rows, columns): the evaluated ones.
    evaluation
        Of these images.
    classes
        Names of the classes.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    wrong = np.flatnonzero(evaluation.actual != evaluation.predicted)
    # Stable, so that equal confidence keeps the images' own order.
    worst = wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")][:MOST_MISTAKES]
    if not len(worst):
        figure = _figure("No mistake: every test image was recognised", 8, 1)
        return figure
    titles = [
        f"{classes[evaluation.actual[i]]}, taken for {classes[evaluation.predicted[i]]}\n"
        f"image {i}, {100 * evaluation.confidence[i]:.0f} % sure"
        for i in worst
    ]
    title = f"The {len(worst)} most confident of {len(wrong)} mistakes"
    return _gallery(title, images[worst], titles)


def weights(first_layer: np.ndarray, image_shape: tuple[int, int]) -> Figure:
    """Draw what neurons of the first layer look for: orange pixels speak for it, purple against.

    Parameters
    ----------
    first_layer
        float32, (neurons, rows * columns).
    image_shape
        Rows and columns.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    neurons = len(first_layer)
    shown = min(neurons, MOST_NEURONS)
    which = f"the {neurons} neurons" if shown == neurons else f"{shown} of the {neurons} neurons"
    columns = min(shown, 8)
    rows = math.ceil(shown / columns)
    figure = _figure(f"First-layer weights of {which}", 8, rows + 1)
    figure.supxlabel("orange: ink here excites the neuron; purple: inhibits it", fontsize=11)
    grid = figure.subplots(rows, columns, squeeze=False).flat
    for index, axes in enumerate(grid):
        axes.axis("off")
        if index < shown:
            picture = first_layer[index].reshape(image_shape)
            reach = np.abs(picture).max() or 1
            axes.imshow(picture, cmap="PuOr_r", vmin=-reach, vmax=reach)
    return figure


def _figure(title: str, width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches, free of the reader's own matplotlib settings."""
    mpl.rcdefaults()
    mpl.rcParams.update(_STYLE)
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title)
    return figure


def _gallery(title: str, images: np.ndarray, titles: Sequence[str]) -> Figure:
    """Draw images in rows of five, each under a title of its own."""
    columns = min(len(images), 5)
    rows = math.ceil(len(images) / columns)
    lines = max(name.count("\n") + 1 for name in titles)
    figure = _figure(title, max(6, 2 * columns), rows * (1.8 + 0.2 * lines) + 0.6)
    grid: Sequence[Axes] = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in grid:
        axes.axis("off")
    for axes, image, name in zip(grid, images, titles, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(name)
    return figure
