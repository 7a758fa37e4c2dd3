"""Pictures with what was found in them: frames around digits, and their classes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stages.reporting.plots import BLUE, ORANGE, TITLE_HEIGHT, new_figure

MAX_PAGES = 10
_PICTURE_WIDTH = 3.2  # inches, beside the network's input
_PAGE_WIDTH = 10.0  # inches
_PAGE_TITLE_HEIGHT = 0.4
_MAX_NAME = 80  # characters

BoxTuple = tuple[int, int, int, int]  # top, left, bottom, right


def add_pictures(figure: Figure, pictures: Sequence[np.ndarray], boxes: Sequence[BoxTuple]) -> None:
    """Add a column to the left of the figure of `plots.predictions`: the pictures themselves.

    Parameters
    ----------
    figure
        Has an input and a bar chart for each of the first pictures.
    pictures
        uint8, (rows, columns), 0 (black) to 255 (white).
    boxes
        Top, left, bottom and right of the digit that was found in each picture.
    """
    width, height = figure.get_size_inches()
    figure.set_size_inches(width + _PICTURE_WIDTH, height)
    share = _PICTURE_WIDTH / (width + _PICTURE_WIDTH)
    grid = list(figure.axes)
    for axes in grid:
        left, bottom, axes_width, axes_height = axes.get_position().bounds
        squeezed = (share + left * (1 - share), bottom, axes_width * (1 - share), axes_height)
        axes.set_position(squeezed)
    for input_axes, picture, box in zip(grid[::2], pictures, boxes, strict=False):
        _, bottom, _, axes_height = input_axes.get_position().bounds
        axes = figure.add_axes((0.02 * share, bottom, 0.96 * share, axes_height))
        _show(axes, picture)
        _frame(axes, box, BLUE)


def pages(
    names: Sequence[str],
    pictures: Sequence[np.ndarray],
    boxes: Sequence[Sequence[BoxTuple]],
    classes: Sequence[Sequence[str]],
) -> Figure:
    """Draw pages below each other, with a frame around each digit and its class beside it.

    Parameters
    ----------
    names
        Of the pictures, n at least 1.
    pictures
        uint8, (rows, columns), n.
    boxes, classes
        Of the digits of each picture; a class that ends in a question mark has another colour.

    Returns
    -------
    Figure
        For `plots.save`, with at most `MAX_PAGES` pictures.
    """
    shown = pictures[:MAX_PAGES]
    heights = [_PAGE_WIDTH * len(picture) / picture.shape[1] for picture in shown]
    total = TITLE_HEIGHT + sum(heights) + _PAGE_TITLE_HEIGHT * len(shown)
    which = (
        "" if len(shown) == len(names) else f" (the first {len(shown)} of {len(names)} pictures)"
    )
    figure = new_figure(f"The digits that were found{which}", _PAGE_WIDTH, total)
    top = total - TITLE_HEIGHT
    for name, picture, height, page_boxes, page_classes in zip(
        names, shown, heights, boxes, classes, strict=False
    ):
        top -= height + _PAGE_TITLE_HEIGHT
        axes = figure.add_axes((0, top / total, 1, height / total))
        axes.set_title(name[-_MAX_NAME:])
        _show(axes, picture)
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


def _frame(axes: Axes, box: BoxTuple, color: str) -> None:
    top, left, bottom, right = box
    rectangle = Rectangle(
        (left - 1, top - 1), right - left + 1, bottom - top + 1, fill=False, edgecolor=color, lw=1.5
    )
    axes.add_patch(rectangle)
