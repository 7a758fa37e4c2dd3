"""8 bits a weight: enough to look at a network, and for nearly the same answers."""

import math
from typing import NamedTuple

import numpy as np

from stages.network.activations import Floats

_MAX = 127


class QuantisedLayer(NamedTuple):
    """The weights of a layer: about `values * scale`.

    Attributes
    ----------
    values
        int8, (neurons, inputs + 1), -127 to 127, the biases in the last column.
    scale
        A power of 2: it changes little during training, and so do the values.
    """

    values: np.ndarray
    scale: float

    def dequantise(self) -> Floats:
        """Return the weights, float32, each at most half of `scale` from what it was."""
        return self.values * np.float32(self.scale)


def quantise(weights: Floats) -> QuantisedLayer:
    """Round weights, float32 of any shape, to 8 bits."""
    largest = float(np.abs(weights).max())
    scale = 2.0 ** math.ceil(math.log2(largest / _MAX)) if largest else 1.0
    return QuantisedLayer(np.rint(weights / np.float32(scale)).astype(np.int8), scale)
