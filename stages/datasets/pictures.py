"""Pictures from anywhere, brought to the form of MNIST's images.

That form is light ink on dark, cropped, its longest side scaled to 20 pixels, and placed in 28 x 28
pixels so that its centre of mass is in the middle (LeCun, Cortes and Burges, "The MNIST database of
handwritten digits", 1998). The demo page has `to_form` in JavaScript, `reporting/page/form.js`.
"""

from __future__ import annotations

import warnings
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stages.datasets.errors import DatasetError

if TYPE_CHECKING:
    from PIL import Image

SIDE = 28
# The pixel, counted from 0, that the centre of mass is nearest to: so it is in all of MNIST.
CENTRE = 14
# Ink fainter than this, of 1, is left out when the crop is chosen.
FAINT = 0.1

# A longer picture is averaged to at most this many pixels: the form has fewer by far.
_LONGEST = 800
# What stands out from the background by less than this, of 1, is paper.
_LEAST_CONTRAST = 0.1
# Blots with less than these parts of the largest blot's ink, and of the strongest, are dust.
_LEAST_MASS, _LEAST_STRENGTH = 0.01, 0.5
# Strokes thinner than the first, in pixels of the form, are made as thick as the second.
_THIN, _THICKENED = 1.5, 2.2

# Strokes are narrower than a fifth of the picture, or, more doubtfully, than a third: the wider
# they may be, the more uneven light is taken for ink.
_STROKES = ((1 / 5, 1.0), (1 / 3, 1.05))

# Of the kinds that Pillow opens, those that pictures of handwriting come in. Of the others, EPS
# would start a program for what the file says, and JPEG 2000 takes as much memory as it says.
_KINDS = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "PPM")

_SQUARE = np.ones((3, 3))


def require_shape(shape: tuple[int, int]) -> None:
    """Check that a network takes images of this form.

    Parameters
    ----------
    shape
        Rows and columns of the images that it takes.

    Raises
    ------
    DatasetError
        If they are not 28 and 28.
    """
    if shape != (SIDE, SIDE):
        raise DatasetError(
            f"the network takes images of {shape[0]} x {shape[1]} pixels, but pictures are brought"
            f" to {SIDE} x {SIDE}: use a network that was trained on a dataset of this project"
        )


def read(path: Path, box: int) -> np.ndarray:
    """Read a picture and bring it to the form.

    Parameters
    ----------
    path
        Any file that Pillow opens: a photo, a scan or a drawing, its ink darker or lighter than
        what it is on, evenly lit or not, of any size up to Pillow's limit (89 million pixels).
    box
        To how many pixels the longest side is scaled, at most 28.

    Returns
    -------
    ndarray
        uint8, (28, 28), ink from 0 (none) to 255 (full): the picture's own bytes where it is in
        the form already.

    Raises
    ------
    DatasetError
        If the file cannot be read, is no picture, is too large, or shows nothing.
    """
    grey = _read_grey(path)
    for image in (grey, 255 - grey):
        if _is_in_form(image, box):
            return image
    ink = find_ink(grey)
    if ink is None:
        raise DatasetError(
            f"{path}: nothing in it stands out from its background: write larger or darker, or"
            " take the picture in better light"
        )
    return to_form(_thickened(ink, box), box)


