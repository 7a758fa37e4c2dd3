"""scikit-learn's `MLPClassifier`: Adam with the best rate of 0.0005, 0.001 and 0.002."""

from collections.abc import Iterator

import numpy as np
from sklearn.neural_network import MLPClassifier

from tests.benchmarks.league.run import Classify


def mlp(images: np.ndarray, labels: np.ndarray, seed: int) -> Iterator[Classify]:
    network = MLPClassifier((400,), batch_size=128, learning_rate_init=0.001, random_state=seed)
    pixels = _pixels(images)
    for _ in range(20):
        network.partial_fit(pixels, labels, classes=np.arange(10))
        yield lambda images: network.predict(_pixels(images))


def _pixels(images: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = images.reshape(len(images), -1).astype(np.float32) / 255
    return pixels
