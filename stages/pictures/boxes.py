"""Rectangles of whole pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


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

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns, as an index of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def moved(self, rows: int, columns: int) -> Box:
        """Return the box moved downwards and to the right."""
        return Box(self.top + rows, self.left + columns, self.bottom + rows, self.right + columns)

    def union(self, other: Box) -> Box:
        """Return the bounding box of both."""
        return Box(*np.minimum(self, other)[:2].tolist(), *np.maximum(self, other)[2:].tolist())

    def contains(self, other: Box) -> bool:
        """Check whether another box is inside."""
        return self.union(other) == self

    def off_centre(self, shape: tuple[int, ...]) -> float:
        """Return how far it is from the middle of a picture of a shape, 0 to 1, on either axis."""
        distances = (
            abs(start + stop - length) / length
            for start, stop, length in zip(self[:2], self[2:], shape, strict=True)
        )
        return max(distances)

    def gap(self, other: Box) -> int:
        """Return the pixels between two boxes, along the axis on which they are farther apart."""
        rows = max(self.top, other.top) - min(self.bottom, other.bottom)
        columns = max(self.left, other.left) - min(self.right, other.right)
        return max(rows, columns, 0)

    def column_overlap(self, other: Box) -> float:
        """Return the columns in both boxes, as a fraction of the narrower one's."""
        common = min(self.right, other.right) - max(self.left, other.left)
        return max(common, 0) / min(self.width, other.width)
