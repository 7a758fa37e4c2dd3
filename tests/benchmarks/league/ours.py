"""This project's network, as its recipes train it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from stages.training.config import TrainingConfig
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data, split_validation
from tests.benchmarks.league.run import Classify


def mlp(
    images: np.ndarray, labels: np.ndarray, seed: int, params: dict[str, Any]
) -> Iterator[Classify]:
    config = TrainingConfig.from_params(**params["train"], **params["augment"])
    config = replace(config, hidden=tuple(config.hidden), seed=seed)
    data, _ = split_validation(Data(images, labels), config.validation_fraction)
    ensemble = random_ensemble(config, (28, 28), 10)
    for _ in train_ensemble(ensemble, data, None, config):
        yield lambda images: ensemble.predict_proba(images).argmax(axis=1)
