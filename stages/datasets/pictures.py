"""Reads pictures of handwriting and brings them to MNIST's format."""

from pathlib import Path

import numpy as np

from stages.datasets.digit_finder import find_main_digit
from stages.datasets.errors import DatasetError
from stages.datasets.mnist_format import (
    CANVAS_SIZE,
    MIN_INK,
    bounding_box,
    is_mnist_format,
    to_mnist_format,
)
from stages.datasets.picture_files import read_grey
from stages.datasets.segmentation import segment_ink

# A longer picture is averaged to at most this many pixels: MNIST's format has fewer by far.
_MAX_LENGTH = 800
# Strokes thinner than the first, in pixels of MNIST's format, are dilated to the second.
_THIN_WIDTH, _DILATED_WIDTH = 1.5, 2.2


def require_shape(shape: tuple[int, int]) -> None:
    """Check that a network takes images of MNIST's size.

    Parameters
    ----------
    shape
        Rows and columns of the images that the network takes.

    Raises
    ------
    DatasetError
        If they are not 28 and 28.
    """
    if shape != (CANVAS_SIZE, CANVAS_SIZE):
        raise DatasetError(
            f"the network takes images of {shape[0]} x {shape[1]} pixels, but pictures are scaled"
            f" to {CANVAS_SIZE} x {CANVAS_SIZE}: use a network that was trained on a dataset of"
            " this project"
        )


def read(path: Path, digit_size: int) -> np.ndarray:
    grey, _ = read_grey(path, _MAX_LENGTH)
    for image in (grey, 255 - grey):
        if is_mnist_format(image, digit_size):
            return image
    ink = segment_ink(grey)
    digit = None
    if ink is not None:
        digit, _ = find_main_digit(ink)
    if digit is None or digit.ink.max() < MIN_INK:
        raise DatasetError(
            f"{path}: nothing in it stands out from its background: write larger or darker, or"
            " take the picture in better light"
        )
    return to_mnist_format(_dilate_thin_strokes(digit.ink, digit_size), digit_size)


def _dilate_thin_strokes(ink: np.ndarray, digit_size: int) -> np.ndarray:
    """Make strokes as thick as MNIST's if scaling would leave little of them."""
    from scipy import ndimage

    rows, columns = bounding_box(ink >= MIN_INK)
    pixel = max(rows.stop - rows.start, columns.stop - columns.start) / digit_size
    inside = ink >= ink.max() / 2
    # Across a stroke, the mean distance to its edge is a quarter of its width.
    width = 4 * ndimage.distance_transform_edt(inside)[inside].mean()
    if width >= _THIN_WIDTH * pixel:
        return ink
    size = 1 + round(_DILATED_WIDTH * pixel - width)
    dilated: np.ndarray = ndimage.maximum_filter(np.pad(ink, size), size)
    return dilated
