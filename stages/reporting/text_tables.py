"""Tables of strings for a terminal or in Markdown; the first row is the header."""

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]


def aligned(rows: Rows) -> str:
    """Return rows in columns: the first column aligned left, all others right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([f"{first:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)


def markdown(rows: Rows) -> str:
    """Return rows as a Markdown table."""
    header, *others = rows
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *others]
    return "\n".join(f"| {' | '.join(map(_escape, line))} |" for line in lines)


def _escape(cell: str) -> str:
    """Keep a cell in its column and on its line."""
    return " ".join(cell.replace("|", r"\|").splitlines())


def p_value(value: float) -> str:
    """Format a p-value with two significant digits."""
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"
