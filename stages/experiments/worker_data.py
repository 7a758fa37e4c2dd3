"""The arrays of a study, and how a worker comes to hold the very same ones."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.datasets import arrays
from stages.experiments.errors import CellError


class Arrays(NamedTuple):
    """Both parts of a dataset: images uint8 (n, rows, columns), labels uint8 (n,)."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load(folder: Path) -> Arrays:
    """Open the arrays in a folder, as memory maps; errors are those of `datasets.arrays.load`."""
    return Arrays(*arrays.load(folder, "train"), *arrays.load(folder, "test"))


def fingerprint(folder: Path) -> str:
    """Compute the SHA-256 of the files of both parts.

    Raises
    ------
    OSError
        If a file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    for part in arrays.SPLITS:
        for path in arrays.paths(folder, part):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def has(folder: Path, wanted: str) -> bool:
    """Tell whether the folder, as this process sees it, holds the arrays of a fingerprint."""
    try:
        return fingerprint(folder) == wanted
    except OSError:
        return False


@cache
def open_shared(folder: Path, wanted: str) -> Arrays:
    """Open arrays that lie on a disk which this process shares; once a process.

    Raises
    ------
    CellError
        If the folder does not hold the arrays of this fingerprint.
    """
    if not has(folder, wanted):
        raise CellError(
            f"a worker does not find this study's arrays in {folder}: start the study again, and"
            " they are sent to it"
        )
    return load(folder)
