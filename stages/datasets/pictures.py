"""Reads pictures of handwriting and brings them to MNIST's format."""

from __future__ import annotations

import warnings
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stages.datasets.errors import DatasetError
from stages.datasets.mnist_format import (
    CANVAS_SIZE,
    MIN_INK,
    bounding_box,
    is_mnist_format,
    to_mnist_format,
)

if TYPE_CHECKING:
    from PIL import Image

# A longer picture is averaged to at most this many pixels: MNIST's format has fewer by far.
_MAX_LENGTH = 800
# What differs from the background by less than this, of 1, is background.
_MIN_CONTRAST = 0.1
# Components with less than these fractions of the largest mass and intensity are dust.
_MIN_MASS, _MIN_INTENSITY = 0.01, 0.5
# Strokes thinner than the first, in pixels of MNIST's format, are dilated to the second.
_THIN_WIDTH, _DILATED_WIDTH = 1.5, 2.2

# Strokes are narrower than a fifth of the picture, or, less likely, than a third. Each has the
# factor by which its background costs more: the wider strokes may be, the more uneven lighting is
# taken for ink.
_STROKE_WIDTHS = ((1 / 5, 1.0), (1 / 3, 1.05))

# The formats of handwriting among those that Pillow opens. Of the others, EPS would start a
# program that the file chooses, and JPEG 2000 allocates as much memory as the file says.
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "PPM")

# Pixels that touch at a corner are connected.
_STRUCTURE = np.ones((3, 3))


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
            f" to {CANVAS_SIZE} x {CANVAS_SIZE}: only networks of such images can classify them"
        )


def read(path: Path, digit_size: int) -> np.ndarray:
    """Read a picture and bring it to MNIST's format.

    Parameters
    ----------
    path
        A file that Pillow opens: a photo, a scan or a drawing, with ink that is darker or lighter
        than its background, evenly lit or not, of any size up to Pillow's limit (89 million
        pixels).
    digit_size
        Pixels that the longest side is scaled to, at most 28.

    Returns
    -------
    ndarray
        uint8, (28, 28), ink from 0 (none) to 255 (full). A picture that has MNIST's format already
        is returned unchanged.

    Raises
    ------
    DatasetError
        If the file cannot be read, is not a picture, is too large, or shows nothing.
    """
    grey = _read_grey(path)
    for image in (grey, 255 - grey):
        if is_mnist_format(image, digit_size):
            return image
    ink = segment_ink(grey)
    if ink is None:
        raise DatasetError(
            f"{path}: nothing in it stands out from its background: write larger or darker, or"
            " take the picture in better light"
        )
    return to_mnist_format(_dilate_thin_strokes(ink, digit_size), digit_size)


