"""Finds the sheet of paper in a picture, where what lies around it is of another lightness."""

from typing import NamedTuple

import numpy as np
import scipy

from stages.pictures.boxes import Box
from stages.pictures.mnist_format import bounding_box

# The sheet is looked for in a picture that is reduced to about this many pixels.
_LENGTH = 150
# Area of the sheet, as a fraction of the picture.
_MIN_AREA, _MAX_AREA = 0.1, 0.9
# Fraction of the sheet that may be inked.
_MAX_INK = 0.3
# Fraction of the picture's rim that the sheet may reach.
_MAX_RIM = 0.3
# Area that the sheet and the quadrilateral between its corners have in common, as a fraction of
# the area of both.
_MIN_OVERLAP = 0.93
# Pixels of its shortest side in the reduced picture.
_MIN_SIDE = 20
# A longer one is rather a stroke.
_MAX_ASPECT_RATIO = 3


class Sheet(NamedTuple):
    """A sheet of paper: its bounding box, where its own lightness continues beyond its edges."""

    grey: np.ndarray
    box: Box


def cut_out_sheet(grey: np.ndarray) -> Sheet | None:
    """Find a sheet, light or dark, that is seen whole, and crop the picture to it."""
    step = max(1, max(grey.shape) // _LENGTH)
    smooth = scipy.ndimage.uniform_filter(grey, step)[::step, ::step]
    threshold = _otsu_threshold(smooth)
    for lightness in (smooth, 255 - smooth):
        is_light = (smooth > threshold) == (lightness is smooth)
        sheet = _largest_component(is_light)
        if not _is_sheet(sheet) or not _has_sharp_edges(sheet, lightness):
            continue
        inside = scipy.ndimage.binary_erosion(
            np.kron(sheet, np.ones((step, step), bool)), None, 2 * step
        )
        inside = np.pad(inside, [(0, step)] * 2)[: grey.shape[0], : grey.shape[1]]
        if not inside.any():
            continue
        rows, columns = bounding_box(inside)
        nearest = scipy.ndimage.distance_transform_edt(
            ~inside[rows, columns], return_distances=False, return_indices=True
        )
        box = Box(rows.start, columns.start, rows.stop, columns.stop)
        return Sheet(grey[rows, columns][tuple(nearest)], box)
    return None


def _otsu_threshold(grey: np.ndarray) -> int:
    """Threshold between two classes of values that differ most from each other (Otsu, 1979)."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(float)
    below, sums = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return int(np.nanargmax(variance)) if np.isfinite(variance).any() else 127


def _largest_component(mask: np.ndarray) -> np.ndarray:
    labels, _ = scipy.ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    largest: np.ndarray = labels == sizes.argmax()
    filled = scipy.ndimage.binary_fill_holes(largest)
    is_mostly_paper = largest.sum() >= (1 - _MAX_INK) * filled.sum()
    return filled if is_mostly_paper else np.zeros_like(mask)


def _is_sheet(mask: np.ndarray) -> bool:
    """Check whether a component without holes is a quadrilateral, of a sheet's size and place."""
    from PIL import Image, ImageDraw

    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if not _MIN_AREA <= mask.mean() <= _MAX_AREA or rim.mean() > _MAX_RIM:
        return False
    y, x = np.nonzero(mask)
    # The corners of a quadrilateral that is turned by less than 45 degrees, in turn.
    corners = [np.argmin(x + y), np.argmax(x - y), np.argmax(x + y), np.argmin(x - y)]
    corner_y, corner_x = y[corners], x[corners]
    side_y, side_x = np.roll(corner_y, -1) - corner_y, np.roll(corner_x, -1) - corner_x
    lengths = np.hypot(side_y, side_x)
    if lengths.min() < _MIN_SIDE or lengths.max() > _MAX_ASPECT_RATIO * lengths.min():
        return False
    quadrilateral = Image.new("1", mask.shape[::-1])
    corners_xy = list(zip(corner_x.tolist(), corner_y.tolist(), strict=True))
    ImageDraw.Draw(quadrilateral).polygon(corners_xy, fill=1)
    inside = np.asarray(quadrilateral)
    overlap = (inside & mask).sum() / (inside | mask).sum()
    return bool(overlap >= _MIN_OVERLAP)


def _has_sharp_edges(mask: np.ndarray, lightness: np.ndarray) -> bool:
    """Check that a sheet is lighter than all around it, unlike in uneven light or in a frame."""
    inner = mask & ~scipy.ndimage.binary_erosion(mask, None, 6)
    outer = scipy.ndimage.binary_dilation(mask, None, 6) & ~scipy.ndimage.binary_dilation(
        mask, None, 2
    )
    if not outer.any():
        return False
    return bool(np.percentile(lightness[inner], 15) > np.percentile(lightness[outer], 85))
