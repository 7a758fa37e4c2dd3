"""Merges the pieces of a digit that is broken, by their size, distance and position."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from stages.pictures.components import MAX_PIECES

if TYPE_CHECKING:
    from stages.pictures.boxes import Box
    from stages.pictures.components import Component

# Smaller pieces are dust, which would grow from one to the next: it must overlap.
_MIN_PIECE, _MIN_MASS = 0.1, 0.01
# Size of the largest digit that pieces are merged to, of the other digits on a page.
_MAX_SIZE = 1.15


class _Reach(NamedTuple):
    """The widest gap between pieces of a digit, and the largest digit of them, in sizes."""

    gap: float
    union: float = 1.6


_FindReach = Callable[["Component", "Component", float], _Reach]


def merge_pieces(components: list[Component], size: float, *, is_single: bool) -> list[Component]:
    """Merge the pieces of digits until nothing changes, and leave out what is too small for one.

    The size is the longer side of digits; where a picture shows a single one, whose pieces may be
    farther apart, of its largest piece.
    """
    large_enough = [c for c in components if c.box.longest >= 0.03 * size]
    pieces = [c for c in large_enough if c.box.longest >= _MIN_PIECE * size]
    find_reach = _reach_in_single if is_single else _reach_on_page
    if is_single and len(pieces) > MAX_PIECES:
        find_reach, pieces = _reach_in_clutter, []
    n_before = -1
    while len(pieces) != n_before:
        n_before = len(pieces)
        pieces = _merge_once(pieces, size, find_reach)
    merged = {label for piece in pieces for label in piece.labels}
    dust = [c for c in large_enough if merged.isdisjoint(c.labels)]
    digits = _merge_once(pieces + dust, size, find_reach)
    return [digit for digit in digits if digit.box.longest >= 0.4 * size]


def _merge_once(pieces: list[Component], size: float, find_reach: _FindReach) -> list[Component]:
    """Merge each piece, the largest first, with the nearest one that it belongs to."""
    digits: list[Component] = []
    for piece in sorted(pieces, key=lambda c: -c.box.longest):
        near = [digit for digit in digits if _belongs(piece, digit, size, find_reach)]
        if near:
            digit = min(near, key=lambda digit: digit.box.gap(piece.box))
            digits[digits.index(digit)] = digit.merge(piece)
        else:
            digits.append(piece)
    return digits


def _belongs(piece: Component, digit: Component, size: float, find_reach: _FindReach) -> bool:
    """Check whether a piece is a part of a digit that is broken."""
    gap, union = digit.box.gap(piece.box), digit.box.union(piece.box)
    is_dust = piece.box.longest < _MIN_PIECE * size or piece.mass < _MIN_MASS * digit.mass
    reach = _Reach(0) if is_dust else find_reach(piece, digit, size)
    return gap <= reach.gap * size and union.longest <= reach.union * size


def _reach_in_single(piece: Component, digit: Component, size: float) -> _Reach:
    """Return how far a piece may be from its digit where there is no other digit."""
    upper, lower = sorted((piece, digit), key=lambda component: component.box)
    if _is_bar(upper.box, lower.box, size) and upper.box.height < 0.5 * lower.box.height:
        return _Reach(0.65, 1.85)
    if _is_base(lower, upper):
        return _Reach(0.2)
    if _are_collinear(upper.box, lower.box):
        return _Reach(0.4, 2.4)
    if _are_halves(piece.box, digit.box):
        return _Reach(0.18, 1.8)
    return _reach_in_clutter(piece, digit, size)


def _reach_in_clutter(piece: Component, digit: Component, size: float) -> _Reach:
    """Return how far a piece may be from its digit where squares, print or noise are around it."""
    is_below = piece.box.top >= digit.box.bottom
    return _near(piece.box, digit.box, size, 1 if is_below else 1.6)


def _reach_on_page(piece: Component, digit: Component, size: float) -> _Reach:
    """Return how far a piece may be from its digit where others may be beside and below it."""
    is_no_larger = piece.box.union(digit.box).longest <= _MAX_SIZE * size
    if is_no_larger and piece.box.column_overlap(digit.box) >= 0.3:
        return _Reach(0.3)  # above each other, and together no larger than the other digits
    return _near(piece.box, digit.box, size, 1)


def _near(piece: Box, digit: Box, size: float, factor: float) -> _Reach:
    """Return how far any piece may be from its digit; what is as large as a digit is another."""
    if piece.top >= digit.bottom and _is_flat(piece):
        return _Reach(0)
    if _is_bar(min(piece, digit), max(piece, digit), size):
        return _Reach(0.25 * factor)
    return _Reach(0.12 * factor if piece.longest < 0.8 * size else 0)


def _is_flat(piece: Box) -> bool:
    """Check whether a piece may be a part of a ruled line."""
    return piece.height < 0.15 * piece.width


def _is_bar(upper: Box, lower: Box, size: float) -> bool:
    """Check whether the upper of two is the bar of a 5, which is often apart."""
    is_wide = upper.height < 0.6 * upper.width and upper.width >= 0.25 * size
    return is_wide and upper.column_overlap(lower) >= 0.2


def _is_base(lower: Component, upper: Component) -> bool:
    """Check whether the lower of two is the base of a 2, and no caption or line for writing."""
    box, digit = lower.box, upper.box
    is_wide = box.height < 0.6 * box.width and 0.7 * digit.width <= box.width <= 2 * digit.width
    is_stroke = len(lower.labels) == 1 and lower.darkness >= 0.8 * upper.darkness
    return is_wide and is_stroke and box.top >= digit.bottom and box.column_overlap(digit) >= 0.8


def _are_collinear(upper: Box, lower: Box) -> bool:
    """Check whether two are the parts of a stroke that goes down, as in a 1."""
    union = upper.union(lower)
    is_narrow = all(box.width < 0.6 * box.height for box in (upper, lower, union))
    return is_narrow and lower.top >= upper.bottom


def _are_halves(piece: Box, digit: Box) -> bool:
    """Check whether two stand side by side, and are together no wider than a digit."""
    union = piece.union(digit)
    is_high = min(piece.height, digit.height) >= 0.5 * union.height
    return is_high and union.width <= 0.9 * union.height
