"""Finds the digits among the ink of a picture: what is a stroke, and which strokes are one digit.

Ruled lines, frames, edges and dust are left out. What remains are connected components, which are
merged into digits by size, distance and position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stages.datasets.mnist_format import MIN_INK
from stages.datasets.ruled_lines import remove_lines
from stages.datasets.segmentation import blur_size

# Fainter ink, of 1, belongs to no component.
_THRESHOLD = 0.2
# At most so many components are looked at, the largest first.
_MAX_COMPONENTS = 1000
# A band along the edges of a picture, as a fraction of its size.
_BAND = 0.12
# Pixels that touch at a corner are connected.
_STRUCTURE = np.ones((3, 3), bool)


class Box(NamedTuple):
    """Rows and columns of a rectangle; bottom and right are the first that are outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def longest(self) -> int:
        """Longer side."""
        return max(self.height, self.width)

    def union(self, other: Box) -> Box:
        """Return the bounding box of both."""
        return Box(*np.minimum(self, other)[:2].tolist(), *np.maximum(self, other)[2:].tolist())

    def contains(self, other: Box) -> bool:
        """Check whether another box is inside."""
        return self.union(other) == self

    def gap(self, other: Box) -> int:
        """Return the pixels between two boxes, along the axis on which they are farther apart."""
        rows = max(self.top, other.top) - min(self.bottom, other.bottom)
        columns = max(self.left, other.left) - min(self.right, other.right)
        return max(rows, columns, 0)

    def column_overlap(self, other: Box) -> float:
        """Return the columns in both boxes, as a fraction of the narrower one's."""
        common = min(self.right, other.right) - max(self.left, other.left)
        return max(common, 0) / min(self.width, other.width)


@dataclass(frozen=True)
class Component:
    """A connected component of ink.

    Attributes
    ----------
    labels
        Labels of its pixels; several once components are merged.
    box
        Bounding box.
    mass
        Sum of its ink.
    touches_rim
        Whether it reaches an edge of the picture.
    band_fraction
        Fraction of its pixels that are near an edge of the picture.
    area
        Its pixels.
    """

    labels: tuple[int, ...]
    box: Box
    mass: float
    area: int
    touches_rim: bool
    band_fraction: float

    def merge(self, other: Component) -> Component:
        """Return a component of the pixels of both."""
        area = self.area + other.area
        return Component(
            self.labels + other.labels,
            self.box.union(other.box),
            self.mass + other.mass,
            area,
            self.touches_rim or other.touches_rim,
            (self.band_fraction * self.area + other.band_fraction * other.area) / area,
        )


@dataclass(frozen=True)
class Digit:
    """A digit that was found in a picture.

    Attributes
    ----------
    box
        Its bounding box in the picture.
    ink
        float32, (rows, columns), 0 (none) to 1 (full): the box with a margin, without what else
        is in it.
    """

    box: Box
    ink: np.ndarray


def find_digits(ink: np.ndarray) -> list[Digit]:
    """Find all digits, in no order.

    Parameters
    ----------
    ink
        float32, (rows, columns), 0 (none) to 1 (full).

    Returns
    -------
    list of Digit
        Empty if nothing is large enough.
    """
    labels, components = _components(ink, min_line_length=0.3)
    merged = _merge_pieces(components)
    height = np.median([digit.box.height for digit in merged]) if merged else 0
    # A lower one is a dash.
    high = [digit for digit in merged if digit.box.height >= 0.3 * height]
    found = [_cut_out(ink, labels, digit) for digit in high]
    return [digit for digit in found if digit.ink.max() >= MIN_INK]


def find_main_digit(ink: np.ndarray) -> tuple[Digit | None, int]:
    """Find the digit that a picture shows: large, near the middle, and away from the edges.

    Parameters
    ----------
    ink
        float32, (rows, columns), 0 (none) to 1 (full).

    Returns
    -------
    digit : Digit or None
        None if nothing is large enough.
    n_digits : int
        Digits of about this size that are in the picture.
    """
    labels, components = _components(ink, min_line_length=0.95)
    merged = _merge_pieces(_prefer_inner(components))
    if not merged:
        return None, 0
    main = max(merged, key=lambda piece: _prominence(piece, ink.shape))
    n_digits = sum(
        piece is main or (_size(piece) >= 0.6 * _size(main) and not piece.touches_rim)
        for piece in merged
    )
    digit = _cut_out(ink, labels, main)
    return (digit, n_digits) if digit.ink.max() >= MIN_INK else (None, 0)


def _components(ink: np.ndarray, min_line_length: float) -> tuple[np.ndarray, list[Component]]:
    """Label the components of ink that may be strokes of digits.

    Lines of at least `min_line_length`, as a fraction of the picture, are left out.
    """
    from scipy import ndimage

    mask = ndimage.uniform_filter(ink, blur_size(ink.shape)) > _THRESHOLD
    labels, components = _label(ink, mask)
    strokes = _without_frames(components)
    if not strokes:
        return labels, strokes
    height = _weighted_median([c.box.height for c in strokes], strokes)
    frames = [label for c in components if c not in strokes for label in c.labels]
    mask &= ~np.isin(labels, frames)
    without_lines = remove_lines(mask, min_line_length, min_length=3 * height)
    new_labels, rest = _label(ink, without_lines)
    if rest and _largest(rest) >= 0.25 * height:
        labels, strokes = new_labels, _without_frames(rest)
    return labels, _without_bands(strokes)


