"""Reads pictures of handwriting and brings them to MNIST's format."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from stages.pictures.boxes import Box
from stages.pictures.digit_finder import Digit, find_digits, find_main_digit
from stages.pictures.errors import PictureError
from stages.pictures.mnist_format import (
    CANVAS_SIZE,
    MIN_INK,
    bounding_box,
    is_mnist_format,
    to_mnist_format,
)
from stages.pictures.picture_files import read_grey
from stages.pictures.reading_order import lines_of
from stages.pictures.segmentation import segment_ink
from stages.pictures.sheet import cut_out_sheet

# A longer picture is averaged to at most this many pixels: MNIST's format has fewer by far.
_MAX_LENGTH = 800
_MAX_PAGE_LENGTH = 1600
# A wider digit, in heights of the others, may be several that touch: 80 % of the pairs of MNIST's
# training images are, side by side, and 2 % of the single ones, all of the same height.
_MAX_ASPECT_RATIO = 1.25
# Strokes thinner than the first, in pixels of MNIST's format, are dilated to the second.
_THIN_WIDTH, _DILATED_WIDTH = 1.4, 2.4
# Strokes of hard pixels are enlarged to this many per pixel of MNIST's format, and blurred by a
# Gaussian of this standard deviation, in pixels of the picture.
_MIN_PIXEL, _SMOOTHING = 6, 0.6


def require_shape(shape: tuple[int, int]) -> None:
    """Raise a PictureError unless a network takes images of MNIST's size, 28 x 28."""
    if shape != (CANVAS_SIZE, CANVAS_SIZE):
        raise PictureError(
            f"the network takes images of {shape[0]} x {shape[1]} pixels, but pictures are scaled"
            f" to {CANVAS_SIZE} x {CANVAS_SIZE}: only networks of such images can classify them"
        )


@dataclass(frozen=True)
class Reading:
    """The digits that were found in a picture, in reading order.

    Attributes
    ----------
    grey
        The picture, upright, uint8, (rows, columns), 0 (black) to 255 (white); a large one is
        reduced.
    reduction
        Pixels of the picture that one pixel of `grey` is the mean of, along each side.
    boxes
        Bounding boxes of the digits in `grey`, n.
    images
        uint8, (n, 28, 28): the digits in MNIST's format.
    lines
        The line of each digit, from 0.
    is_wide
        Whether a digit is so wide that it may be several that touch.
    n_digits
        Digits of about this size that are in the picture, at least n.
    left_out
        Bounding boxes in `grey` of what may be digits, but is cut off by an edge of the picture.
    """

    grey: np.ndarray
    reduction: int
    boxes: tuple[Box, ...]
    images: np.ndarray
    lines: tuple[int, ...]
    is_wide: tuple[bool, ...]
    n_digits: int
    left_out: tuple[Box, ...] = ()


def as_it_is(image: np.ndarray) -> Reading:
    """Describe an image, uint8, (28, 28), that is in MNIST's format already."""
    return _of_one(image, 1, Box(0, 0, *image.shape), image, 1)


def _of_one(grey: np.ndarray, reduction: int, box: Box, image: np.ndarray, n: int) -> Reading:
    return Reading(grey, reduction, (box,), image[np.newaxis], (0,), (False,), n)


def read(path: Path, digit_size: int) -> np.ndarray:
    """Read a picture of one digit and bring it to MNIST's format.

    Parameters
    ----------
    path
        A photo, a scan or a drawing, with ink that is darker or lighter than its background, evenly
        lit or not, of any size up to Pillow's limit (89 million pixels).
    digit_size
        Pixels that the longest side is scaled to, at most 28.

    Returns
    -------
    ndarray
        uint8, (28, 28), ink from 0 (none) to 255 (full); a picture in MNIST's format as it is.

    Raises
    ------
    PictureError
        If the file cannot be read, is not a picture, is too large, or shows nothing.
    """
    image: np.ndarray = read_digit(path, digit_size).images[0]
    return image


