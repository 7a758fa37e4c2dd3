"""Finds the digits among the components of ink, and which of them a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from stages.pictures.boxes import Box
from stages.pictures.components import (
    STRUCTURE,
    Component,
    largest,
    stroke_components,
    weighted_median,
)
from stages.pictures.merging import merge_pieces
from stages.pictures.mnist_format import MIN_INK, bounding_box
from stages.pictures.segmentation import blur_size

# Fainter ink, of 1, belongs to no digit. The higher ones are tried where a digit seems to have
# faint parts, or others beside it: these may be ruled lines, shadows or print.
_THRESHOLDS = (0.2, 0.4, 0.6)


@dataclass(frozen=True)
class Digit:
    """A digit of a picture: its bounding box, and its ink there and in a margin around it."""

    box: Box
    ink: np.ndarray


def find_digits(ink: np.ndarray) -> tuple[list[Digit], list[Box]]:
    """Find all digits, in no order, and what lies along the rim and is about as high as one.

    The ink is float32, (rows, columns), 0 (none) to 1 (full).
    """
    labels, components, at_edges = stroke_components(ink, _THRESHOLDS[0], min_line_length=0.3)
    if not components:
        return [], []
    size = weighted_median([c.box.longest for c in components], components)
    merged = merge_pieces(components, size, is_single=False)
    height = float(np.median([digit.box.height for digit in merged]))
    # A lower one is a dash.
    high = [digit for digit in merged if digit.box.height >= 0.3 * height]
    cut = [c for c in at_edges if 0.4 * height <= c.box.longest <= 1.6 * height]
    whole = [c for c in cut if _is_like(c, high, height)]
    found = [_cut_out(ink, labels, digit) for digit in high + whole]
    left_out = [c.box for c in cut if c not in whole]
    return [digit for digit in found if digit.ink.max() >= MIN_INK], left_out


def _is_like(component: Component, digits: list[Component], height: float) -> bool:
    """Check whether a component is as high and as dark as digits are."""
    is_dark = component.darkness >= 0.7 * np.median([digit.darkness for digit in digits])
    return bool(is_dark and 0.75 * height <= component.box.height <= 1.4 * height)


def find_main_digit(ink: np.ndarray) -> tuple[Digit | None, int]:
    """Find the digit that a picture shows: large, near the middle, and away from the edges.

    Returns it, None if nothing is large enough, and how many of about its size there are.
    """
    best: _MainDigit | None = None
    for threshold in _THRESHOLDS:
        found = _main_digit(ink, threshold)
        if found and (best is None or _is_better(found.component, best.component, ink.shape)):
            best = found
        if best and _is_clear(best, ink):
            break
    digit = _cut_out(ink, best.labels, best.component) if best else None
    if best is None or digit is None or digit.ink.max() < MIN_INK:
        return None, 0
    return digit, best.n_digits


class _MainDigit(NamedTuple):
    """The digit that a picture shows, the labels of its components, and how many are like it."""

    labels: np.ndarray
    component: Component
    n_digits: int


def _main_digit(ink: np.ndarray, threshold: float) -> _MainDigit | None:
    """Find the most prominent digit among ink that is above a threshold."""
    labels, components, _ = stroke_components(ink, threshold, min_line_length=0.95)
    if not components:
        return None
    inner = _prefer_inner(components)
    size = max(inner, key=lambda piece: _prominence(piece, ink.shape)).box.longest
    merged = merge_pieces(inner, size, is_single=True)
    main = max(merged, key=lambda piece: _prominence(piece, ink.shape))
    n_digits = sum(
        piece is main or (_size(piece) >= 0.6 * _size(main) and not piece.touches_rim)
        for piece in merged
    )
    return _MainDigit(labels, main, n_digits)


def _is_clear(found: _MainDigit, ink: np.ndarray) -> bool:
    """Check whether a digit is alone, away from the rim, and nowhere much fainter."""
    digit = found.component
    if digit.touches_rim or found.n_digits > 1 or digit.is_cluttered:
        return False
    own = np.where(np.isin(found.labels[digit.box.slices], digit.labels), ink[digit.box.slices], 0)
    dark = own > _THRESHOLDS[-1]
    if not dark.any():
        return False
    rows, columns = bounding_box(dark)
    dark_length = max(rows.stop - rows.start, columns.stop - columns.start)
    return bool(dark_length >= 0.88 * digit.box.longest)


def _is_better(darker: Component, digit: Component, shape: tuple[int, ...]) -> bool:
    """Check whether what is left above a higher threshold is rather the digit."""
    is_inside = digit.box.contains(darker.box)
    if is_inside and digit.is_cluttered and not darker.is_cluttered:
        return darker.mass > 0.4 * digit.mass
    lost_faint_parts = darker.box.longest < 0.9 * digit.box.longest
    if lost_faint_parts and is_inside and darker.mass > 0.8 * digit.mass:
        return True
    return _prominence(darker, shape) > 1.3 * _prominence(digit, shape)


def _prefer_inner(components: list[Component]) -> list[Component]:
    """Leave out what touches the rim, unless that or the rest shows that it is the digit."""
    if any(c.fills_picture for c in components):
        return components
    inner = [c for c in components if not c.touches_rim]
    if inner and largest(inner) >= 0.25 * largest(components):
        return inner
    return components


def _size(digit: Component) -> int:
    """Longer side, but of a dash or a caption, which is no digit, twice its height."""
    return min(digit.box.longest, 2 * digit.box.height)


def _prominence(digit: Component, shape: tuple[int, ...]) -> float:
    """How likely it is that a digit is the picture's: it is large, dark and in the middle."""
    size = _size(digit) * digit.darkness * (1 - 0.5 * digit.box.off_centre(shape))
    return 0.3 * size if digit.touches_rim and not digit.fills_picture else size


def _cut_out(ink: np.ndarray, labels: np.ndarray, digit: Component) -> Digit:
    """Copy the ink of a digit and the fainter edges of its strokes."""
    box = digit.box
    margin = 1 + blur_size(ink.shape)
    rows = slice(max(0, box.top - margin), box.bottom + margin)
    columns = slice(max(0, box.left - margin), box.right + margin)
    mask = np.isin(labels[rows, columns], digit.labels)
    is_near = scipy.ndimage.binary_dilation(mask, STRUCTURE, iterations=margin)
    own = np.where(is_near, ink[rows, columns], np.float32(0))
    full_ink = np.median(own[own > own.max() / 2])
    return Digit(box, np.clip(own / full_ink, 0, 1))
