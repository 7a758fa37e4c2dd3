"""MNIST's test images, and a small network that was trained on its training images."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.classifier import model_file
from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.network.augmentation import Augmentation
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data
from tests.helpers.config import CONFIG


class Mnist(NamedTuple):
    """A folder with the arrays and `model.safetensors`, and its content."""

    folder: Path
    images: np.ndarray
    labels: np.ndarray
    model: model_file.Model


def build(mirror: Path, folder: Path) -> None:
    """Convert MNIST and train on a third of it, which takes a few seconds."""
    arrays.convert(mirror / "mnist", folder, "mnist", CATALOGUE["mnist"])
    images, labels = arrays.load(folder, "train")
    config = replace(
        CONFIG,
        hidden=(100,),
        batch_size=128,
        learning_rate=0.1,
        weight_decay=0,
        validation_fraction=0,
        augmentation=Augmentation(shift=0.6, rotation=5, scale=0.05, shear=0.05, elastic=0.6),
    )
    classes = CATALOGUE["mnist"].classes
    ensemble = random_ensemble(config, (28, 28), len(classes))
    list(train_ensemble(ensemble, Data(images[:20_000], labels[:20_000]), None, config))
    model = model_file.Model(ensemble, (28, 28), classes, "mnist", digit_size=20)
    model_file.save(model, folder / "model.safetensors")


def load(folder: Path) -> Mnist:
    """Load what `build` wrote."""
    model = model_file.load(folder / "model.safetensors")
    return Mnist(folder, *arrays.load(folder, "test"), model)
