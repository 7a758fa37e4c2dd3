"""Tables as CSV: what training and evaluation came to, row by row."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stages.reporting.errors import ReportingError

HISTORY = ("epoch", "learning_rate", "cost", "train_accuracy", "validation_accuracy")
PREDICTIONS = ("index", "actual", "predicted", "confidence")


def write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table; numbers have six digits, what is None stays empty.

    Parameters
    ----------
    path
        The file to write.
    columns
        Their names, in order.
    rows
        For each row a value for each column.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for row in rows:
            table.writerow([_written(row[column]) for column in columns])


def read_numbers(path: Path, columns: Sequence[str]) -> dict[str, list[float]]:
    """Read a table of numbers.

    Parameters
    ----------
    path
        A file that `write` wrote.
    columns
        Names that its columns must have.

    Returns
    -------
    dict
        For each column its numbers; not-a-number where the table is empty.

    Raises
    ------
    ReportingError
        If the file has other columns, or something that is no number.
    OSError
        If the file cannot be read.
    """
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


def _written(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
