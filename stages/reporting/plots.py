"""Plots: what the data, the training and the network look like."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D

from stages.experiments.comparison import Comparison
from stages.experiments.study_results import Study
from stages.reporting.metrics import Evaluation, normalise

# Okabe and Ito's colours, which a colour-blind reader can tell apart.
BLUE, ORANGE = "#0072B2", "#D55E00"
MOST_MISTAKES = 20
MOST_CHANGES = 10
MOST_NEURONS = 64
MOST_PREDICTIONS = 50
_GALLERY_COLUMNS = 5
_GAP = 2  # pixels between the pictures of two neurons
_ACCURACY_TICKS = (10, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8)

_STYLE: Any = {
    "font.size": 11,
    "axes.titlesize": 11,
    "figure.titlesize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "savefig.dpi": 120,
    "text.parse_math": False,  # names of classes and files are names, whatever signs they have
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
    """Draw loss and accuracy of each epoch.

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
    loss, accuracy = figure.subplots(1, 2)
    epochs = history["epoch"]
    loss.plot(epochs, history["train_loss"], color=BLUE, marker=".")
    loss.set(title="Loss", xlabel="epoch", ylim=(0, None))
    curves = {"training": ("train_accuracy", BLUE), "validation": ("validation_accuracy", ORANGE)}
    for (name, (column, color)), style in zip(curves.items(), ("-", "--"), strict=True):
        percent = 100 * np.array(history[column])
        if not np.isnan(percent).all():
            accuracy.plot(epochs, percent, color=color, linestyle=style, marker=".", label=name)
    accuracy.set(title="Accuracy (%)", xlabel="epoch")
    if epochs:
        accuracy.legend(frameon=False, loc="lower right")
    for axes in (loss, accuracy):
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
    wrong = evaluation.worst_mistakes()
    worst = wrong[:MOST_MISTAKES]
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
    figure = _figure(f"First-layer weights of {which}", 8, rows + 0.7)
    figure.supxlabel("orange: ink here excites the neuron; purple: inhibits it", fontsize=11)
    # All in one picture: a pair of axes for each takes matplotlib many times as long.
    height, width = image_shape
    mosaic = np.full((rows * (height + _GAP), columns * (width + _GAP)), np.nan)
    for index, neuron in enumerate(first_layer[:shown]):
        top, left = index // columns * (height + _GAP), index % columns * (width + _GAP)
        picture = neuron.reshape(image_shape) / (np.abs(neuron).max() or 1)
        mosaic[top : top + height, left : left + width] = picture
    axes = figure.subplots()
    axes.axis("off")
    axes.imshow(mosaic[:-_GAP, :-_GAP], cmap="PuOr_r", vmin=-1, vmax=1)
    return figure


def changes(images: np.ndarray, found: Comparison) -> Figure:
    """Draw images on which two networks disagree: what one put right, and what it broke.

    Parameters
    ----------
    images
        uint8, (n, rows, columns): the test images of both.
    found
        What came of the comparison.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    base, other = found.base, found.other
    parts = {f"fixed by {other.name}": found.fixed, f"regressed by {other.name}": found.regressed}
    parts = {title: numbers for title, numbers in parts.items() if len(numbers)}
    shown = [numbers[:MOST_CHANGES] for numbers in parts.values()]
    heights = [_gallery_height(len(numbers), 3) for numbers in shown]
    title = f"What {base.name} said before (was), and {other.name} after it (now)"
    if not parts:
        return _figure(f"No image on which {other.name} and {base.name} disagree", 8, 1)
    figure = _figure(title, 10, sum(heights) + 0.6)
    bands = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False).flat
    for band, numbers, (name, all_of_them) in zip(bands, shown, parts.items(), strict=True):
        band.suptitle(f"{name}: the clearest {len(numbers)} of {len(all_of_them)}", fontsize=12)
        titles = [
            f"image {i} is {base.predictions.actual[i]}\n"
            + "\n".join(
                f"{when} {said.predicted[i]} ({100 * said.confidence[i]:.0f} %)"
                for when, said in (("was", base.predictions), ("now", other.predictions))
            )
            for i in numbers
        ]
        _fill_gallery(band, images[numbers], titles)
    return figure


def study(found: Study, dataset: str) -> Figure:
    """Draw the accuracies of a study's variants: each seed, the mean, and what was published.

    Parameters
    ----------
    found
        What came of the study.
    dataset
        Its name, for the title.

    Returns
    -------
    Figure
        To be given to `save`.
    """
    seeds = len(found.results[0].accuracies)
    figure = _figure(f"Accuracy on the test images of {dataset}", 9, 1.6 + 0.5 * len(found.results))
    axes = figure.subplots()
    for row, result in enumerate(found.results):
        errors = [_error(accuracy) for accuracy in result.accuracies]
        axes.plot(errors, [row] * seeds, "o", color=BLUE, alpha=0.5, markeredgewidth=0)
        axes.plot(_error(result.mean), row, "|", color=BLUE, markersize=18, markeredgewidth=2)
        if result.published is not None:
            published = _error(result.published / 100)
            axes.plot(published, row, "D", color=ORANGE, markerfacecolor="none")
    axes.set_yticks(range(len(found.results)), [result.name for result in found.results])
    axes.invert_yaxis()
    # The errors' logarithm, so that 98 and 99 % are as far apart as 80 and 90 %.
    axes.set_xscale("log")
    axes.invert_xaxis()
    low, high = sorted(axes.get_xlim())
    ticks = [tick for tick in _ACCURACY_TICKS if low <= _error(tick / 100) <= high]
    axes.set_xticks([_error(tick / 100) for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color="0.9")
    axes.set_xlabel("accuracy (%)")
    figure.legend(
        handles=[
            Line2D([], [], color=BLUE, marker="o", alpha=0.5, linestyle="", label="a seed"),
            Line2D([], [], color=BLUE, marker="|", markersize=14, linestyle="", label="mean"),
            Line2D(
                [],
                [],
                color=ORANGE,
                marker="D",
                markerfacecolor="none",
                linestyle="",
                label=found.published_by,
            ),
        ],
        loc="outside lower center",
        ncols=3,
        frameon=False,
    )
    return figure


def _error(accuracy: float) -> float:
    """Tell the part that is wrong, 0 to 1; a little where nothing is, for the logarithm's sake."""
    return max(1 - accuracy, 0.0005)


