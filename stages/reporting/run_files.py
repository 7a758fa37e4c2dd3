"""What training and evaluation wrote about a run, read again."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.reporting.errors import ReportingError
from stages.reporting.tables import (
    CALIBRATION,
    CLASSES,
    HISTORY,
    Predictions,
    read_numbers,
    read_predictions,
)
from stages.runtime.regular_file import require_file

_RESULTS = (
    "predictions.csv",
    "validation_predictions.csv",
    "metrics.json",
    "classes.csv",
    "history.csv",
    "calibration.csv",
)


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
    history: Mapping[str, list[float]]
    calibration: Mapping[str, list[float]]


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
    for name in _RESULTS:
        require_file(folder / name)
    metrics = _read_metrics(folder / "metrics.json")
    return RunFiles(
        test=_read_predictions(folder / "predictions.csv"),
        # Without validation images the table has no rows.
        validation=_read_predictions(folder / "validation_predictions.csv")
        if "validation_accuracy" in metrics
        else None,
        test_loss=metrics["loss"],
        class_rows=_read_classes(folder / "classes.csv"),
        history=read_numbers(folder / "history.csv", HISTORY),
        calibration=read_numbers(folder / "calibration.csv", CALIBRATION),
    )


def _read_metrics(path: Path) -> dict[str, float]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        metrics = {str(name): float(value) for name, value in content.items()}
        if "loss" not in metrics:
            raise ValueError("it has no loss")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed(path, error) from error
    return metrics


def _read_predictions(path: Path) -> Predictions:
    with path.open(newline="", encoding="utf-8") as file:
        return read_predictions(file, str(path))


def _read_classes(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if header != list(CLASSES):
            raise ValueError(f"its columns are {', '.join(header)}")
        return [
            ["class", "precision", "recall", "F1", "images"],
            *(
                [name, *(f"{100 * float(value):.1f}\u00a0%" for value in rates), n_images]
                for name, *rates, n_images in rows
            ),
        ]
    except (ValueError, csv.Error) as error:
        raise _malformed(path, error) from error


def _malformed(path: Path, why: object) -> ReportingError:
    return ReportingError(
        f"{path}: not what this project writes ({why}): run `python -m stages.train` and"
        " `python -m stages.evaluate` again"
    )
