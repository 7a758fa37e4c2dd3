"""Reproduction: whether the outputs of a pipeline that ran again are those recorded."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from stages.runtime.yaml_file import read_yaml

_LOCK = "dvc.lock"
# Relative difference of two numbers from which on it is more than their last digits.
_ROUNDING = 1e-3


class Reproduction(NamedTuple):
    """How two runs of a pipeline compare.

    Attributes
    ----------
    lines
        What to tell.
    differs
        Whether an output differs by more than the last digits of its numbers.
    """

    lines: list[str]
    differs: bool


def compare_outputs(recorded: Path, again: Path) -> Reproduction:
    """Compare the outputs in dvc.lock, and the files that Git tracks, of two folders.

    Parameters
    ----------
    recorded
        The project as it was committed.
    again
        The same after its pipeline ran.

    Raises
    ------
    YamlError
        If a folder has no dvc.lock.
    """
    expected, found = _hashes(recorded), _hashes(again)
    # What Git tracks is compared itself: a file may have been edited after its hash was recorded.
    different = [
        path
        for path in expected
        if found.get(path) != expected[path]
        or ((recorded / path).is_file() and not _same_bytes(recorded / path, again / path))
    ]
    n_same = len(expected) - len(different)
    if not different:
        sentence = f"reproduced: {n_same} of {len(expected)} outputs are the same, byte for byte"
        return Reproduction([sentence], differs=False)
    lines = [f"not reproduced: {n_same} of {len(expected)} outputs are the same"]
    largest = 0.0
    for path in different:
        difference = _largest_difference(recorded / path, again / path)
        known = difference is not None
        lines.append(
            f"{path}: " + (f"numbers differ by up to {difference:.2g}" if known else "differs")
        )
        largest = max(largest, difference or 0.0)
    tables_differ = any((recorded / path).is_file() for path in different)
    return Reproduction(lines, differs=largest > _ROUNDING or not tables_differ)


def _hashes(folder: Path) -> dict[str, str]:
    """Return the MD5 of each output in dvc.lock, by path."""
    stages = read_yaml(folder / _LOCK)["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}


def _same_bytes(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _largest_difference(one: Path, other: Path) -> float | None:
    """Return the largest relative difference of numbers; None where the files hold no numbers."""
    if not one.is_file() or not other.is_file():
        return None
    pairs = list(zip(_numbers(one), _numbers(other), strict=False))
    differences = [abs(a - b) / max(abs(a), abs(b)) for a, b in pairs if a != b]
    return max(differences, default=None)


def _numbers(path: Path) -> Iterator[float]:
    """Yield all numbers of a table or of a JSON file."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".json":
            content: dict[str, Any] = json.load(file)
            cells = [str(value) for value in content.values()]
        else:
            cells = [cell for row in csv.reader(file) for cell in row]
    for cell in cells:
        try:
            yield float(cell)
        except ValueError:
            continue
