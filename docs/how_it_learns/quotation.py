"""Lines of the project's code, quoted where the page is made: page and code cannot part."""

import textwrap
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class QuotationError(Exception):
    """The code does not have the line, or has it more than once."""


def quote(*pieces: tuple[str, str] | tuple[str, str, str]) -> str:
    """Quote lines of files in one block of Markdown, each piece below its file's name.

    Parameters
    ----------
    pieces
        The file, from the project's folder; part of the first line, which no other line of the
        file has; part of the last line, which is the next one that has it. Without the third, one
        line is quoted.

    Raises
    ------
    QuotationError
        If a line is not there, or the first is not unique.
    """
    quoted, path = [], ""
    for piece in pieces:
        if piece[0] != path:
            path = piece[0]
            quoted.append(f"# {path}")
        quoted.append(_lines(path, piece[1], piece[-1]))
    return "\n".join(["```python", *quoted, "```"])


def _lines(path: str, first: str, last: str) -> str:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if first in line]
    if len(starts) != 1:
        raise QuotationError(f"{path}: {len(starts)} lines have {first!r}, which is to be quoted")
    end = next((n for n in range(starts[0], len(lines)) if last in lines[n]), None)
    if end is None:
        raise QuotationError(f"{path}: no line from {first!r} on has {last!r}")
    return textwrap.dedent("\n".join(lines[starts[0] : end + 1]))
