"""One cell of a study, a variant with a seed: its cache key and its computation."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy

from stages.network.parallel import one_thread
from stages.reporting import metrics
from stages.runtime import run_inputs
from stages.studies import worker_data
from stages.studies.errors import CellError
from stages.studies.specification import StudySpec
from stages.training.config import TrainingConfig
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import split_validation

# All code that decides a result. How arrays are read is not part of it: they have their own hash.
_CODE = ("network", "training", "reporting/metrics.py", "studies/cells.py")


@dataclass(frozen=True)
class Cell:
    """Everything a result depends on."""

    label: str  # name for messages; the result does not depend on it
    config: TrainingConfig  # with the seed
    classes: tuple[str, ...]
    data_hash: str  # that of the arrays' manifest
    code_hash: str

    @property
    def identity(self) -> dict[str, Any]:
        """Everything but the label, as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "label"}

    @property
    def key(self) -> str:
        """SHA-256 of the identity: cells with the same key have the same result."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()


def make_cells(
    spec: StudySpec, classes: tuple[str, ...], data_hash: str
) -> dict[tuple[str, int], Cell]:
    """Return the cell of each variant, by name, and seed."""
    return {
        (variant.name, seed): Cell(
            f"{variant.name}, seed {seed}",
            TrainingConfig.from_params(**variant.params, seed=seed).for_classes(classes),
            classes,
            data_hash,
            code_hash(),
        )
        for variant in spec.variants
        for seed in spec.seeds
    }


class CellResult(NamedTuple):
    """Result of a cell: its metrics, and which test images are classified correctly."""

    metrics: dict[str, float]  # as in metrics.json
    is_correct: np.ndarray  # bool, (n,)


@cache
def code_hash() -> str:
    """Compute the SHA-256 of the code that decides a result, and NumPy's and SciPy's version."""
    libraries = f"numpy {np.__version__} scipy {scipy.__version__}"
    return hashlib.sha256(f"{run_inputs.code_hash(*_CODE)} {libraries}".encode()).hexdigest()


def train_and_evaluate(cell: Cell, data: worker_data.Splits | Path) -> CellResult:
    """Train and evaluate a cell, as `stages.train` and `stages.evaluate` do.

    `data` are the arrays, or the folder that holds them.

    Raises
    ------
    CellError
        If this process has other code or other arrays than the cell.
    TrainingError
        If training diverges.
    """
    if cell.code_hash != code_hash():
        raise CellError(
            "a worker has other code, or another NumPy or SciPy, than this study: bring its copy of"
            " the project and its environment to the same state"
        )
    train, test = worker_data.open_shared(data, cell.data_hash) if isinstance(data, Path) else data
    train_data, validation = split_validation(train, cell.config.validation_fraction)
    ensemble = random_ensemble(cell.config, train.images.shape[1:], len(cell.classes))
    with one_thread():  # the other cores train other cells
        for _ in train_ensemble(ensemble, train_data, validation, cell.config):
            pass
    outputs = ensemble.predict_proba(test.images)
    loss = ensemble.loss.value(outputs, test.labels)
    evaluation = metrics.evaluate(outputs, test.labels)
    validation_accuracy = ensemble.evaluate(*validation)[1] if validation else math.nan
    content = evaluation.to_dict(loss, validation_accuracy)
    return CellResult(content, evaluation.is_correct)
