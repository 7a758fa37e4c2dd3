"""Removes ruled lines and borders: long, thin, straight ink, nearly horizontal or vertical."""

import numpy as np
import scipy

# Steepest line that is found, as rise per run, and the step between the slopes that are tried.
_MAX_SLOPE, _SLOPE_STEP = 0.1, 0.005
# Fraction of its length that a line must be inked on.
_MIN_COVERAGE = 0.8
# Thickest line, as a fraction of its length.
_MAX_THICKNESS = 1 / 20
# In a smaller picture, in pixels, lines are as thick as strokes.
_MIN_SIDE = 64
# Pixels of a column that touch are a run.
_VERTICAL = [[0, 1, 0]] * 3


def remove_lines(mask: np.ndarray, min_fraction: float, min_length: float = 0) -> np.ndarray:
    """Remove long straight lines from a mask, but not the strokes that cross them.

    Slopes and offsets are found by a Hough transform (Duda and Hart, "Use of the Hough
    transformation to detect lines and curves in pictures", 1972).

    A line is at least as long as a fraction of the rows or columns that it runs along, and as a
    number of pixels. The mask is bool, (rows, columns), True where there is ink.
    """
    n_rows, n_columns = mask.shape
    lines = _horizontal_lines(mask, max(min_length, min_fraction * n_columns))
    lines |= _horizontal_lines(mask.T, max(min_length, min_fraction * n_rows)).T
    without: np.ndarray = mask & ~lines
    return without


def _horizontal_lines(mask: np.ndarray, min_length: float) -> np.ndarray:
    """Mask of the lines that run from the left to the right."""
    n_columns = mask.shape[1]
    if n_columns < max(_MIN_SIDE, min_length):
        return np.zeros_like(mask)
    # Vertical runs of ink: a line is made of short ones, one in each column.
    runs, _ = scipy.ndimage.label(mask, _VERTICAL)
    y, x = np.nonzero(mask & ~np.pad(mask, ((1, 0), (0, 0)))[:-1])
    lengths = np.bincount(runs.ravel())[runs[y, x]]
    is_thin = lengths <= max(2, _MAX_THICKNESS * n_columns)
    y, x, lengths = y[is_thin], x[is_thin], lengths[is_thin]
    middles = y + (lengths - 1) / 2
    is_line = np.zeros(len(y), bool)
    tolerance = 1 + n_columns // 200
    for slope in np.arange(-_MAX_SLOPE, _MAX_SLOPE + _SLOPE_STEP / 2, _SLOPE_STEP):
        offsets = middles - slope * (x - n_columns / 2)
        bins = np.rint(offsets / tolerance).astype(int)
        counts = np.bincount(bins - bins.min()) if len(bins) else np.zeros(0, int)
        for candidate in np.flatnonzero(counts >= 0.4 * min_length):
            on_line = np.abs(offsets / tolerance - candidate - bins.min()) <= 1
            covered = np.isin(x, _covered(np.unique(x[on_line]), n_columns, min_length))
            if (on_line & covered).any():
                # The line goes on where it is fainter; thicker runs are strokes that cross it.
                thickness = np.median(lengths[on_line & covered])
                is_line |= on_line & (lengths <= 1 + 2 * thickness)
    return np.isin(runs, runs[y[is_line], x[is_line]])


def _covered(columns: np.ndarray, n_columns: int, min_length: float) -> np.ndarray:
    """Return the columns of a line that is long enough and has few gaps; empty if there is none."""
    size = max(1, int(min_length))
    inked = np.zeros(n_columns)
    inked[columns] = 1
    sums = np.cumsum(np.pad(inked, (1, 0)))
    starts = np.arange(n_columns - size + 1)
    ends, tip = starts + size, 1 + size // 40
    is_long = sums[ends] - sums[starts] >= _MIN_COVERAGE * size
    is_long &= (sums[starts + tip] > sums[starts]) & (sums[ends] > sums[ends - tip])
    covered = np.zeros(n_columns, bool)
    for start in np.flatnonzero(is_long):
        covered[start : start + size] = True
    return np.flatnonzero(covered)