def _label(ink: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, list[Component]]:
    """Label the connected components of a mask, except for dust."""
    from scipy import ndimage

    labels, n_components = ndimage.label(mask, _STRUCTURE)
    if n_components == 0:
        return labels, []
    masses = np.bincount(labels.ravel(), ink.ravel())
    masses[0] = 0
    areas = np.bincount(labels.ravel())
    is_band = np.ones(ink.shape, bool)
    depth_y, depth_x = (int(_BAND * length) for length in ink.shape)
    is_band[depth_y : ink.shape[0] - depth_y, depth_x : ink.shape[1] - depth_x] = False
    in_band = np.bincount(labels[is_band], minlength=n_components + 1)
    boxes = ndimage.find_objects(labels)
    components = []
    for label in np.argsort(-masses, kind="stable")[: min(_MAX_COMPONENTS, n_components)]:
        rows, columns = boxes[label - 1]
        box = Box(rows.start, columns.start, rows.stop, columns.stop)
        touches = min(box[:2]) == 0 or box.bottom == ink.shape[0] or box.right == ink.shape[1]
        area = int(areas[label])
        components.append(
            Component(
                (int(label),), box, float(masses[label]), area, touches, in_band[label] / area
            )
        )
    return labels, components


def _largest(components: list[Component]) -> int:
    return max(component.box.longest for component in components)


def _without_bands(components: list[Component]) -> list[Component]:
    """Leave out edges and shadows: what lies along the rim, if there is anything else."""
    inner = [c for c in components if c.band_fraction < 0.9]
    if not inner or _largest(inner) < 0.1 * _largest(components):
        return components
    return [c for c in components if c.band_fraction < 0.9 or not c.touches_rim]


def _without_frames(components: list[Component]) -> list[Component]:
    """Leave out what encloses something large, but is itself thin."""

    def is_frame(c: Component) -> bool:
        if c.area >= 0.35 * c.box.height * c.box.width:
            return False
        inside = [other for other in components if other is not c and c.box.contains(other.box)]
        return bool(inside) and (
            _largest(inside) >= 0.3 * min(c.box.height, c.box.width)
            or sum(other.mass for other in inside) >= 0.3 * c.mass
        )

    return [c for c in components if not is_frame(c)]


def _prefer_inner(components: list[Component]) -> list[Component]:
    """Leave out what touches the rim, unless the rest is too small to be a digit."""
    inner = [c for c in components if not c.touches_rim]
    if inner and _largest(inner) >= 0.25 * _largest(components):
        return inner
    return components


def _merge_pieces(components: list[Component]) -> list[Component]:
    """Merge the pieces of each digit, and leave out what is too small for one."""
    if not components:
        return []
    size = _weighted_median([c.box.longest for c in components], components)
    digits: list[Component] = []
    for piece in sorted(components, key=lambda c: -c.box.longest):
        near = [digit for digit in digits if _belongs(piece, digit, size)]
        if near:
            digit = min(near, key=lambda digit: digit.box.gap(piece.box))
            digits[digits.index(digit)] = digit.merge(piece)
        else:
            digits.append(piece)
    return [digit for digit in digits if digit.box.longest >= 0.4 * size]


def _weighted_median(values: list[int], components: list[Component]) -> float:
    """Return the value that half of the ink of the components is below."""
    order = np.argsort(values, kind="stable")
    masses = np.cumsum([components[index].mass for index in order])
    return float(values[order[int(np.searchsorted(masses, masses[-1] / 2))]])


def _belongs(piece: Component, digit: Component, size: float) -> bool:
    """Check whether a piece is a part of a digit that is broken."""
    gap = digit.box.gap(piece.box)
    upper = min(piece.box, digit.box)
    # The bar of a 5 is often apart. What stands below a digit is rather a caption.
    is_bar = upper.height < 0.6 * upper.width and piece.box.column_overlap(digit.box) >= 0.2
    if piece.mass < 0.01 * digit.mass:
        max_gap = 0.02 * size  # else dust
    elif is_bar and piece.box.longest >= 0.25 * size:
        max_gap = 0.25 * size
    elif piece.box.longest < 0.8 * size:
        max_gap = 0.12 * size
    else:
        max_gap = 0
    return gap <= max_gap and digit.box.union(piece.box).longest <= 1.6 * size


def _size(digit: Component) -> int:
    """Longer side, but of a dash, which is no digit, four times its height."""
    return min(digit.box.longest, 4 * digit.box.height)


def _prominence(digit: Component, shape: tuple[int, ...]) -> float:
    """How likely it is that a picture was taken of this digit: it is large and in the middle."""
    box = digit.box
    distances = (
        abs(start + stop - length) / length
        for start, stop, length in zip(box[:2], box[2:], shape, strict=True)
    )
    return _size(digit) * (1 - 0.5 * max(distances)) * (0.3 if digit.touches_rim else 1)


def _cut_out(ink: np.ndarray, labels: np.ndarray, digit: Component) -> Digit:
    """Copy the ink of a digit and the fainter edges of its strokes."""
    from scipy import ndimage

    box = digit.box
    margin = 1 + blur_size(ink.shape)
    rows = slice(max(0, box.top - margin), box.bottom + margin)
    columns = slice(max(0, box.left - margin), box.right + margin)
    mask = np.isin(labels[rows, columns], digit.labels)
    is_near = ndimage.binary_dilation(mask, _STRUCTURE, iterations=margin)
    own = np.where(is_near, ink[rows, columns], np.float32(0))
    full_ink = np.median(own[own > own.max() / 2])
    return Digit(box, np.clip(own / full_ink, 0, 1))
