"""Reads CSV: a row per image, with its pixels and perhaps its label."""

import io
import math
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stages.datasets.class_names import MAX_NAME_LENGTH
from stages.datasets.content import open_content
from stages.datasets.errors import DatasetError

_TEXT = f"U{MAX_NAME_LENGTH + 1}"
_LABEL_NAMES = ("label", "labels", "class", "target", "digit", "character", "y")
# Names of columns that number the rows.
_INDEX_NAMES = ("", "id", "index", "imageid", "unnamed: 0")


class _Table(NamedTuple):
    path: Path
    delimiter: str
    has_names: bool

    def load(self, columns: list[int], dtype: Any) -> np.ndarray:
        """Read columns; raise `ValueError` or a warning for other values, or none."""
        with (
            open_content(self.path) as file,
            io.TextIOWrapper(file, "utf-8-sig") as text,
            warnings.catch_warnings(action="error"),
        ):
            return np.loadtxt(
                text,
                dtype=dtype,
                comments=None,
                delimiter=self.delimiter,
                quotechar='"',
                skiprows=int(self.has_names),
                usecols=columns,
                ndmin=2,
            )


def read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read a table of square images, gzipped or plain, in UTF-8, with or without a line of names.

    The values are separated by commas, semicolons or tabs. The label's column is the one whose name
    says so; without such a name it is the first or the last, whichever looks less like a corner of
    images.

    Returns
    -------
    images : ndarray
        (n, side, side), uint8; float32 if some values are not whole numbers from 0 to 255.
    labels : ndarray or None
        Text, (n,); None if all columns are pixels.

    Raises
    ------
    DatasetError
        If it is no such table.
    """
    with open_content(path) as file:
        line = file.readline().decode("utf-8-sig", "replace")
    delimiter = max(",;\t", key=line.count)
    names = [cell.strip(' "\r\n').lower() for cell in line.split(delimiter)]
    # Names all differ; of the pixels of an image many are alike.
    table = _Table(path, delimiter, has_names=len(set(names)) == len(names))
    try:
        pixels, label = _find_columns(table, names)
        labels = None if label is None else table.load([label], _TEXT)[:, 0]
        try:
            images = table.load(pixels, np.uint8)
        except (ValueError, Warning):
            images = table.load(pixels, np.float32)
    except ValueError as error:
        raise DatasetError(f"{path}: not a table of numbers: {error}") from error
    except UserWarning as error:
        raise DatasetError(f"{path}: holds a line of names, and no images") from error
    side = math.isqrt(len(pixels))
    return images.reshape(-1, side, side), labels


def _find_columns(table: _Table, names: list[str]) -> tuple[list[int], int | None]:
    """Find the columns of the pixels, and that of the labels, if there are any."""
    known = names if table.has_names else [None] * len(names)
    labels = [index for index, name in enumerate(known) if name in _LABEL_NAMES]
    pixels = [
        index for index, name in enumerate(known) if name not in (*_LABEL_NAMES, *_INDEX_NAMES)
    ]
    if not labels and _is_square(len(pixels) - 1):
        ends = [pixels[0], pixels[-1]]
        first, last = map(_likeness_to_a_corner, table.load(ends, _TEXT).T)
        if first == last:
            raise DatasetError(
                f"{table.path}: which column has the labels? Name it label in a first line"
            )
        labels = [ends[first > last]]
        pixels.remove(labels[0])
    if not _is_square(len(pixels)) or len(labels) > 1:
        raise DatasetError(
            f"{table.path}: has {len(names)} columns, but must have one for each pixel of square"
            " images, and one for the label: 785 for 28 x 28"
        )
    return pixels, labels[0] if labels else None


def _likeness_to_a_corner(values: np.ndarray) -> tuple[bool, bool, int]:
    """Tell how a column looks: a corner has one value in all or most images, or many values."""
    counts = Counter(values.tolist())
    return len(counts) < 2, max(counts.values()) > len(values) / 2, len(counts)


def _is_square(n: int) -> bool:
    return n > 0 and math.isqrt(n) ** 2 == n
