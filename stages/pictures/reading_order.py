"""Reading order: the lines of a page, from top to bottom, and each from left to right."""

from collections.abc import Sequence

from stages.pictures.boxes import Box

# Fraction of the lower box's height that two neighbours in a line share.
_MIN_OVERLAP = 0.3


def lines_of(boxes: Sequence[Box]) -> list[list[int]]:
    """Sort digits into lines: the indices of the boxes of each.

    Each digit continues the line whose last digit is most at its height, so that lines may rise
    or fall.
    """
    lines: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda index: boxes[index].left):
        box = boxes[index]
        line = max(lines, key=lambda line: _row_overlap(boxes[line[-1]], box), default=[])
        if line and _row_overlap(boxes[line[-1]], box) >= _MIN_OVERLAP:
            line.append(index)
        else:
            lines.append([index])
    return sorted(lines, key=lambda line: _mean_centre([boxes[index] for index in line]))


def _row_overlap(a: Box, b: Box) -> float:
    """Rows in both boxes, as a fraction of the lower one's."""
    return max(min(a.bottom, b.bottom) - max(a.top, b.top), 0) / min(a.height, b.height)


def _mean_centre(line: list[Box]) -> float:
    return sum(box.top + box.bottom for box in line) / len(line)
