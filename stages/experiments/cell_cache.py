"""Results of finished cells, a small JSON file each, so that none is worked on twice."""

import json
from collections.abc import Iterable
from pathlib import Path

from stages.experiments.cells import Cell
from stages.runtime.files import atomic_write


def look_up(folder: Path, cells: Iterable[Cell]) -> tuple[dict[str, dict[str, float]], list[Cell]]:
    """Tell which cells are finished.

    Parameters
    ----------
    folder
        Where results are kept.
    cells
        Those of a study.

    Returns
    -------
    found : dict
        What the finished ones came to, by their keys.
    missing : list of Cell
        The others, one of each key.
    """
    found: dict[str, dict[str, float]] = {}
    missing: dict[str, Cell] = {}
    for cell in cells:
        metrics = _read(folder, cell)
        if metrics is None:
            missing.setdefault(cell.key, cell)
        else:
            found[cell.key] = metrics
    return found, list(missing.values())


def write(folder: Path, cell: Cell, metrics: dict[str, float]) -> None:
    """Keep what a cell came to.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    content = cell.identity | {"metrics": metrics}
    with atomic_write(_path(folder, cell)) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _read(folder: Path, cell: Cell) -> dict[str, float] | None:
    """Read what a cell came to; None when it is not kept, or its file is broken."""
    try:
        content = json.loads(_path(folder, cell).read_text(encoding="utf-8"))
        return {name: float(value) for name, value in content["metrics"].items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _path(folder: Path, cell: Cell) -> Path:
    return folder / f"{cell.key}.json"
