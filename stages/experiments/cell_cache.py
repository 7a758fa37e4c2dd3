"""Cache of finished cells, one small JSON file each, so that no cell is trained twice."""

import json
from collections.abc import Iterable
from pathlib import Path

from stages.experiments.cells import Cell
from stages.runtime.files import atomic_write


def load_cached(
    folder: Path, cells: Iterable[Cell]
) -> tuple[dict[str, dict[str, float]], list[Cell]]:
    """Load the results of the cells that are finished.

    Parameters
    ----------
    folder
        Folder of the cache.
    cells
        All cells of a study.

    Returns
    -------
    cached : dict
        Results of the finished cells, by key.
    missing : list of Cell
        The others, one for each key.
    """
    cached: dict[str, dict[str, float]] = {}
    missing: dict[str, Cell] = {}
    for cell in cells:
        metrics = _read(folder, cell)
        if metrics is None:
            missing.setdefault(cell.key, cell)
        else:
            cached[cell.key] = metrics
    return cached, list(missing.values())


def write(folder: Path, cell: Cell, metrics: dict[str, float]) -> None:
    """Write the result of a cell.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    content = cell.identity | {"metrics": metrics}
    with atomic_write(_path(folder, cell)) as tmp_path:
        tmp_path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _read(folder: Path, cell: Cell) -> dict[str, float] | None:
    """Read the result of a cell; None when there is none, or its file is broken."""
    try:
        content = json.loads(_path(folder, cell).read_text(encoding="utf-8"))
        return {name: float(value) for name, value in content["metrics"].items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _path(folder: Path, cell: Cell) -> Path:
    return folder / f"{cell.key}.json"
