"""The images of the dataset `mnist-5k`, whose files are in the project."""

from functools import cache

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from tests.helpers.commands import ROOT

FOLDER = ROOT / "stages" / "datasets" / "mnist-5k"


@cache
def load() -> tuple[np.ndarray, np.ndarray]:
    """Load all images, uint8 (5000, 28, 28), in their order, and labels, uint8 (5000,)."""
    parts = ((TRAIN_IMAGES, TEST_IMAGES), (TRAIN_LABELS, TEST_LABELS))
    images, labels = (
        np.concatenate([idx.read(FOLDER / name) for name in names]) for names in parts
    )
    for array in (images, labels):
        array.flags.writeable = False
    return images, labels
