"""Digits as strangers write them, drawn of lines: pieces that do not touch, flags, feet and bars.

A digit is a list of lines, its pieces; a line is a list of points (x, y), of a digit 1 high and at
most 1 wide.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Line = Sequence[tuple[float, float]]

BODY_OF_5: Line = [
    (0.15, 0.02), (0.1, 0.42), (0.35, 0.36), (0.6, 0.5), (0.64, 0.75), (0.42, 0.98), (0.05, 0.95)
]  # fmt: skip
# Pieces that belong together, though they do not touch.
BROKEN: dict[str, list[Line]] = {
    "5, its bar apart": [BODY_OF_5[1:], [(0.2, 0.2), (0.12, 0.3)], [(0.3, 0.05), (0.85, 0.0)]],
    "5, its bar far above": [BODY_OF_5[1:], [(0.1, 0.02), (0.7, 0.0)]],
    "5, its bar within its box": [BODY_OF_5, [(0.3, 0.09), (0.63, 0.05)]],
    "2, its base apart": [
        [(0.05, 0.2), (0.25, 0.0), (0.5, 0.05), (0.55, 0.3), (0.3, 0.62), (0.08, 0.84)],
        [(0.0, 1.0), (0.95, 0.97)],
    ],
    "7, its bar within its box": [
        [(0.0, 0.0), (0.6, 0.02), (0.45, 0.4), (0.3, 1.0)], [(0.02, 0.5), (0.28, 0.47)]
    ],
    "1, broken in the middle": [[(0.2, 0.0), (0.16, 0.42)], [(0.14, 0.58), (0.1, 1.0)]],
    "4, its stroke apart": [
        [(0.3, 0.0), (0.0, 0.6), (0.4, 0.58)], [(0.55, 0.1), (0.5, 1.0)]
    ],
    "0, of two halves": [
        [(0.3, 0.0), (0.08, 0.25), (0.05, 0.7), (0.28, 1.0)],
        [(0.42, 0.02), (0.62, 0.3), (0.6, 0.7), (0.42, 0.97)],
    ],
}  # fmt: skip


def drawn(
    lines: Sequence[Line], height: float, width: float, shape: tuple[int, int] | None = None
) -> np.ndarray:
    """Draw lines with a round pen in the middle of a page; float, 0 (paper) to 1 (ink).

    Parameters
    ----------
    lines
        Of points (x, y), 0 to 1.
    height, width
        Of the digit, and of its strokes, in pixels.
    shape
        Rows and columns of the page; without it the digit's own, so that it touches all edges.
    """
    points = np.concatenate([np.array(line) for line in lines]) * height
    low, high = points.min(axis=0) - width / 2, points.max(axis=0) + width / 2
    rows, columns = shape or np.ceil(high - low)[::-1].astype(int)
    offset = np.array([columns, rows]) / 2 - (low + high) / 2
    y, x = np.mgrid[:rows, :columns] + 0.5
    distance = np.full((rows, columns), np.inf)
    for line in lines:
        for start, end in pairwise(np.array(line) * height + offset):
            distance = np.minimum(distance, _distance(x, y, start, end))
    ink: np.ndarray = np.clip(width / 2 + 0.5 - distance, 0, 1)
    return ink


def _distance(x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distance of each point from a straight line between two."""
    (x0, y0), (along_x, along_y) = start, end - start
    length = max(along_x**2 + along_y**2, 1e-9)
    t = np.clip(((x - x0) * along_x + (y - y0) * along_y) / length, 0, 1)
    distance: np.ndarray = np.hypot(x - x0 - t * along_x, y - y0 - t * along_y)
    return distance


def crop(name: str, has_squares: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Photograph a broken digit, or a 5 with a scrap in its belly, cropped to its ink.

    Returns
    -------
    picture : ndarray
        uint8, with the fainter squares of graph paper behind the digit, or without.
    ink : ndarray
        The digit alone, 0 to 1.
    """
    height = rng.uniform(80, 200)
    scrap: Line = [(0.16, 0.62), (0.44, 0.62)]
    lines = BROKEN.get(name, [BODY_OF_5, scrap])
    ink = drawn(lines, height, height * rng.uniform(0.075, 0.12))
    squares = np.zeros_like(ink)
    if has_squares:
        spacing, width = height * rng.uniform(0.2, 0.5), int(rng.integers(1, 4))
        for axis, phase in enumerate(rng.uniform(0, spacing, 2)):
            at = np.arange(phase, ink.shape[axis], spacing).astype(int)
            inked = np.isin(np.arange(ink.shape[axis]), np.add.outer(at, np.arange(width)))
            squares = np.maximum(squares, np.expand_dims(inked, 1 - axis))
        squares *= rng.uniform(0.2, 0.5)
    paper = 0.9 - 0.7 * np.maximum(ink, squares) + rng.normal(0, 0.01, ink.shape)
    return np.rint(255 * np.clip(paper, 0, 1)).astype(np.uint8), ink


def lamp(lines: Sequence[Line], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Photograph a digit by a lamp, whose spot is two to four times as light as the rest."""
    side, height = 400, rng.uniform(100, 200)
    ink = drawn(lines, height, height * rng.uniform(0.075, 0.12), (side, side))
    ink = np.roll(ink, rng.integers(-60, 60, 2).tolist(), (0, 1))
    y, x = np.mgrid[:side, :side]
    spot_y, spot_x = rng.uniform(0, side, 2)
    radius = side * rng.uniform(0.1, 0.3)
    darkest = rng.uniform(0.25, 0.5)
    distance = np.hypot(y - spot_y, x - spot_x) / radius
    light = darkest + (1 - darkest) * np.exp(-(distance**2) / 2)
    photo = light * (1 - rng.uniform(0.5, 0.8) * ink) + rng.normal(0, 0.012, ink.shape)
    return np.rint(255 * np.clip(photo, 0, 1)).astype(np.uint8), ink
