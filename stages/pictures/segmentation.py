"""Separates ink from its background, whichever is darker, in uneven light."""

from functools import partial
from typing import NamedTuple

import numpy as np
import scipy

# What differs from the background by less than this, of 1, is background.
_MIN_CONTRAST = 0.1
# Shorter pictures are not averaged to choose a background.
_MIN_LENGTH = 200
# Cells along the longest side of the means that a smooth background is fitted to.
_N_CELLS = 40
_N_FITS = 6
# Change of ink from one pixel to the next at the edges of strokes: less at the edge of a lamp's
# spot, which is no ink; 0.1 for a pen out of focus by a hundredth of the picture.
_MIN_SLOPE, _SOFT_PENALTY = 0.05, 2
# Width of a picture's rim, as a fraction of its shorter side. Where more of it than this is ink,
# ink and background are rather exchanged: the cost is multiplied.
_RIM_WIDTH, _MAX_RIM_INK, _RIM_PENALTY = 1 / 20, 0.6, 2


class _Candidate(NamedTuple):
    """A way to estimate the background.

    Strokes are up to a width, a fraction of the picture; None for any width, on a smooth one. The
    penalty is a factor of its cost: the wider strokes may be, the more uneven lighting is taken for
    ink; light ink is less likely than dark ink.
    """

    stroke_width: float | None
    is_light_ink: bool
    penalty: float


_CANDIDATES = [
    _Candidate(stroke_width, is_light_ink, penalty * (1.15 if is_light_ink else 1.0))
    for is_light_ink in (False, True)
    for stroke_width, penalty in ((1 / 5, 1.0), (1 / 3, 1.05), (None, 1.0))
]


def segment_ink(grey: np.ndarray) -> np.ndarray | None:
    """Separate ink from its background in a picture, uint8, (rows, columns).

    The candidates for the background are morphological closings where the ink is dark, openings
    where it is light, which fill in what is narrow (Serra, "Image analysis and mathematical
    morphology", 1982), and smooth surfaces, which strokes of any width stand out from.

    Returns
    -------
    ndarray or None
        float32, (rows, columns), 0 (none) to 1 (full): black on white, or white on black, keeps its
        values. None where nothing stands out.
    """
    values = grey.astype(np.float32)
    # Of a large picture the best candidate is the same when it is reduced, and found sooner.
    size = max(1, max(values.shape) // _MIN_LENGTH)
    whole_cells = tuple(slice(length // size * size or None) for length in values.shape)
    candidate = min(_CANDIDATES, key=partial(_cost, _reduce(values[whole_cells], size)))
    intensity, background = _apply(candidate, values)
    ink = _difference(intensity, background)
    full_ink = _full_ink(ink)
    if full_ink <= 0:
        return None
    ink_fraction: np.ndarray = np.clip(ink / full_ink, 0, 1)
    return ink_fraction


def blur_size(shape: tuple[int, ...]) -> int:
    """Pixels that noise is averaged over in a picture of a shape."""
    return 1 + max(shape) // 250


def _reduce(values: np.ndarray, size: int) -> np.ndarray:
    """Average squares of a size; at the right and bottom what is left of them."""
    from PIL import Image

    return np.asarray(Image.fromarray(values).reduce(size))


def _cost(grey: np.ndarray, candidate: _Candidate) -> float:
    """Cost of a candidate: how uneven the background is, and how far from the picture."""
    intensity, background = _apply(candidate, grey)
    variation = sum(np.abs(np.diff(background, axis=axis)).sum() for axis in (0, 1))
    distance = np.abs(background - intensity).sum()
    cost = candidate.penalty * float(max(grey.shape) / 5 * variation + distance)
    ink = _difference(intensity, background)
    full_ink = _full_ink(ink)
    if full_ink > 0 and _rim_ink(ink / full_ink) > _MAX_RIM_INK:
        cost *= _RIM_PENALTY
    if full_ink > 0 and min(ink.shape) > 1 and _edge_slope(ink / full_ink) < _MIN_SLOPE:
        cost *= _SOFT_PENALTY
    return cost


def _rim_ink(ink: np.ndarray) -> float:
    """Fraction of a picture's rim that is ink."""
    width = max(1, round(_RIM_WIDTH * min(ink.shape)))
    is_rim = np.ones(ink.shape, bool)
    is_rim[width:-width, width:-width] = False
    return float((ink[is_rim] > 0.5).mean())


def _edge_slope(ink: np.ndarray) -> float:
    """Change of ink from one pixel to the next where it is half full, in the sharper quarter."""
    smooth = scipy.ndimage.gaussian_filter(ink, 1)
    slopes = np.hypot(*np.gradient(smooth))[(smooth > 0.35) & (smooth < 0.65)]
    return float(np.percentile(slopes, 75)) if len(slopes) else 1.0


def _full_ink(ink: np.ndarray) -> float:
    """Typical value of what stands out; at most 0 where nothing does, or only a speck."""
    blurred = scipy.ndimage.uniform_filter(ink, blur_size(ink.shape))
    if blurred.max() < _MIN_CONTRAST:
        return 0.0
    return float(np.median(ink[blurred > blurred.max() / 2]))


def _difference(intensity: np.ndarray, background: np.ndarray) -> np.ndarray:
    """How much darker than its background a picture is; 1 for black on the lightest of it."""
    difference: np.ndarray = (background - intensity) / max(1, background.max())
    return difference


def _apply(candidate: _Candidate, grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the intensity, in which ink is dark, and its background."""
    intensity = 255 - grey if candidate.is_light_ink else grey
    if candidate.stroke_width is None:
        return intensity, _fit_surface(intensity)
    return intensity, _close(intensity, max(7, int(max(grey.shape) * candidate.stroke_width)))


def _close(intensity: np.ndarray, window: int) -> np.ndarray:
    """Fill in what is darker than its surroundings and narrower than `window`."""
    blurred = scipy.ndimage.uniform_filter(intensity, 1 + max(intensity.shape) // 80)
    # Odd reflection continues a gradient of intensity beyond the edges.
    padded = np.pad(blurred, window, "reflect", reflect_type="odd")
    closed: np.ndarray = scipy.ndimage.grey_closing(padded, window)[window:-window, window:-window]
    return closed


def _fit_surface(intensity: np.ndarray) -> np.ndarray:
    """Fit a quadratic surface to the light part of a picture; darker cells are left out."""
    size = -(-max(intensity.shape) // _N_CELLS)
    means = _reduce(intensity, size)
    centres = [
        np.minimum(np.arange(n_cells) * size + size / 2, n) / n
        for n_cells, n in zip(means.shape, intensity.shape, strict=True)
    ]
    terms = _quadratic_terms(*centres)
    values = means.ravel()
    light = values >= np.median(values)
    for _ in range(_N_FITS):
        coefficients = np.linalg.lstsq(terms[light], values[light], rcond=None)[0]
        residuals = values - terms @ coefficients
        scale = np.median(np.abs(residuals[light]))
        light = residuals > -max(3.0, 3 * scale)
    rows, columns = ((np.arange(n) + 0.5) / n for n in intensity.shape)
    surface = _quadratic_terms(rows, columns) @ coefficients
    fitted: np.ndarray = np.clip(surface, 0, 255).reshape(intensity.shape).astype(np.float32)
    return fitted


def _quadratic_terms(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Terms of a quadratic polynomial at each point of a grid, (points, 6)."""
    y, x = (values.ravel() for values in np.meshgrid(y, x, indexing="ij"))
    return np.stack([np.ones_like(y), y, x, y * y, y * x, x * x], axis=1)