def predictions(
    names: Sequence[str], images: np.ndarray, outputs: np.ndarray, classes: Sequence[str]
) -> Figure:
    """Draw what a network was given, and beside it what it answered.

    Parameters
    ----------
    names
        Of the pictures that the images were made from, n at least 1.
    images
        uint8, (n, rows, columns).
    outputs
        float32, (n, classes).
    classes
        Names of the classes.

    Returns
    -------
    Figure
        To be given to `save`; it has the first pictures where there are many.
    """
    shown = min(len(names), MOST_PREDICTIONS)
    first = "" if shown == len(names) else f" (the first {shown} of {len(names)} pictures)"
    figure = _figure(f"What the network saw, and its outputs{first}", 8, 2.6 * shown + 0.5)
    grid = figure.subplots(shown, 2, squeeze=False, width_ratios=(1, 2))
    reach = max(1, outputs.max())
    for (image_axes, axes), name, image, output in zip(grid, names, images, outputs, strict=False):
        image_axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        image_axes.axis("off")
        winner = output.argmax()
        colors = [BLUE if index == winner else "silver" for index in range(len(classes))]
        axes.barh(classes, output, color=colors)
        axes.invert_yaxis()
        confidence = normalise(output[np.newaxis]).max()
        axes.set_title(f"{_shortened(name)}: {classes[winner]}, {confidence:.1%} sure")
        axes.set_xlim(0, reach)
        axes.tick_params(axis="y", length=0)
    return figure


def _shortened(name: str) -> str:
    return name if len(name) <= 40 else f"…{name[-39:]}"


def _figure(title: str, width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches, free of the reader's own matplotlib settings."""
    mpl.rcdefaults()
    mpl.rcParams.update(_STYLE)
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title)
    return figure


def _gallery(title: str, images: np.ndarray, titles: Sequence[str]) -> Figure:
    """Draw images in rows of five, each under a title of its own."""
    lines = max(name.count("\n") + 1 for name in titles)
    width = max(6, 2 * min(len(images), _GALLERY_COLUMNS))
    figure = _figure(title, width, _gallery_height(len(images), lines) + 0.6)
    _fill_gallery(figure, images, titles)
    return figure


def _gallery_height(images: int, lines: int) -> float:
    """Tell how high a gallery is, in inches, whose titles have so many lines."""
    return math.ceil(images / _GALLERY_COLUMNS) * (1.8 + 0.2 * lines)


def _fill_gallery(figure: FigureBase, images: np.ndarray, titles: Sequence[str]) -> None:
    columns = min(len(images), _GALLERY_COLUMNS)
    rows = math.ceil(len(images) / columns)
    grid: Sequence[Axes] = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in grid:
        axes.axis("off")
    for axes, image, name in zip(grid, images, titles, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(name)
