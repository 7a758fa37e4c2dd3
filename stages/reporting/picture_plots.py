"""Pictures of people's own, with what was found in them, and what a network says of it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stages.reporting.answers import Answer
from stages.reporting.plots import BLUE, ORANGE, TITLE_HEIGHT, new_figure, shorten_class
from stages.runtime.printable import printable

MAX_PREDICTIONS = 50
MAX_BARS = 12  # of the classes for one image
MAX_PAGES = 10
_PAGE_WIDTH = 10.0  # inches
_PAGE_TITLE_HEIGHT = 0.4

BoxTuple = tuple[int, int, int, int]  # top, left, bottom, right


def predictions(
    names: Sequence[str],
    pictures: Sequence[np.ndarray],
    boxes: Sequence[BoxTuple],
    images: np.ndarray,
    answers: Sequence[Answer],
    classes: Sequence[str],
) -> Figure:
    """Draw pictures of one digit each, the network's input, and the probability of each class.

    At most `MAX_PREDICTIONS` pictures, with the `MAX_BARS` most likely classes of each.

    Parameters
    ----------
    names
        Of the pictures, n at least 1.
    pictures
        uint8, (rows, columns), n.
    boxes
        Of the digit that was found in each picture.
    images
        What the network was given, uint8, (n, rows, columns).
    answers
        One for each picture.
    classes
        Names of the classes.
    """
    n_shown = min(len(names), MAX_PREDICTIONS)
    which = "" if n_shown == len(names) else f" (the first {n_shown} of {len(names)} pictures)"
    height = 3.0 * n_shown + TITLE_HEIGHT
    title = f"The network's input and the probability of each class{which}"
    figure = new_figure(title, 11.2, height)
    grid = figure.subplots(n_shown, 3, squeeze=False, width_ratios=(5, 4, 9))
    top, bottom = 1 - (TITLE_HEIGHT + 0.3) / height, 0.3 / height
    figure.subplots_adjust(left=0.01, right=0.98, top=top, bottom=bottom, wspace=0.4, hspace=0.4)
    labels = [shorten_class(name) for name in classes]
    for row, picture, box, image in zip(grid, pictures, boxes, images, strict=False):
        _show(row[0], picture)
        _frame(row[0], box, BLUE)
        _show(row[1], image)
    for (_, _, axes), name, answer in zip(grid, names, answers, strict=False):
        probabilities, n_classes = answer.probabilities, len(classes)
        shown = range(n_classes) if n_classes <= MAX_BARS else (-probabilities).argsort()[:MAX_BARS]
        axes.barh(
            range(len(shown)),
            probabilities[shown],
            color=[BLUE if index == answer.predicted else "silver" for index in shown],
            tick_label=[labels[index] for index in shown],
        )
        axes.invert_yaxis()
        axes.set_title(f"{_shorten(name, 40)}\n{answer.text(labels)}")
        axes.set_xlim(0, 1)
        axes.tick_params(axis="y", length=0)
    return figure


def pages(
    names: Sequence[str],
    pictures: Sequence[np.ndarray],
    boxes: Sequence[Sequence[BoxTuple]],
    classes: Sequence[Sequence[str]],
    left_out: Sequence[Sequence[BoxTuple]],
) -> Figure:
    """Draw up to `MAX_PAGES` pages, with a frame around each digit and its class beside it.

    Parameters
    ----------
    names
        Of the pictures, n at least 1.
    pictures
        uint8, (rows, columns), n.
    boxes, classes
        Of the digits of each picture; a class that ends in a question mark has another colour.
    left_out
        Boxes of what was not read, n lists; their frames are dashed.
    """
    shown = pictures[:MAX_PAGES]
    heights = [_PAGE_WIDTH * len(picture) / picture.shape[1] for picture in shown]
    total = TITLE_HEIGHT + sum(heights) + _PAGE_TITLE_HEIGHT * len(shown)
    which = f" (the first {MAX_PAGES} of {len(names)} pictures)" * (len(names) > MAX_PAGES)
    figure = new_figure(f"The digits that were found{which}", _PAGE_WIDTH, total)
    top = total - TITLE_HEIGHT
    for name, picture, height, page_boxes, page_classes, page_left_out in zip(
        names, shown, heights, boxes, classes, left_out, strict=False
    ):
        top -= height + _PAGE_TITLE_HEIGHT
        axes = figure.add_axes((0, top / total, 1, height / total))
        axes.set_title(_shorten(name, 80))
        _show(axes, picture)
        for box in page_left_out:
            _frame(axes, box, ORANGE, "--")
        for box, class_name in zip(page_boxes, page_classes, strict=True):
            color = ORANGE if class_name.endswith("?") else BLUE
            _frame(axes, box, color)
            axes.text(
                box[3], box[0], class_name, color=color, ha="left", va="bottom", weight="bold"
            )
    return figure


def _show(axes: Axes, picture: np.ndarray) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes.axis("off")


def _frame(axes: Axes, box: BoxTuple, color: str, style: str = "-") -> None:
    top, left, bottom, right = box
    rectangle = Rectangle(
        (left - 1, top - 1),
        right - left + 1,
        bottom - top + 1,
        fill=False,
        edgecolor=color,
        lw=1.5,
        ls=style,
    )
    axes.add_patch(rectangle)


def _shorten(name: str, n_characters: int) -> str:
    name = printable(name)  # matplotlib draws no name that is not UTF-8
    return name if len(name) <= n_characters else f"…{name[1 - n_characters :]}"
