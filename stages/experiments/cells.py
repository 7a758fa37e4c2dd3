"""One cell: the key that tells what its result depends on, and the work."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import scipy
from threadpoolctl import OpenBLASController, threadpool_limits

from stages.experiments import worker_data as arrays
from stages.experiments.errors import CellError
from stages.network.config import TrainingConfig
from stages.reporting import metrics

_STAGES = Path(__file__).parent.parent
# All code that a cell runs, but for the reading of arrays, which are known by their own hash.
_CODE = ("network/*.py", "reporting/metrics.py", "experiments/cells.py")
# How many threads BLAS has is a matter of the whole process, so a process does a cell at a time.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Cell:
    """What one result depends on.

    Attributes
    ----------
    label
        What people call it; nothing depends on that.
    recipe
        The parameters, the seed among them.
    classes
        Names of the classes.
    data
        Checksum of the arrays.
    code
        Checksum of the code.
    """

    label: str
    recipe: TrainingConfig
    classes: tuple[str, ...]
    data: str
    code: str

    @property
    def identity(self) -> dict[str, Any]:
        """All but the label, as JSON can hold it."""
        return {name: value for name, value in asdict(self).items() if name != "label"}

    @property
    def key(self) -> str:
        """SHA-256 of the identity: cells of the same key have the same result."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()


@cache
def code_fingerprint() -> str:
    """Compute the SHA-256 of the code that decides a cell's result, NumPy and SciPy included."""
    digest = hashlib.sha256(f"numpy {np.__version__} scipy {scipy.__version__}".encode())
    for pattern in _CODE:
        for path in sorted(_STAGES.glob(pattern)):
            digest.update(f"\n{path.relative_to(_STAGES).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Give BLAS one thread for the block, in whatever thread that runs; one such at a time."""
    with _ONE_AT_A_TIME:
        # The thread that has set a limit first, be it by importing the network, is the only one
        # whose limits are heeded from then on: all others are ignored without a word.
        OpenBLASController.clear_controlling_thread(force=True)
        with threadpool_limits(1):
            yield


def work(cell: Cell, given: arrays.Arrays | Path) -> dict[str, float]:
    """Train and evaluate, as `stages.train` and `stages.evaluate` do.

    BLAS has one thread, whatever the worker: how many it has can change the last digits of a
    result, and cells side by side would fight for the cores.

    Parameters
    ----------
    cell
        What to work on.
    given
        The arrays, or the folder that they are in.

    Returns
    -------
    dict
        What metrics.json would hold.

    Raises
    ------
    CellError
        If this process has other code or other arrays than the cell is about.
    NetworkError
        If training goes wrong.
    """
    if cell.code != code_fingerprint():
        raise CellError(
            "a worker has other code, or another NumPy or SciPy, than this study: bring its copy of"
            " the project and its environment to the same state"
        )
    data = arrays.open_shared(given, cell.data) if isinstance(given, Path) else given
    with one_blas_thread():
        committee, epochs = cell.recipe.start(
            data.train_images, data.train_labels, len(cell.classes)
        )
        for _ in epochs:
            pass
        outputs = committee.outputs(data.test_images)
    loss = committee.loss(outputs.T, data.test_labels)
    return metrics.evaluate(outputs, data.test_labels).to_dict(loss)
