"""Tables of training, evaluation and studies, as CSV."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from stages.reporting.errors import ReportingError
from stages.reporting.metrics import Predictions
from stages.runtime.regular_file import require_file

HISTORY = (
    "epoch",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "clean_train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
PREDICTIONS = ("index", "actual", "predicted", "confidence")
CLASSES = ("class", "precision", "recall", "f1", "n_images")
CALIBRATION = ("confidence", "accuracy", "n_images")


# Columns that hold names of classes; all others hold numbers.
_NAMES = frozenset(("class", "actual", "predicted"))


def write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table; floats have six significant digits, None is an empty cell.

    Parameters
    ----------
    path
        The file to write.
    columns
        Names of the columns, in order.
    rows
        One mapping per row, with a value for each column.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_format(row[column]) for column in columns])


def read(path: Path, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Read a table that `write` wrote; see `parse`."""
    require_file(path)
    with path.open(newline="", encoding="utf-8") as file:
        return parse(file, str(path), columns)


def parse(file: TextIO, name: str, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Read a table from an open file.

    Parameters
    ----------
    file
        Open for reading.
    name
        Name of the file for error messages.
    columns
        Expected names of its columns.

    Returns
    -------
    dict
        The values of each column by name, (n,): names of classes as text, all others float64, NaN
        for an empty cell.

    Raises
    ------
    ReportingError
        If the file has other columns, or a cell that is not a number.
    """
    try:
        header, *rows = csv.reader(file)
        if header != list(columns):
            raise ValueError(f"its columns are {', '.join(header)}")
        cells = zip(*rows, strict=True) if rows else [()] * len(columns)
        return {
            column: np.array(values if column in _NAMES else [float(v or "nan") for v in values])
            for column, values in zip(columns, cells, strict=True)
        }
    except (ValueError, csv.Error) as error:
        raise ReportingError(
            f"{name}: not a table of {', '.join(columns)} ({error}): run the stage that writes it"
            " again"
        ) from error


def to_predictions(columns: Mapping[str, np.ndarray]) -> Predictions | None:
    """Return the predictions in a table; None if it has no rows."""
    actual, predicted, confidence = (columns[name] for name in PREDICTIONS[1:])
    return Predictions(actual, predicted, confidence) if len(actual) else None


def _format(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
