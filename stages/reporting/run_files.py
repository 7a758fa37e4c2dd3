"""What training and evaluation wrote about a run, read again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.reporting import tables
from stages.reporting.errors import ReportingError
from stages.reporting.metrics import Predictions
from stages.runtime.regular_file import require_file


@dataclass(frozen=True)
class RunFiles:
    """The results of a run.

    Attributes
    ----------
    test
        Predictions for the test images.
    validation
        Predictions for the validation images; None if there are none.
    test_loss
        Mean loss on the test images.
    class_rows
        The rows of `classes.csv` as text, titles first.
    history, calibration
        The columns of `history.csv` and `calibration.csv`.
    """

    test: Predictions
    validation: Predictions | None
    test_loss: float
    class_rows: Sequence[Sequence[str]]
    history: Mapping[str, np.ndarray]
    calibration: Mapping[str, np.ndarray]


def read(folder: Path) -> RunFiles:
    """Read the results of a run.

    Parameters
    ----------
    folder
        Where `train` and `evaluate` wrote.

    Raises
    ------
    ReportingError
        If a file is not what they write.
    OSError
        If a file cannot be read.
    """
    require_file(folder / "metrics.json")
    test, validation = (
        tables.to_predictions(tables.read(folder / name, tables.PREDICTIONS))
        for name in ("predictions.csv", "validation_predictions.csv")
    )
    if test is None:
        raise _malformed(folder / "predictions.csv", "it has no rows")
    return RunFiles(
        test=test,
        validation=validation,
        test_loss=_read_loss(folder / "metrics.json"),
        class_rows=_read_classes(folder / "classes.csv"),
        history=tables.read(folder / "history.csv", tables.HISTORY),
        calibration=tables.read(folder / "calibration.csv", tables.CALIBRATION),
    )


def _read_loss(path: Path) -> float:
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["loss"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise _malformed(path, repr(error)) from error


def _read_classes(path: Path) -> list[list[str]]:
    columns = tables.read(path, tables.CLASSES)
    rows = zip(*columns.values(), strict=True)
    return [
        ["class", "precision", "recall", "F1", "images"],
        *(
            [name, *(f"{100 * rate:.1f}\u00a0%" for rate in rates), f"{n_images:.0f}"]
            for name, *rates, n_images in rows
        ),
    ]


def _malformed(path: Path, why: object) -> ReportingError:
    return ReportingError(
        f"{path}: not what this project writes ({why}): run `python -m stages.evaluate` again"
    )