def read_digit(path: Path, digit_size: int) -> Reading:
    """Read a picture of one digit, and say where in the picture it is.

    Parameters and errors are those of `read`.

    Returns
    -------
    Reading
        Of one digit: the largest, in the middle rather than at an edge.
    """
    grey, reduction = read_grey(path, _MAX_LENGTH)
    for image in (grey, 255 - grey):
        if is_mnist_format(image, digit_size):
            return _of_one(grey, reduction, Box(0, 0, *image.shape), image, 1)
    ink, offset = _segment_sheet(grey)
    digit, n_digits = (None, 0) if ink is None else find_main_digit(ink)
    if digit is None:
        raise _nothing_found(path)
    image = _normalise(digit, digit_size)
    return _of_one(grey, reduction, digit.box.moved(*offset), image, n_digits)


def read_digits(path: Path, digit_size: int) -> Reading:
    """Read a picture of many digits: a row, several rows, or a form.

    Parameters and errors are those of `read`.

    Returns
    -------
    Reading
        Of all digits, line by line.
    """
    grey, reduction = read_grey(path, _MAX_PAGE_LENGTH)
    ink, offset = _segment_sheet(grey)
    digits, left_out = ([], []) if ink is None else find_digits(ink)
    if not digits:
        raise _nothing_found(path)
    lines = lines_of([digit.box for digit in digits])
    ordered = [digits[index] for line in lines for index in line]
    height = np.median([digit.box.height for digit in digits])
    return Reading(
        grey,
        reduction,
        tuple(digit.box.moved(*offset) for digit in ordered),
        np.stack([_normalise(digit, digit_size) for digit in ordered]),
        tuple(number for number, line in enumerate(lines) for _ in line),
        tuple(bool(digit.box.width > _MAX_ASPECT_RATIO * height) for digit in ordered),
        len(digits),
        tuple(box.moved(*offset) for box in left_out),
    )


def _segment_sheet(grey: np.ndarray) -> tuple[np.ndarray | None, tuple[int, int]]:
    """Separate ink from the sheet in a picture, or from the whole picture.

    Returns
    -------
    ink : ndarray or None
        As that of `segment_ink`.
    offset : (int, int)
        Row and column of the picture where the ink's first pixel is.
    """
    sheet = cut_out_sheet(grey)
    if sheet:
        ink = segment_ink(sheet.grey)
        if ink is not None:
            return ink, (sheet.box.top, sheet.box.left)
    return segment_ink(grey), (0, 0)


def _nothing_found(path: Path) -> PictureError:
    return PictureError(
        f"{path}: nothing in it stands out from its background: write larger or darker, or"
        " take the picture in better light"
    )


def _normalise(digit: Digit, digit_size: int) -> np.ndarray:
    """Bring the ink of a digit to MNIST's format."""
    return to_mnist_format(_dilate_thin_strokes(digit.ink, digit_size), digit_size)


def _dilate_thin_strokes(ink: np.ndarray, digit_size: int) -> np.ndarray:
    """Make strokes as thick as MNIST's, and smooth, if scaling would leave little of them."""
    rows, columns = bounding_box(ink >= MIN_INK)
    pixel = max(rows.stop - rows.start, columns.stop - columns.start) / digit_size
    scale = max(1, round(_MIN_PIXEL / pixel))
    enlarged = np.repeat(np.repeat(np.pad(ink, 1), scale, axis=0), scale, axis=1)
    width = _stroke_width(enlarged) / (scale * pixel)
    is_jagged = scale > 1 and bool(np.isin(ink, (0, 1)).all())
    if width >= _THIN_WIDTH and not is_jagged:
        return ink
    smooth = scipy.ndimage.gaussian_filter(enlarged, _SMOOTHING * scale) if scale > 1 else enlarged
    smooth /= smooth.max()
    radius = (max(width, _DILATED_WIDTH) * scale * pixel - _stroke_width(smooth)) / 2
    padded = np.pad(smooth, 2 + max(0, int(radius)))
    distance = scipy.ndimage.distance_transform_edt(padded < 0.5)
    dilated: np.ndarray = np.maximum(padded, np.clip(radius + 1 - distance, 0, 1))
    return dilated


def _stroke_width(ink: np.ndarray) -> float:
    """Mean width of strokes in pixels."""
    inside = ink >= ink.max() / 2
    # Across a stroke, the mean distance to its edge is a quarter of its width.
    return float(4 * (scipy.ndimage.distance_transform_edt(inside)[inside].mean() - 0.5))
