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
_THIN_WIDTH, _DILATED_WIDTH = 1.4, 2.4
_MIN_PIXEL, _SMOOTHING = 6, 0.6


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
    """Make strokes as thick as MNIST's, and smooth, if scaling would leave little of them."""
    from scipy import ndimage

    rows, columns = bounding_box(ink >= MIN_INK)
    pixel = max(rows.stop - rows.start, columns.stop - columns.start) / digit_size
    scale = max(1, round(_MIN_PIXEL / pixel))
    enlarged = np.repeat(np.repeat(np.pad(ink, 1), scale, axis=0), scale, axis=1)
    width = _stroke_width(enlarged) / (scale * pixel)
    is_jagged = scale > 1 and bool(np.isin(ink, (0, 1)).all())
    if width >= _THIN_WIDTH and not is_jagged:
        return ink
    smooth = ndimage.gaussian_filter(enlarged, _SMOOTHING * scale) if scale > 1 else enlarged
    smooth /= smooth.max()
    radius = (max(width, _DILATED_WIDTH) * scale * pixel - _stroke_width(smooth)) / 2
    padded = np.pad(smooth, 2 + max(0, int(radius)))
    distance = ndimage.distance_transform_edt(padded < 0.5)
    return np.maximum(padded, np.clip(radius + 1 - distance, 0, 1))


def _stroke_width(ink: np.ndarray) -> float:
    """Mean width of strokes in pixels."""
    from scipy import ndimage

    inside = ink >= ink.max() / 2
    # Across a stroke, the mean distance to its edge is a quarter of its width.
    return float(4 * (ndimage.distance_transform_edt(inside)[inside].mean() - 0.5))
