"""Text that can be printed: no control character of a name or a file reaches a terminal."""

# Persian needs the non-joiner, emoji and Indic scripts the joiner, French the no-break spaces.
_HARMLESS = "\u200c\u200d\u00a0\u202f"


def is_printable(text: str) -> bool:
    """Check that every character is printable, or a joiner or space that names may need."""
    return all(char.isprintable() or char in _HARMLESS for char in text)


def printable(text: str) -> str:
    """Escape everything that is not a printable character, a line break or a tab."""
    return "".join(
        char if is_printable(char) or char in "\n\t" else ascii(char)[1:-1] for char in text
    )