def segment_ink(grey: np.ndarray) -> np.ndarray | None:
    """Separate ink from its background, whichever is darker, in uneven light.

    The background is estimated by filling in everything small from its surroundings: morphological
    closing where the ink is dark, opening where it is light (Serra, "Image analysis and
    mathematical morphology", 1982). What differs from it, except for dust, is ink.

    Parameters
    ----------
    grey
        uint8, (rows, columns), 0 (black) to 255 (white).

    Returns
    -------
    ndarray or None
        float32, (rows, columns), 0 (none) to 1 (full): black on white, or white on black, keeps its
        values. None where there is no ink, or too little to be a digit.
    """
    from scipy import ndimage

    grey_float = grey.astype(np.float32)
    longest = max(grey.shape)
    candidates = []
    for max_width, penalty in _STROKE_WIDTHS:
        for intensity in (grey_float, 255 - grey_float):
            window = max(7, int(longest * max_width))
            background = _estimate_background(intensity, window, blur_size=1 + longest // 80)
            cost = penalty * _background_cost(intensity, background)
            candidates.append((cost, intensity, background))
    _, intensity, background = min(candidates, key=itemgetter(0))
    ink = (background - intensity) / max(1, background.max())

    blur_size = 1 + longest // 250
    blurred = ndimage.uniform_filter(ink, blur_size)
    if blurred.max() < _MIN_CONTRAST:
        return None
    full_ink = np.median(ink[blurred > blurred.max() / 2])
    if full_ink <= 0:  # a speck that is smaller than its blur
        return None
    ink = np.clip(ink / full_ink, 0, 1)
    mask = _significant_components(ndimage.uniform_filter(ink, blur_size))
    # The edges of strokes are fainter, but ink as well.
    mask = ndimage.binary_dilation(mask, _STRUCTURE, iterations=1 + blur_size)
    ink = np.where(mask, ink, np.float32(0))
    return ink if ink.max() >= MIN_INK else None


def _read_grey(path: Path) -> np.ndarray:
    """Read a picture as uint8, (rows, columns), 0 (black) to 255 (white)."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"):
            # Pillow only warns of a picture that is too large, up to twice its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as picture:
                grey = ImageOps.exif_transpose(_to_grey(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise DatasetError(
            f"{path}: has more than {limit} million pixels: make it smaller, or crop it"
        ) from error
    except UnidentifiedImageError as error:
        raise DatasetError(
            f"{path}: not a picture in a supported format: save it as one of {', '.join(_FORMATS)}"
        ) from error
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or f'broken ({error})'}") from error
    except (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: broken ({error})") from error
    return np.asarray(grey.reduce(-(-max(grey.size) // _MAX_LENGTH)))


def _to_grey(picture: Image.Image) -> Image.Image:
    """Convert a picture of any mode to grey, with background where it is transparent."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # more than 8 bits, of unknown range
        values = np.asarray(picture, np.float64)
        low, high = values.min(), values.max()
        scaled = np.rint(255 * (values - low) / (high - low if high > low else 1))
        return Image.fromarray(scaled.astype(np.uint8))
    if not picture.has_transparency_data:
        return picture.convert("L")
    rgba = picture.convert("RGBA")
    grey, alpha = rgba.convert("L"), rgba.getchannel("A")
    opaque = np.asarray(alpha) > 127
    is_dark = bool(opaque.any()) and np.median(np.asarray(grey)[opaque]) < 127
    # If most is opaque, that is background, and the rest is filled alike; otherwise it is ink, and
    # the background must differ from it.
    background = 255 if is_dark != (opaque.mean() > 0.5) else 0
    return Image.composite(grey, Image.new("L", grey.size, background), alpha)


def _estimate_background(intensity: np.ndarray, window: int, blur_size: int) -> np.ndarray:
    """Fill in what is darker than its surroundings and narrower than `window`."""
    from scipy import ndimage

    blurred = ndimage.uniform_filter(intensity, blur_size)
    # Odd reflection continues a gradient of intensity beyond the edges.
    padded = np.pad(blurred, window, "reflect", reflect_type="odd")
    closed: np.ndarray = ndimage.grey_closing(padded, window)[window:-window, window:-window]
    return closed


def _background_cost(intensity: np.ndarray, background: np.ndarray) -> float:
    """Cost of an estimate of the background: how uneven it is, and how far from the picture."""
    variation = sum(np.abs(np.diff(background, axis=axis)).sum() for axis in (0, 1))
    return float(max(intensity.shape) / 5 * variation + np.abs(background - intensity).sum())


def _significant_components(ink: np.ndarray) -> np.ndarray:
    """Mask of the connected components that are neither too small nor too faint."""
    from scipy import ndimage

    labels, n_components = ndimage.label(ink > 0.2 * ink.max(), _STRUCTURE)
    indices = np.arange(1, n_components + 1)
    masses = ndimage.sum_labels(ink, labels, indices)
    intensities = ndimage.maximum(ink, labels, indices)
    is_large = masses > _MIN_MASS * masses.max()
    is_significant = is_large & (intensities > _MIN_INTENSITY * intensities[is_large].max())
    mask: np.ndarray = np.append(False, is_significant)[labels]
    return mask


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
