"""Tables as CSV: those of training, of evaluation and of studies."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from stages.reporting.errors import ReportingError
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


@dataclass(frozen=True)
class Predictions:
    """Predictions for test or validation images: the columns of their table.

    Attributes
    ----------
    actual, predicted
        Names of classes, (n,).
    confidence
        float64, (n,), 0 to 1.
    """

    actual: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray


def write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table; floats have six significant digits, None is an empty cell.

    Parameters
    ----------
    path
        The file to write.
    columns
        Names of the columns, in order.
    rows
        One mapping a row, with a value for each column.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_format(row[column]) for column in columns])


def read_numbers(path: Path, columns: Sequence[str]) -> dict[str, list[float]]:
    """Read a table of numbers.

    Parameters
    ----------
    path
        A file written by `write`.
    columns
        Expected names of its columns.

    Returns
    -------
    dict
        The values of each column by name; NaN for an empty cell.

    Raises
    ------
    ReportingError
        If the file has other columns, or a cell that is not a number.
    OSError
        If the file cannot be read.
    """
    require_file(path)
    with path.open(newline="", encoding="utf-8") as file:
        try:
            header, *rows = csv.reader(file)
            if header != list(columns):
                raise ValueError(f"its columns are {', '.join(header)}")
            numbers = [[float(value or "nan") for value in row] for row in rows]
            by_column = zip(*numbers, strict=True) if numbers else [()] * len(columns)
            return {name: list(column) for name, column in zip(columns, by_column, strict=True)}
        except (ValueError, csv.Error) as error:
            raise ReportingError(
                f"{path}: not a table of {', '.join(columns)} ({error}): run the stage that writes"
                " it again"
            ) from error


def read_predictions(file: TextIO, name: str) -> Predictions:
    """Read `predictions.csv` or `validation_predictions.csv`.

    Parameters
    ----------
    file
        Open for reading.
    name
        Name of the file for error messages.

    Returns
    -------
    Predictions
        With at least one row.

    Raises
    ------
    ReportingError
        If it is another table, or has no rows.
    """
    try:
        header, *rows = csv.reader(file)
        if header != list(PREDICTIONS):
            raise ValueError(f"its columns are {', '.join(header)}")
        if not rows:
            raise ReportingError(
                f"{name}: has no predictions, for there were no images: with"
                " train.validation_fraction 0 there are no validation images"
            )
        _, actual, predicted, confidence = zip(*rows, strict=True)
        return Predictions(np.array(actual), np.array(predicted), np.array(confidence, np.float64))
    except (ValueError, csv.Error) as error:
        raise ReportingError(
            f"{name}: not a table of {', '.join(PREDICTIONS)} ({error}): run the"
            " stage that writes it again"
        ) from error


def _format(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
