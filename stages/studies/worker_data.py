"""The arrays of a study, and how a worker gets exactly the same ones."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from stages.datasets import arrays
from stages.datasets.errors import DatasetError
from stages.datasets.manifest import read_manifest
from stages.studies.errors import CellError
from stages.training.split import Data


class Splits(NamedTuple):
    """Both splits of a dataset."""

    train: Data
    test: Data


def load(folder: Path) -> Splits:
    """Open the arrays in a folder as memory maps; errors are those of `datasets.arrays.load`."""
    return Splits(*(Data(*arrays.load(folder, split)) for split in arrays.SPLITS))


@cache
def open_shared(folder: Path, data_hash: str) -> Splits:
    """Open arrays on a disk that this process shares, once per process.

    Raises
    ------
    CellError
        If the folder, as this process sees it, does not hold the arrays whose manifest has this
        hash.
    """
    try:
        if read_manifest(folder).sha256 == data_hash:
            return load(folder)
    except (DatasetError, OSError):
        pass
    raise CellError(
        f"a worker does not find this study's arrays in {folder}: start the study again, and they"
        " are sent to it"
    )


def is_shared(folder: Path, data_hash: str) -> bool:
    """Check whether `open_shared` can open these arrays in this process."""
    try:
        open_shared(folder, data_hash)
    except CellError:
        return False
    return True