def find_ink(grey: np.ndarray) -> np.ndarray | None:
    """Tell ink from what it is on, whichever is darker, in uneven light.

    The background is what is left when all that is small is filled in from around it:
    morphological closing where the ink is dark, opening where it is light (Serra, "Image analysis
    and mathematical morphology", 1982). What stands out from it, dust aside, is ink.

    Parameters
    ----------
    grey
        uint8, (rows, columns), 0 (black) to 255 (white).

    Returns
    -------
    ndarray or None
        float32, (rows, columns), 0 (none) to 1 (full): full black on white, and full white on
        black, are taken as they are. None where there is no ink.
    """
    from scipy import ndimage

    light = grey.astype(np.float32)
    longest = max(grey.shape)
    guesses = []
    for narrower_than, doubt in _STROKES:
        for either in (light, 255 - light):
            reach = max(7, int(longest * narrower_than))
            filled = _filled(either, reach, noise=1 + longest // 80)
            guesses.append((doubt * _unrest(either, filled), either, filled))
    _, light, background = min(guesses, key=itemgetter(0))
    ink = (background - light) / max(1, background.max())

    grain = 1 + longest // 250
    smooth = ndimage.uniform_filter(ink, grain)
    if smooth.max() < _LEAST_CONTRAST:
        return None
    ink = np.clip(ink / np.median(ink[smooth > smooth.max() / 2]), 0, 1)
    blots = _blots(ndimage.uniform_filter(ink, grain))
    # Their edges are fainter, but ink as well.
    blots = ndimage.binary_dilation(blots, _SQUARE, iterations=1 + grain)
    return np.where(blots, ink, np.float32(0))


def to_form(ink: np.ndarray, box: int) -> np.ndarray:
    """Crop ink, scale it by areas, and centre it by mass.

    Parameters
    ----------
    ink
        Float, (rows, columns), 0 (none) to 1 (full), at least `FAINT` somewhere.
    box
        To how many pixels the longest side is scaled, at most 28.

    Returns
    -------
    ndarray
        uint8, (28, 28).
    """
    rows, columns = _extent(ink >= FAINT)
    cropped = ink[rows, columns]
    height, width = (
        max(1, _rounded(box * length / max(cropped.shape))) for length in cropped.shape
    )
    means = _areas(cropped.shape[0], height) @ cropped @ _areas(cropped.shape[1], width).T
    small = np.floor(255 * means + 0.5).astype(np.uint8)

    centre = _centre_of_mass(small)
    top, left = (
        min(max(_rounded(CENTRE - middle), 0), SIDE - length)
        for middle, length in zip(centre, small.shape, strict=True)
    )
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = small
    return image


def _read_grey(path: Path) -> np.ndarray:
    """Read a picture as uint8, (rows, columns), 0 (black) to 255 (white)."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"):
            # Pillow warns of what is too large, and only from twice as much on refuses it.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_KINDS) as picture:
                grey = ImageOps.exif_transpose(_to_grey(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise DatasetError(
            f"{path}: has more than {limit} million pixels: make it smaller, or crop it"
        ) from error
    except UnidentifiedImageError as error:
        raise DatasetError(
            f"{path}: not a picture of a kind that is read here: save it as one of"
            f" {', '.join(_KINDS)}"
        ) from error
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or f'broken ({error})'}") from error
    except (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: broken ({error})") from error
    return np.asarray(grey.reduce(-(-max(grey.size) // _LONGEST)))


def _to_grey(picture: Image.Image) -> Image.Image:
    """Make a picture of any mode grey, with paper where it is transparent."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # deeper than a byte, on a scale of its own
        deep = np.asarray(picture, np.float64)
        low, high = deep.min(), deep.max()
        scaled = np.rint(255 * (deep - low) / (high - low if high > low else 1))
        return Image.fromarray(scaled.astype(np.uint8))
    if not picture.has_transparency_data:
        return picture.convert("L")
    layers = picture.convert("RGBA")
    grey, alpha = layers.convert("L"), layers.getchannel("A")
    light, shown = np.asarray(grey), np.asarray(alpha) > 127
    dark = bool(shown.any()) and np.median(light[shown]) < 127
    # Where most is shown, the rest is paper too; else what is shown is ink on other paper.
    paper = 255 if dark != (shown.mean() > 0.5) else 0
    return Image.composite(grey, Image.new("L", grey.size, paper), alpha)


def _is_in_form(image: np.ndarray, box: int) -> bool:
    """Tell whether an image, uint8, is such as `to_form` makes them."""
    ink = image >= 255 * FAINT
    if image.shape != (SIDE, SIDE) or not ink.any():
        return False
    border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    if border.mean() > 0.5:
        return False
    if box == SIDE:  # no margin to have been placed in
        return True
    longest = max(length.stop - length.start for length in _extent(ink))
    off = max(abs(middle - CENTRE) for middle in _centre_of_mass(image))
    return box - 2 <= longest <= box and off <= 1


def _filled(light: np.ndarray, reach: int, noise: int) -> np.ndarray:
    """Fill in what is darker than its surroundings and narrower than `reach`, but for noise."""
    from scipy import ndimage

    smooth = ndimage.uniform_filter(light, noise)
    # Mirrored oddly at the edges, where uneven light goes on as it came.
    wider = np.pad(smooth, reach, "reflect", reflect_type="odd")
    filled: np.ndarray = ndimage.grey_closing(wider, reach)[reach:-reach, reach:-reach]
    return filled


def _unrest(light: np.ndarray, background: np.ndarray) -> float:
    """Tell how bad a guess of the background is: how uneven, and how far from the light."""
    slopes = sum(np.abs(np.diff(background, axis=axis)).sum() for axis in (0, 1))
    return float(max(light.shape) / 5 * slopes + np.abs(background - light).sum())


def _blots(ink: np.ndarray) -> np.ndarray:
    """Tell which pixels belong to blots of ink that are neither too small nor too faint."""
    from scipy import ndimage

    strongest = ink.max()
    labels, count = ndimage.label(ink > 0.2 * strongest, _SQUARE)
    numbers = np.arange(1, count + 1)
    masses = ndimage.sum_labels(ink, labels, numbers)
    strengths = ndimage.maximum(ink, labels, numbers)
    kept = (masses > _LEAST_MASS * masses.max()) & (strengths > _LEAST_STRENGTH * strongest)
    blots: np.ndarray = np.append(False, kept)[labels]
    return blots


def _thickened(ink: np.ndarray, box: int) -> np.ndarray:
    """Make strokes as thick as MNIST's where they are so thin that little would be left of them."""
    from scipy import ndimage

    rows, columns = _extent(ink >= FAINT)
    pixel = max(rows.stop - rows.start, columns.stop - columns.start) / box
    inside = ink >= 0.5
    # Across a stroke, the mean distance to its edge is a quarter of its width.
    width = 4 * ndimage.distance_transform_edt(inside)[inside].mean()
    if width >= _THIN * pixel:
        return ink
    more = 1 + round(_THICKENED * pixel - width)
    thick: np.ndarray = ndimage.maximum_filter(np.pad(ink, more), more)
    return thick


def _extent(ink: np.ndarray) -> tuple[slice, slice]:
    """Find the rows and columns that hold all that is true."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _areas(length: int, cells: int) -> np.ndarray:
    """Tell what share of each of `cells` equal parts of a line is each of its `length` pixels."""
    edges = np.arange(cells + 1) * (length / cells)
    pixels = np.arange(length)
    ends = np.minimum(edges[1:, np.newaxis], pixels + 1)
    starts = np.maximum(edges[:-1, np.newaxis], pixels)
    shares: np.ndarray = np.maximum(ends - starts, 0) * (cells / length)
    return shares


def _centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    """Locate it, (row, column), in uint8: whole numbers have the same sum in any order."""
    by_row, by_column = image.sum(axis=1, dtype=np.int64), image.sum(axis=0, dtype=np.int64)
    mass = int(by_row.sum())
    row, column = (int(sums @ np.arange(len(sums))) / mass for sums in (by_row, by_column))
    return row, column


def _rounded(value: float) -> int:
    """Round halves up, as JavaScript does."""
    return int(np.floor(value + 0.5))
