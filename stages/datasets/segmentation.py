"""Separates ink from its background, whichever is darker, in uneven light."""

from collections.abc import Iterator

import numpy as np

# What differs from the background by less than this, of 1, is background.
_MIN_CONTRAST = 0.1
# Strokes are narrower than a fifth of the picture, or, less likely, than a third. Each has the
# factor by which its background costs more: the wider strokes may be, the more uneven lighting is
# taken for ink.
_STROKE_WIDTHS = ((1 / 5, 1.0), (1 / 3, 1.05))
# Light ink on dark is less likely than dark ink on light.
_LIGHT_INK = 1.15
# Cells along the longest side of the means that a smooth background is fitted to.
_N_CELLS = 40
_N_FITS = 6


def segment_ink(grey: np.ndarray) -> np.ndarray | None:
    """Separate ink from its background.

    The candidates for the background are morphological closings where the ink is dark, openings
    where it is light, which fill in what is narrow (Serra, "Image analysis and mathematical
    morphology", 1982), and smooth surfaces, which strokes of any width stand out from.

    Parameters
    ----------
    grey
        uint8, (rows, columns), 0 (black) to 255 (white).

    Returns
    -------
    ndarray or None
        float32, (rows, columns), 0 (none) to 1 (full): black on white, or white on black, keeps its
        values. None where nothing stands out.
    """
    from scipy import ndimage

    longest = max(grey.shape)
    best_cost = np.inf
    for intensity, background, penalty in _backgrounds(grey.astype(np.float32)):
        cost = penalty * _background_cost(intensity, background)
        if cost < best_cost:
            best_cost = cost
            ink = (background - intensity) / max(1, background.max())

    blurred = ndimage.uniform_filter(ink, blur_size(grey.shape))
    if blurred.max() < _MIN_CONTRAST:
        return None
    full_ink = np.median(ink[blurred > blurred.max() / 2])
    if full_ink <= 0:  # a speck that is smaller than its blur
        return None
    return np.clip(ink / full_ink, 0, 1)


def blur_size(shape: tuple[int, ...]) -> int:
    """Pixels that noise is averaged over in a picture of a shape."""
    return 1 + max(shape) // 250


def _backgrounds(grey: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Yield intensities in which ink is dark, candidates for their background, and penalties."""
    for intensity, light_ink in ((grey, 1.0), (255 - grey, _LIGHT_INK)):
        for max_width, penalty in _STROKE_WIDTHS:
            window = max(7, int(max(grey.shape) * max_width))
            yield intensity, _close(intensity, window), light_ink * penalty
        yield intensity, _fit_surface(intensity), light_ink


def _close(intensity: np.ndarray, window: int) -> np.ndarray:
    """Fill in what is darker than its surroundings and narrower than `window`."""
    from scipy import ndimage

    blurred = ndimage.uniform_filter(intensity, 1 + max(intensity.shape) // 80)
    # Odd reflection continues a gradient of intensity beyond the edges.
    padded = np.pad(blurred, window, "reflect", reflect_type="odd")
    closed: np.ndarray = ndimage.grey_closing(padded, window)[window:-window, window:-window]
    return closed


def _fit_surface(intensity: np.ndarray) -> np.ndarray:
    """Fit a quadratic surface to the light part of a picture; darker cells are left out."""
    size = -(-max(intensity.shape) // _N_CELLS)
    starts = [np.arange(0, length, size) for length in intensity.shape]
    means = intensity
    for axis, at in enumerate(starts):
        lengths = np.diff(np.append(at, intensity.shape[axis]))
        means = np.add.reduceat(means, at, axis=axis) / np.expand_dims(lengths, 1 - axis)
    centres = [np.minimum(at + size / 2, n) / n for at, n in zip(starts, intensity.shape, strict=True)]
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
    fitted: np.ndarray = surface.reshape(intensity.shape).astype(np.float32)
    return np.clip(fitted, 0, 255)


def _quadratic_terms(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Terms of a quadratic polynomial at each point of a grid, (points, 6)."""
    y, x = (values.ravel() for values in np.meshgrid(y, x, indexing="ij"))
    return np.stack([np.ones_like(y), y, x, y * y, y * x, x * x], axis=1)


def _background_cost(intensity: np.ndarray, background: np.ndarray) -> float:
    """Cost of an estimate of the background: how uneven it is, and how far from the picture."""
    variation = sum(np.abs(np.diff(background, axis=axis)).sum() for axis in (0, 1))
    return float(max(intensity.shape) / 5 * variation + np.abs(background - intensity).sum())
