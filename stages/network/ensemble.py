"""Ensembles: networks trained with different seeds, whose probabilities are averaged.

Each makes other mistakes, so the mean makes fewer (Hansen and Salamon, "Neural network ensembles",
1990). A single network is an ensemble of one.
"""

from collections.abc import Sequence

import numpy as np

from stages.network.activations import Floats
from stages.network.mlp import MLP


class Ensemble:
    """Networks whose probabilities are averaged.

    Parameters
    ----------
    networks
        At least one; all take the same images and have the same loss.
    """

    def __init__(self, networks: Sequence[MLP]) -> None:
        self.networks = tuple(networks)
        self.loss = self.networks[0].loss

    def predict_proba(self, images: np.ndarray) -> Floats:
        """Average the networks' `predict_proba`, float32 (n, classes), on uint8 images."""
        total = self.networks[0].predict_proba(images)
        for network in self.networks[1:]:
            total += network.predict_proba(images)
        total /= len(self.networks)
        return total

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy, 0 to 1, on images, uint8 (n, rows, columns)."""
        probabilities = self.predict_proba(images)
        accuracy = (probabilities.argmax(axis=1) == labels).mean()
        return self.loss.value(probabilities, labels), float(accuracy)
