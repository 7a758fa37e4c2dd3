"""Names of classes: what they can be, their order, and files that list them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages.datasets.errors import DatasetError
from stages.runtime.printable import is_printable

MAX_CLASSES = 256  # labels are bytes
MAX_NAME_LENGTH = 100

# A label, then its name, or the codes of its characters.
_LINE = re.compile(r"(\S+?)[\s,;]+(\S.*)")
_CODES = re.compile(r"\d{2,3}( \d{2,3})*")
# A spreadsheet that opens predictions.csv runs such a cell; "-" and "-1" are no formulas.
_FORMULA = re.compile(r"[=@].+|[+-](?![\d.]+$).+")
_FIRST_CODES = tuple(map(ord, "01Aa"))


def check_class_names(where: str, names: tuple[Any, ...]) -> None:
    """Check the names of a dataset's classes; messages begin with `where`.

    Raises
    ------
    DatasetError
        If there are fewer than 2 or more than 256 names, one is there twice, or one is not
        visible text of at most 100 characters, or begins as a formula does.
    """
    if not 2 <= len(names) <= MAX_CLASSES:
        raise DatasetError(
            f"{where}: has {len(names)} class{'es' * (len(names) != 1)}, but a network tells from 2"
            f" to {MAX_CLASSES} apart"
        )
    for name in names:
        if not isinstance(name, str):
            raise DatasetError(f'{where}: {name!r} is not a name; write a number as "{name}"')
        is_blank = not any(char.isprintable() and not char.isspace() for char in name)
        if is_blank or not is_printable(name) or len(name) > MAX_NAME_LENGTH:
            raise DatasetError(
                f"{where}: {name[:MAX_NAME_LENGTH]!r} is not a name: use printable characters,"
                f" {MAX_NAME_LENGTH} at most"
            )
        if _FORMULA.fullmatch(name):
            raise DatasetError(
                f"{where}: {name!r} begins as a formula does, which a spreadsheet would run: put"
                " another character in front"
            )
        if names.count(name) > 1:
            raise DatasetError(f"{where}: {name} is listed twice")


def natural_order(name: str) -> tuple[int, int, str]:
    """Sort key of class names: numbers by their value, then other names."""
    return (0, int(name), name) if name.isascii() and name.isdigit() else (1, 0, name)


def are_character_codes(codes: list[int]) -> bool:
    """Check whether numbers can be the codes of digits and letters, from the first of a kind on."""
    return min(codes) in _FIRST_CODES and all(code < 128 and chr(code).isalnum() for code in codes)


def read_names(path: Path, on_note: Callable[[str], object]) -> dict[str, str]:
    """Read the names of classes, by label, from a text with a label and its name in each line.

    If all names can be the codes of characters, as in EMNIST's `1 65 97` for A and a, that is what
    they are, and `on_note` is called with a sentence.

    Raises
    ------
    DatasetError
        If a line is none of these.
    """
    names = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8") from error
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line.strip())
        if match:
            names[match[1]] = match[2]
        elif line.strip():
            raise DatasetError(
                f"{path}: line {number}: must be a label and its name, as in '1 A', or the codes of"
                " its characters, as in '1 65 97'"
            )
    if names and all(map(_CODES.fullmatch, names.values())):
        codes = {label: list(map(int, name.split())) for label, name in names.items()}
        if are_character_codes([code for word in codes.values() for code in word]):
            on_note(f"{path}: holds codes of characters, as EMNIST's files do: 65 is A")
            names = {label: "".join(map(chr, word)) for label, word in codes.items()}
    return names
