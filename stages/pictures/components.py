"""Connected components of ink that may be strokes, without ruled lines, frames and edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from stages.pictures.boxes import Box
from stages.pictures.ruled_lines import remove_lines
from stages.pictures.segmentation import blur_size

# At most so many components are looked at, the largest first.
_MAX_COMPONENTS = 1000
# A band along the edges of a picture, as a fraction of its size.
_BAND = 0.12
# Fraction of a side of what is in a frame that the frame must be beside.
_MIN_COVERED = 0.8
# A tightly cropped digit fills at least these fractions of the picture's rows and columns, or of
# its columns and rows, with at most this fraction of its pixels near an edge. It reaches the edges
# at a few places, graph paper at many; a shadow lies along much of the rim.
_MIN_FILLED, _MAX_IN_BAND, _MAX_CONTACTS, _MAX_RIM = (0.5, 0.75), 0.8, 6, 0.4
# Pieces of a digit that is broken.
MAX_PIECES = 6
# Pixels that touch at a corner are connected.
STRUCTURE = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Component:
    """A connected component of ink, or several that are merged, with a label each.

    Attributes
    ----------
    mass, area
        Sum of its ink, and number of its pixels.
    touches_rim
        Whether it reaches an edge of the picture.
    fills_picture
        Whether it reaches the edges as a digit does to which a picture is cropped.
    band_fraction
        Fraction of its pixels that are near an edge of the picture.
    """

    labels: tuple[int, ...]
    box: Box
    mass: float
    area: int
    touches_rim: bool
    fills_picture: bool
    band_fraction: float

    @property
    def is_cluttered(self) -> bool:
        """Whether it has more pieces than a broken digit: squares of paper, print or noise."""
        return len(self.labels) > MAX_PIECES

    @property
    def darkness(self) -> float:
        """Mean of its ink."""
        return self.mass / self.area

    def merge(self, other: Component) -> Component:
        """Return a component of the pixels of both."""
        area = self.area + other.area
        return Component(
            self.labels + other.labels,
            self.box.union(other.box),
            self.mass + other.mass,
            area,
            self.touches_rim or other.touches_rim,
            self.fills_picture or other.fills_picture,
            (self.band_fraction * self.area + other.band_fraction * other.area) / area,
        )


def stroke_components(
    ink: np.ndarray, threshold: float, min_line_length: float
) -> tuple[np.ndarray, list[Component], list[Component]]:
    """Label the components of ink that may be strokes of digits.

    Fainter ink than the threshold belongs to none. Straight lines are left out if they are longer
    than a fraction of the picture.

    Returns
    -------
    labels : ndarray
        int32, (rows, columns).
    strokes, at_edges : list of Component
        Those that may be strokes, and those that are rather edges and shadows: along the rim.
    """
    mask = scipy.ndimage.uniform_filter(ink, blur_size(ink.shape)) > threshold
    labels, components = _label(ink, mask)
    strokes = _without_frames(components, labels)
    if not strokes:
        return labels, [], []
    height = weighted_median([c.box.height for c in strokes], strokes)
    frames = [label for c in components if c not in strokes for label in c.labels]
    mask &= ~np.isin(labels, frames)
    without_lines = remove_lines(mask, min_line_length, min_length=3 * height)
    new_labels, rest = _label(ink, without_lines)
    if rest and largest(rest) >= 0.25 * height:
        labels, strokes = new_labels, _without_frames(rest, new_labels)
    inner = _without_bands(strokes)
    return labels, inner, [c for c in strokes if c not in inner]


def _label(ink: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, list[Component]]:
    """Label the connected components of a mask, except for dust."""
    labels, n_components = scipy.ndimage.label(mask, STRUCTURE)
    if n_components == 0:
        return labels, []
    masses = np.bincount(labels.ravel(), ink.ravel())
    masses[0] = 0
    areas = np.bincount(labels.ravel())
    is_band = np.ones(ink.shape, bool)
    depth_y, depth_x = (int(_BAND * length) for length in ink.shape)
    is_band[depth_y : ink.shape[0] - depth_y, depth_x : ink.shape[1] - depth_x] = False
    in_band = np.bincount(labels[is_band], minlength=n_components + 1)
    boxes = scipy.ndimage.find_objects(labels)
    components = []
    for label in np.argsort(-masses, kind="stable")[: min(_MAX_COMPONENTS, n_components)]:
        rows, columns = boxes[label - 1]
        box = Box(rows.start, columns.start, rows.stop, columns.stop)
        area = int(areas[label])
        band_fraction = float(in_band[label] / area)
        touches = min(box[:2]) == 0 or box.bottom == ink.shape[0] or box.right == ink.shape[1]
        fills = touches and band_fraction <= _MAX_IN_BAND and _fills_picture(labels == label, box)
        components.append(
            Component((int(label),), box, float(masses[label]), area, touches, fills, band_fraction)
        )
    return labels, components


def _fills_picture(mask: np.ndarray, box: Box) -> bool:
    """Check whether a component is in the middle, large, and reaches the edges at few places."""
    lower, higher = sorted((box.height / mask.shape[0], box.width / mask.shape[1]))
    if lower < _MIN_FILLED[0] or higher < _MIN_FILLED[1] or box.off_centre(mask.shape) > 0.4:
        return False
    rim = np.concatenate([mask[0], mask[1:, -1], mask[-1, -2::-1], mask[-2:0:-1, 0]])
    n_contacts = np.count_nonzero(rim & ~np.roll(rim, 1))
    return bool(n_contacts <= _MAX_CONTACTS and rim.mean() <= _MAX_RIM)


def largest(components: list[Component]) -> int:
    """Return the longest side of all bounding boxes."""
    return max(component.box.longest for component in components)


def _without_bands(components: list[Component]) -> list[Component]:
    """Leave out edges and shadows: what lies along the rim, if there is anything else."""
    if any(c.fills_picture for c in components):
        return components
    inner = [c for c in components if c.band_fraction < 0.9]
    if not inner or largest(inner) < 0.1 * largest(components):
        return components
    return [c for c in components if c.band_fraction < 0.9 or not c.touches_rim]


def _without_frames(components: list[Component], labels: np.ndarray) -> list[Component]:
    """Leave out what surrounds something large, but is itself thin."""

    def is_frame(c: Component) -> bool:
        if c.area >= 0.35 * c.box.height * c.box.width:
            return False
        side = min(c.box.height, c.box.width)
        inside = [other for other in components if other is not c and c.box.contains(other.box)]
        large = [other for other in inside if other.box.longest >= 0.03 * side]
        within = _surrounded(large, c, labels) if large else []
        is_high = any(other.box.height >= 0.3 * side for other in within)
        return is_high or sum(other.mass for other in within) >= 0.3 * c.mass

    return [c for c in components if not is_frame(c)]


def _surrounded(inside: list[Component], frame: Component, labels: np.ndarray) -> list[Component]:
    """Return those in a frame's box that have its ink beside them on at least three sides."""
    mask = labels[frame.box.slices] == frame.labels[0]
    beyond = frame.box.longest
    # The outermost ink of each column and row, as seen from its four ends.
    top, left, bottom, right = (
        np.where(seen.any(axis=0), seen.argmax(axis=0), beyond)
        for seen in (mask, mask.T, mask[::-1], mask.T[::-1])
    )

    def n_sides(box: Box) -> int:
        rows, columns = box.slices
        below, beside = mask.shape[0] - box.bottom, mask.shape[1] - box.right
        covered = [top[columns] < box.top, bottom[columns] < below]
        covered += [left[rows] < box.left, right[rows] < beside]
        return sum(side.mean() >= _MIN_COVERED for side in covered)

    return [c for c in inside if n_sides(c.box.moved(-frame.box.top, -frame.box.left)) >= 3]


def weighted_median(values: list[int], components: list[Component]) -> float:
    """Return the value that half of the ink of the components is below."""
    order = np.argsort(values, kind="stable")
    masses = np.cumsum([components[index].mass for index in order])
    return float(values[order[int(np.searchsorted(masses, masses[-1] / 2))]])
