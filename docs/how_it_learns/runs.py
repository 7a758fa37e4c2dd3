"""The data and the trainings that the page tells of, by the pipeline's own functions."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from docs.how_it_learns.quotation import ROOT
from stages.datasets import idx
from stages.datasets.catalogue import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from stages.network.mlp import MLP
from stages.training.config import TrainingConfig
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.loop import EpochMetrics
from stages.training.split import Data, split_validation

FOLDER = ROOT / "stages" / "datasets" / "mnist-5k"

_params = YAML(typ="safe").load(ROOT / "params.yaml")
_params["train"]["hidden"] = tuple(_params["train"]["hidden"])
DEFAULT = TrainingConfig.from_params(**_params["train"], **_params["augment"])
# As small and plain as possible; each section of the page changes one thing.
PLAIN = replace(
    DEFAULT,
    hidden=(32,),
    epochs=20,
    learning_rate=0.1,
    learning_rate_schedule="constant",
    momentum=0.0,
    augmentation=None,
)


@dataclass(frozen=True)
class Run:
    """A trained network, and the metrics of its epochs."""

    network: MLP
    epochs: list[EpochMetrics]

    def column(self, name: str) -> list[float]:
        """Return one of the metrics, a value for each epoch."""
        return [getattr(epoch, name) for epoch in self.epochs]


@cache
def train_data() -> tuple[Data, Data]:
    """Read the images and labels to learn from, and those for validation."""
    data = Data(idx.read(FOLDER / TRAIN_IMAGES), idx.read(FOLDER / TRAIN_LABELS))
    learn, validation = split_validation(data, DEFAULT.validation_fraction)
    assert validation is not None
    return learn, validation


@cache
def test_data() -> Data:
    """Read the test images and their labels."""
    return Data(idx.read(FOLDER / TEST_IMAGES), idx.read(FOLDER / TEST_LABELS))


@cache
def run(config: TrainingConfig = PLAIN, **changes: Any) -> Run:
    """Train a network as `config` says, but for `changes`."""
    config = replace(config, **changes)
    ensemble = random_ensemble(config, (28, 28), 10)
    epochs = list(train_ensemble(ensemble, *train_data(), config))
    return Run(ensemble.networks[0], epochs)
