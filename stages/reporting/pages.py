"""Predictions for pages of many digits, as text for a terminal and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from stages.reporting.answers import UNLIKE, Doubt


@dataclass(frozen=True)
class PageDigit:
    """The prediction for one digit of a page.

    Attributes
    ----------
    line
        Its line, from 0.
    left, top, width, height
        Its bounding box, in pixels of the picture.
    class_name
        The predicted class.
    confidence
        0 to 1.
    doubt
        Why the class is not to be relied on; None if it is.
    is_wide
        Whether it may be several digits that touch.
    """

    line: int
    left: int
    top: int
    width: int
    height: int
    class_name: str
    confidence: float
    doubt: Doubt | None
    is_wide: bool

    @property
    def label(self) -> str:
        """Its class, with a question mark if that is in doubt."""
        return f"{self.class_name}?" if self.doubt or self.is_wide else self.class_name


def as_text(name: str, digits: Sequence[PageDigit]) -> str:
    """Return the lines of a page, the confidence below each class.

    `name` is the picture's; `digits`, at least one, are in order, line by line.
    """
    lines = [list(line) for _, line in groupby(digits, key=lambda digit: digit.line)]
    width = max(4, *(len(digit.class_name) + 1 for digit in digits))
    rows = [f"{name}: {_count(len(digits), 'digit')} in {_count(len(lines), 'line')}"]
    for line in lines:
        labels = (f"{digit.label:>{width}} " for digit in line)
        rows.append("  " + "".join(labels).rstrip())
        confidences = (f"{digit.confidence:>{width}.0%} " for digit in line)
        rows.append("  " + "".join(confidences).rstrip())
    if any(digit.doubt for digit in digits):
        rows.append(f"  ?: not sure, or {UNLIKE}")
    rows += (
        f"  ? in line {line[0].line + 1}, digit {position}:"
        " so wide that it may be several that touch"
        for line in lines
        for position, digit in enumerate(line, start=1)
        if digit.is_wide
    )
    return "\n".join(rows)


def as_json(
    names: Sequence[str], pages: Sequence[Sequence[PageDigit]], trained_with: Mapping[str, object]
) -> str:
    """Return the same as JSON: a list with an object for each picture, and the model's record."""
    content = [
        {
            "picture": name,
            "digits": [
                {
                    "line": digit.line,
                    "class": digit.class_name,
                    "confidence": round(digit.confidence, 6),
                    "box": {
                        "left": digit.left,
                        "top": digit.top,
                        "width": digit.width,
                        "height": digit.height,
                    },
                    "doubt": digit.doubt,
                    "wide": digit.is_wide,
                }
                for digit in page
            ],
            "trained_with": trained_with,
        }
        for name, page in zip(names, pages, strict=True)
    ]
    return json.dumps(content, indent=2)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
