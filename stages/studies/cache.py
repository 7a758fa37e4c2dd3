"""Cache of finished cells, one small JSON file each, so that no cell is trained twice."""

import base64
import json
import math
from pathlib import Path

import numpy as np

from stages.runtime.files import atomic_write
from stages.studies.cells import Cell, CellResult

# Metrics are rounded to six decimals.
_ROUNDING = 1e-6


def write(folder: Path, cell: Cell, result: CellResult) -> None:
    """Write the result of a cell: its metrics, and its correct images as packed bits in base64."""
    content = cell.identity | {
        "metrics": result.metrics,
        "n_images": len(result.is_correct),
        "is_correct": base64.b64encode(np.packbits(result.is_correct).tobytes()).decode(),
    }
    with atomic_write(_path(folder, cell)) as tmp_path:
        tmp_path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read(folder: Path, cell: Cell) -> CellResult | None:
    """Read the result of a cell; None when there is none, or its file is broken."""
    try:
        content = json.loads(_path(folder, cell).read_text(encoding="utf-8"))
        metrics = {str(name): float(value) for name, value in content["metrics"].items()}
        bits = np.frombuffer(base64.b64decode(content["is_correct"], validate=True), np.uint8)
        n_images = content["n_images"]
        if type(n_images) is not int or n_images < 1 or len(bits) != math.ceil(n_images / 8):
            return None
        is_correct = np.unpackbits(bits, count=n_images).astype(bool)
        accuracy_agrees = abs(metrics["accuracy"] - is_correct.mean()) <= _ROUNDING
        finite = all(math.isfinite(value) for value in metrics.values())
        return CellResult(metrics, is_correct) if accuracy_agrees and finite else None
    # RecursionError: JSON that is nested thousands deep.
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _path(folder: Path, cell: Cell) -> Path:
    return folder / f"{cell.key}.json"
