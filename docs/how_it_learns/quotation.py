"""Lines of the project's code, quoted where the page is made: page and code cannot part."""

import ast
import textwrap
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class QuotationError(Exception):
    """The code does not have the line, or has it more than once."""


def quote(*pieces: tuple[str, str] | tuple[str, str, str]) -> str:
    """Quote lines of files in one block of Markdown, each piece with its file and function.

    Parameters
    ----------
    pieces
        The file, from the project's folder; part of the first line, which no other line of the
        file has; part of the last line, which is the next one that has it. Without the third, one
        line is quoted, and the file and function stand behind it.

    Raises
    ------
    QuotationError
        If a line is not there, or the first is not unique.
    """
    quoted = [_quote(piece[0], piece[1], piece[-1]) for piece in pieces]
    return "\n".join(["```python", *quoted, "```"])


def _quote(path: str, first: str, last: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if first in line]
    if len(starts) != 1:
        raise QuotationError(f"{path}: {len(starts)} lines have {first!r}, which is to be quoted")
    start = starts[0]
    end = next((n for n in range(start, len(lines)) if last in lines[n]), None)
    if end is None:
        raise QuotationError(f"{path}: no line from {first!r} on has {last!r}")
    names = _names_around(ast.parse(text), start + 1)
    if start == end:
        return f"{lines[start].strip()}  # {', '.join([Path(path).name, *names])}"
    place = "# " + ", ".join([path, *names])
    return f"{place}\n" + textwrap.dedent("\n".join(lines[start : end + 1]))


def _names_around(tree: ast.AST, line: int) -> list[str]:
    """Name the function that a line is in, with its class; nothing where it is in none."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return [".".join(node.name for node in found)] if found else []
