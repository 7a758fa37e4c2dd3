"""8 bits for each weight: enough to look at a network, and for nearly the same answers."""

import math
from typing import NamedTuple

import numpy as np

from stages.network.activations import Activation
from stages.network.dense import Dense

_MAX = 127


class QuantisedLayer(NamedTuple):
    """The weights and biases of a layer: about `values * scale`.

    Attributes
    ----------
    values
        int8, (inputs + 1, neurons), -127 to 127, the biases in the last row.
    scale
        A power of 2: it changes little during training, and so do the values.
    """

    values: np.ndarray
    scale: float

    def dequantise(self, activation: Activation) -> Dense:
        """Make the layer; each weight is at most half of `scale` from what it was."""
        parameters = self.values * np.float32(self.scale)
        return Dense(parameters[:-1], parameters[-1], activation)


def quantise(layer: Dense) -> QuantisedLayer:
    """Round the weights and biases of a layer to 8 bits."""
    parameters = np.vstack([layer.weights, layer.biases])
    largest = float(np.abs(parameters).max())
    scale = 2.0 ** math.ceil(math.log2(largest / _MAX)) if largest else 1.0
    return QuantisedLayer(np.rint(parameters / np.float32(scale)).astype(np.int8), scale)
