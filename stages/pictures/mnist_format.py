"""MNIST's format: light ink on dark, scaled to a digit size, centred by mass in 28 x 28 pixels.

For digits the longest side is scaled to 20 pixels (LeCun, Cortes and Burges, "The MNIST database of
handwritten digits", 1998). The demo page has the same steps in JavaScript,
`pages/assets/mnist_format.js`.
"""

import numpy as np

CANVAS_SIZE = 28
# The centre of mass is nearest to this pixel, counted from 0, in all images of MNIST but one:
# its mean there is 14.00, its range 13.48 to 14.50.
CENTRE = 14
# Fainter ink, of 1, is left out when the digit is cropped.
MIN_INK = 0.1
# Every digit of MNIST has ink of 254 of 255 somewhere.
_FULL_INK = 0.9


def to_mnist_format(ink: np.ndarray, digit_size: int) -> np.ndarray:
    """Crop ink, scale it by averaging areas, and centre it by mass.

    Parameters
    ----------
    ink
        Float, (rows, columns), 0 (none) to 1 (full), at least `MIN_INK` somewhere.
    digit_size
        Pixels that the longest side is scaled to, at most 28.

    Returns
    -------
    ndarray
        uint8, (28, 28), 0 (none) to 255 (full).
    """
    cropped = ink[bounding_box(ink >= MIN_INK)]
    height, width = (
        max(1, _round_half_up(digit_size * length / max(cropped.shape))) for length in cropped.shape
    )
    row_weights = _area_weights(cropped.shape[0], height)
    column_weights = _area_weights(cropped.shape[1], width)
    means = row_weights @ cropped @ column_weights.T
    return centre_on_canvas(np.floor(255 * means + 0.5).astype(np.uint8))


def centre_on_canvas(digit: np.ndarray) -> np.ndarray:
    """Place a digit so that its centre of mass is as near to the centre as whole pixels allow."""
    top, left = (
        min(max(_round_half_up(CENTRE - coordinate), 0), CANVAS_SIZE - length)
        for coordinate, length in zip(_centre_of_mass(digit), digit.shape, strict=True)
    )
    canvas = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.uint8)
    canvas[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return canvas


def is_mnist_format(image: np.ndarray, digit_size: int) -> bool:
    """Check whether an image, uint8, could be a result of `to_mnist_format`.

    It has 28 x 28 pixels, a dark border, and a digit of about that size, of full ink, whose centre
    of mass is near the centre. The last three are not checked for what fills the canvas.
    """
    is_ink = image >= 255 * MIN_INK
    if image.shape != (CANVAS_SIZE, CANVAS_SIZE) or not is_ink.any():
        return False
    border = np.concatenate([is_ink[0], is_ink[-1], is_ink[:, 0], is_ink[:, -1]])
    if border.mean() > 0.5:
        return False
    if digit_size == CANVAS_SIZE:
        return True
    if image.max() < 255 * _FULL_INK:
        return False
    longest = max(extent.stop - extent.start for extent in bounding_box(is_ink))
    distance = max(abs(coordinate - CENTRE) for coordinate in _centre_of_mass(image))
    return digit_size - 2 <= longest <= digit_size and distance <= 1


def bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """Find the rows and columns that hold every True of a mask, which has at least one."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _area_weights(length: int, n_cells: int) -> np.ndarray:
    """Weights, (n_cells, length), that average `length` pixels over equal cells."""
    edges = np.arange(n_cells + 1) * (length / n_cells)
    pixels = np.arange(length)
    ends = np.minimum(edges[1:, np.newaxis], pixels + 1)
    starts = np.maximum(edges[:-1, np.newaxis], pixels)
    weights: np.ndarray = np.maximum(ends - starts, 0) * (n_cells / length)
    return weights


def _centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    """Row and column of a uint8 image's centre of mass; integer sums do not depend on order."""
    by_row, by_column = image.sum(axis=1, dtype=np.int64), image.sum(axis=0, dtype=np.int64)
    mass = int(by_row.sum())
    row, column = (int(sums @ np.arange(len(sums))) / mass for sums in (by_row, by_column))
    return row, column


def _round_half_up(value: float) -> int:
    """Round as JavaScript does."""
    return int(np.floor(value + 0.5))
