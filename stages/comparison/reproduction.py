"""Reproduction: which outputs of a pipeline that ran again differ from those recorded, and how."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from stages.comparison.revisions import locked_hashes, md5
from stages.runtime.yaml_file import read_yaml

# Tables have six digits, metrics six decimals. Their last one may differ, and no more.
_RELATIVE, _ABSOLUTE = 2e-5, 2e-6


class Difference(NamedTuple):
    """How an output differs from the recorded one: in words, and whether by rounding at most."""

    text: str
    is_rounding: bool


class Output(NamedTuple):
    """The MD5 of an output in dvc.lock; and its content, where Git tracks it."""

    md5: str
    content: bytes | None


def recorded_outputs(folder: Path) -> dict[str, Output]:
    """Read the outputs in dvc.lock, by path.

    Raises
    ------
    YamlError
        If the folder has no dvc.lock.
    """
    hashes = locked_hashes(read_yaml(folder / "dvc.lock"))
    return {
        path: Output(locked, (folder / path).read_bytes() if (folder / path).is_file() else None)
        for path, locked in hashes.items()
    }


def differences(recorded: dict[str, Output], folder: Path) -> dict[str, list[Difference]]:
    """Compare recorded outputs with those in a folder, where the pipeline has run again.

    Returns
    -------
    dict
        By path, how each output differs; none for those that are the same, byte for byte.
    """
    return {path: list(_differences(output, folder / path)) for path, output in recorded.items()}


def _differences(recorded: Output, path: Path) -> Iterator[Difference]:
    if not path.is_file():
        yield Difference("was not written", is_rounding=False)
        return
    content, old_content = path.read_bytes(), recorded.content
    if content == old_content or (old_content is None and md5(content) == recorded.md5):
        return
    if old_content is not None and md5(old_content) != recorded.md5:
        yield Difference("was edited after it was recorded in dvc.lock", is_rounding=True)
    old, new = (_rows(each, path.suffix) for each in (old_content or b"", content))
    if old_content is None or old == new:
        yield Difference("has other bytes", is_rounding=True)
        return
    if len(old) != len(new):
        yield Difference(f"{len(old)} rows were recorded, {len(new)} written", is_rounding=False)
    for name in dict.fromkeys(key for row in (*old, *new) for key in row):
        cells = [(a.get(name), b.get(name)) for a, b in zip(old, new, strict=False)]
        changed = [_as_numbers(*pair) for pair in cells if pair[0] != pair[1]]
        if changed:
            largest = max(abs(a - b) for a, b in changed)
            size = f" by up to {largest:.2g}" if math.isfinite(largest) else ""
            is_rounding = all(
                math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE) for a, b in changed
            )
            text = f"{name} differs{size} in {len(changed)} of {len(cells)} rows"
            yield Difference(text, is_rounding)


def _rows(table: bytes, suffix: str) -> list[dict[str, Any]]:
    """Read a table; empty if it is none."""
    try:
        if suffix == ".json":
            return [dict(json.loads(table))]
        return [*csv.DictReader(table.decode().splitlines())] if suffix == ".csv" else []
    except (ValueError, TypeError, csv.Error):
        return []


def _as_numbers(*cells: Any) -> tuple[float, float]:
    """Return two cells that differ as numbers; as 0 and infinity if one is no number."""
    try:
        a, b = (float(cell) for cell in cells)
    except (TypeError, ValueError):
        return 0.0, math.inf
    return (a, b) if math.isfinite(a - b) else (0.0, math.inf)
