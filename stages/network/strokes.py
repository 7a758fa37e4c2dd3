"""Strokes that many people add to digits, and MNIST's writers did not: flags, feet and bars.

Drawn on a part of the training images with the image's own pen: a flag, and on half of them a foot,
on the ones; a bar through the sevens. Without them a network takes a 1 with a flag for a 7.
"""

import numpy as np

# Classes that are drawn on.
ONE, SEVEN = 1, 7
# Ink, of 255, from which on a pixel is a stroke's.
_MIN_INK = 100
# A lower digit stays as it is.
_MIN_ROWS = 5
# Probability that a one with a flag gets a foot too.
_FOOT_PROBABILITY = 0.5
# Degrees from the stroke of a 1 to its flag, and from the horizontal to a foot and a bar.
_FLAG_ANGLES, _FOOT_ANGLES, _BAR_ANGLES = (20, 65), (-12, 12), (-20, 20)
# A flag is at least this far, in degrees, from the horizontal: else the 1 would be a 7.
_MIN_SLOPE = 15
# Lengths, as fractions of the digit's height: of a flag, half a foot, half a bar.
_FLAG_LENGTHS, _FOOT_LENGTHS, _BAR_LENGTHS = (0.2, 0.55), (0.12, 0.32), (0.15, 0.3)
# Where a bar crosses a seven, as a fraction of its height.
_BAR_HEIGHTS = (0.42, 0.62)


def add_strokes(
    images: np.ndarray, labels: np.ndarray, fraction: float, rng: np.random.Generator
) -> None:
    """Draw on a random part of the ones and sevens, in place.

    The images are digits, uint8, (n, rows, columns), light ink on 0, of classes `labels`, (n,).
    """
    chosen = np.flatnonzero(np.isin(labels, (ONE, SEVEN)) & (rng.random(len(labels)) < fraction))
    for index in chosen:
        image = images[index]
        rows = np.flatnonzero((image >= _MIN_INK).any(axis=1))
        if len(rows) < _MIN_ROWS:
            continue
        if labels[index] == ONE:
            _add_flag(image, rows[0], rows[-1], rng)
        else:
            _add_bar(image, rows[0], rows[-1], rng)


def _add_flag(image: np.ndarray, first: int, last: int, rng: np.random.Generator) -> None:
    """Draw a flag from the top of a one down to the left, and perhaps a foot across its end."""
    width = _pen_width(image, first, last)
    top = np.array([first + width / 2 - 0.5, _middle(image, first)])
    bottom = np.array([last - width / 2 + 0.5, _middle(image, last)])
    height = float(bottom[0] - top[0])
    stroke_angle = np.arctan2(top[1] - bottom[1], height)  # 0 is upright, positive leans right
    angle = stroke_angle + np.deg2rad(rng.uniform(*_FLAG_ANGLES))
    angle = min(angle, np.deg2rad(90 - _MIN_SLOPE))
    length = height * rng.uniform(*_FLAG_LENGTHS)
    _draw(image, top, top + length * np.array([np.cos(angle), -np.sin(angle)]), width)
    if rng.random() < _FOOT_PROBABILITY:
        _draw_across(image, bottom, height * rng.uniform(*_FOOT_LENGTHS), _FOOT_ANGLES, width, rng)


def _add_bar(image: np.ndarray, first: int, last: int, rng: np.random.Generator) -> None:
    """Draw a bar across the stroke of a seven."""
    height, row = float(last - first), round(first + (last - first) * rng.uniform(*_BAR_HEIGHTS))
    middle, width = np.array([row, _middle(image, row)]), _pen_width(image, first, last)
    _draw_across(image, middle, height * rng.uniform(*_BAR_LENGTHS), _BAR_ANGLES, width, rng)


def _middle(image: np.ndarray, row: int) -> float:
    """Return the mean column of the ink in a row."""
    return float(image[row] @ np.arange(len(image[row])) / max(1, image[row].sum()))


def _pen_width(image: np.ndarray, first: int, last: int) -> float:
    """Return the width of the stroke that a one or a seven is in its middle third."""
    third = (last - first) // 3
    upper, lower = first + third, last - third
    slope = (_middle(image, lower) - _middle(image, upper)) / max(1, lower - upper)
    across = np.median(image[upper : lower + 1].sum(axis=1)) / image.max()
    return float(across / np.hypot(1, slope))


def _draw_across(
    image: np.ndarray,
    middle: np.ndarray,
    reach: float,
    angles: tuple[int, int],
    width: float,
    rng: np.random.Generator,
) -> None:
    """Draw a nearly horizontal stroke of a random angle to both sides of a point."""
    angle = np.deg2rad(rng.uniform(*angles))
    along = reach * np.array([-np.sin(angle), np.cos(angle)])
    _draw(image, middle - along, middle + along, width)


def _draw(image: np.ndarray, start: np.ndarray, end: np.ndarray, width: float) -> None:
    """Draw a straight stroke with a round pen, as light as the image's ink."""
    y, x = np.indices(image.shape)
    along = end - start
    t = ((y - start[0]) * along[0] + (x - start[1]) * along[1]) / max(float(along @ along), 1e-9)
    t = np.clip(t, 0, 1)
    distance = np.hypot(y - start[0] - t * along[0], x - start[1] - t * along[1])
    ink = image.max() * np.clip(width / 2 + 0.5 - distance, 0, 1)
    np.maximum(image, ink.astype(np.uint8), out=image)
