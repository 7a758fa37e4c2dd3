"""Opens picture files of any format, colour and size as grey arrays."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from stages.pictures.errors import PictureError
from stages.pictures.mnist_format import bounding_box
from stages.runtime.regular_file import require_file

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

# The formats of handwriting among those that Pillow opens. Of the others, EPS would start a
# program that the file chooses, and JPEG 2000 allocates as much memory as the file says.
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "PPM")
# Opaque pixels that fill this fraction of a box, and differ by this, are a box with a digit in it.
_MIN_BOX_FILLED, _MIN_CONTRAST = 0.95, 100


def read_grey(path: Path, max_length: int) -> tuple[np.ndarray, int]:
    """Read a picture as grey, averaged to a length that is quick to work on.

    It may have up to Pillow's limit of 89 million pixels; its longest side becomes at most
    `max_length`.

    Returns
    -------
    grey : ndarray
        uint8, (rows, columns), 0 (black) to 255 (white).
    reduction : int
        Pixels of the picture, upright, that one pixel of `grey` is the mean of, along each side.

    Raises
    ------
    PictureError
        If the file cannot be read, is not a picture, or is too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        require_file(path)
        with warnings.catch_warnings(action="ignore"):
            # Pillow only warns of a picture that is too large, up to twice its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as picture:
                grey = ImageOps.exif_transpose(_to_grey(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise PictureError(
            f"{path}: has more than {limit} million pixels: make it smaller, or crop it"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{path}: not a picture in a supported format: save it as one of {', '.join(_FORMATS)}"
        ) from error
    except OSError as error:
        raise PictureError(f"{path}: {error.strerror or f'broken ({error})'}") from error
    except (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as error:
        raise PictureError(f"{path}: broken ({error})") from error
    reduction = -(-max(grey.size) // max_length)
    return np.asarray(grey.reduce(reduction)), reduction


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
    # If what is opaque is a picture itself, the rest is filled like its background; otherwise it is
    # ink, and the background must differ from it.
    is_picture = opaque.mean() > 0.5 or _is_picture(np.asarray(grey), opaque)
    background = 255 if is_dark != is_picture else 0
    return Image.composite(grey, Image.new("L", grey.size, background), alpha)


def _is_picture(grey: np.ndarray, opaque: np.ndarray) -> bool:
    """Check whether the opaque pixels fill a box, and are both dark and light."""
    if not opaque.any():
        return False
    values = grey[opaque]
    n_in_box = opaque[bounding_box(opaque)].size
    return bool(values.size > _MIN_BOX_FILLED * n_in_box and np.ptp(values) > _MIN_CONTRAST)
