"""The arrays of a study, and how a worker gets exactly the same ones."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from stages.datasets import arrays
from stages.studies.errors import CellError
from stages.training.split import Data


class Splits(NamedTuple):
    """Both splits of a dataset."""

    train: Data
    test: Data


def load(folder: Path) -> Splits:
    """Open the arrays in a folder as memory maps; errors are those of `datasets.arrays.load`."""
    return Splits(*(Data(*arrays.load(folder, split)) for split in arrays.SPLITS))


def data_hash(folder: Path) -> str:
    """Compute the SHA-256 of the files of both splits."""
    digest = hashlib.sha256()
    for split in arrays.SPLITS:
        for path in arrays.paths(folder, split):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def matches(folder: Path, expected_hash: str) -> bool:
    """Check whether the folder, as this process sees it, holds the arrays with this hash."""
    try:
        return data_hash(folder) == expected_hash
    except OSError:
        return False


@cache
def open_shared(folder: Path, expected_hash: str) -> Splits:
    """Open arrays on a disk that this process shares, once per process.

    Raises
    ------
    CellError
        If the folder does not hold the arrays with this hash.
    """
    if not matches(folder, expected_hash):
        raise CellError(
            f"a worker does not find this study's arrays in {folder}: start the study again, and"
            " they are sent to it"
        )
    return load(folder)
