"""Reads tables of images: a row per image, with its pixels and perhaps its label."""

import io
import math
import warnings
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stages.datasets.class_names import MAX_NAME_LENGTH
from stages.datasets.content import open_content
from stages.datasets.errors import DatasetError

_BLOCK_ROWS = 4096
_LABEL_NAMES = ("label", "labels", "class", "target", "digit", "character", "y")
# Names of columns that number the rows.
_INDEX_NAMES = ("", "id", "index", "imageid", "unnamed: 0")


class _Layout(NamedTuple):
    delimiter: str
    has_names: bool
    pixels: list[int]
    labels: list[int]  # one column, or none


def read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read a table of square images.

    The values are separated by commas, semicolons or tabs. The label's column is the one whose name
    says so; without such a name it is the first or the last, whichever looks less like a corner of
    images.

    Parameters
    ----------
    path
        The file, gzipped or plain, in UTF-8, with or without a line of names.

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
    OSError
        If the file cannot be read.
    """
    layout = _find_layout(path)
    try:
        return _parse(path, layout, np.uint8)
    except (ValueError, Warning):
        try:
            return _parse(path, layout, np.float32)
        except (ValueError, Warning) as error:
            raise DatasetError(f"{path}: not a table of numbers: {error}") from error


def _find_layout(path: Path) -> _Layout:
    with open_content(path) as file:
        line = file.readline().decode("utf-8-sig", "replace")
    delimiter = max(",;\t", key=line.count)
    cells = [cell.strip(' "\r\n').lower() for cell in line.split(delimiter)]
    # Names all differ; of the pixels of an image many are alike.
    has_names = len(set(cells)) == len(cells)
    labels = [index for index, cell in enumerate(cells) if has_names and cell in _LABEL_NAMES]
    pixels = [
        index
        for index, cell in enumerate(cells)
        if not (has_names and cell in (*_LABEL_NAMES, *_INDEX_NAMES))
    ]
    if not labels and _is_square(len(pixels) - 1):
        labels = [_find_label(path, delimiter, has_names, pixels)]
        pixels.remove(labels[0])
    if not _is_square(len(pixels)) or len(labels) > 1:
        raise DatasetError(
            f"{path}: has {len(cells)} columns, but must have one for each pixel of square images,"
            " and one for the label: 785 for 28 x 28"
        )
    return _Layout(delimiter, has_names, pixels, labels)


def _find_label(path: Path, delimiter: str, has_names: bool, columns: list[int]) -> int:
    """Tell whether the first or the last column holds the labels."""
    first, last = Counter[bytes](), Counter[bytes]()
    with open_content(path) as file:
        for line in islice(file, int(has_names), None):
            first[line.split(delimiter.encode(), columns[0] + 1)[: columns[0] + 1][-1]] += 1
            last[line.rpartition(delimiter.encode())[2]] += 1
    # A corner has one value in all or most images, or many values.
    keys = [
        (len(counter) < 2, max(counter.values(), default=0) > counter.total() / 2, len(counter))
        for counter in (first, last)
    ]
    if keys[0] == keys[1]:
        raise DatasetError(f"{path}: which column has the labels? Name it label in a first line")
    return columns[0] if keys[0] < keys[1] else columns[-1]


def _parse(
    path: Path, layout: _Layout, dtype: type[np.generic]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read all rows, block by block; `ValueError` or a warning if a value has another type."""
    has_label = bool(layout.labels)
    fields: list[Any] = [("pixels", dtype, (len(layout.pixels),))]
    fields += [("label", f"U{MAX_NAME_LENGTH + 1}")] * has_label
    images: list[np.ndarray] = []
    labels: list[str] = []
    with open_content(path) as file, io.TextIOWrapper(file, "utf-8-sig") as text:
        rows_of_text = islice(text, int(layout.has_names), None)
        lines = (line for line in rows_of_text if not line.isspace())
        while block := list(islice(lines, _BLOCK_ROWS)):
            with warnings.catch_warnings(action="error"):
                rows = np.loadtxt(
                    block,
                    dtype=fields,
                    comments=None,
                    delimiter=layout.delimiter,
                    quotechar='"',
                    usecols=[*layout.pixels, *layout.labels],
                    ndmin=1,
                )
            images.append(rows["pixels"].copy())
            labels += rows["label"].tolist() if has_label else []
    side = math.isqrt(len(layout.pixels))
    stacked = np.concatenate([np.empty((0, len(layout.pixels)), dtype), *images])
    return stacked.reshape(-1, side, side), np.array(labels, str) if has_label else None


def _is_square(n: int) -> bool:
    return n > 0 and math.isqrt(n) ** 2 == n
