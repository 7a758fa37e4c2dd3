"""Activation functions: what a neuron makes of the sum of its inputs."""

import math
from typing import Protocol

import numpy as np

from stages.network.names import ActivationName

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Activation(Protocol):
    """A function of each element, and its derivative; both work in place, to spare memory."""

    def apply(self, sums: Floats) -> None:
        """Replace weighted sums, any shape, by the function's values."""

    def multiply_by_derivative(self, gradient: Floats, values: Floats) -> None:
        """Multiply `gradient` by the derivative, told from the function's `values`; same shape."""

    def init_std(self, inputs: int, outputs: int) -> float:
        """Return the standard deviation of random weights that suits this function."""


class Sigmoid:
    """1 / (1 + exp(-x)): a smooth step from 0 to 1."""

    def apply(self, sums: Floats) -> None:
        """Replace sums by values in [0, 1]; written with tanh, which never overflows."""
        sums *= 0.5
        np.tanh(sums, out=sums)
        sums += 1
        sums *= 0.5

    def multiply_by_derivative(self, gradient: Floats, values: Floats) -> None:
        """Multiply by s (1 - s)."""
        gradient *= values
        gradient *= 1 - values

    def init_std(self, inputs: int, outputs: int) -> float:
        """Return that of the range +-1 / sqrt(inputs), the custom in the sigmoid's time.

        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
        networks", 2010, equation 1.
        """
        return 1 / math.sqrt(3 * inputs)


class ReLU:
    """max(0, x): the rectifier."""

    def apply(self, sums: Floats) -> None:
        """Replace negative sums by 0."""
        # Against a row of zeros NumPy takes a quarter of the time that it takes against one 0.
        np.maximum(sums, np.zeros(sums.shape[-1], sums.dtype), out=sums)

    def multiply_by_derivative(self, gradient: Floats, values: Floats) -> None:
        """Multiply by 1 where the neuron is active, else by 0 (at 0 too, as is the custom)."""
        gradient *= values > 0

    def init_std(self, inputs: int, outputs: int) -> float:
        """Return He, Zhang, Ren and Sun's, "Delving deep into rectifiers", 2015."""
        return math.sqrt(2 / inputs)


class Identity:
    """x itself: for outputs that the loss turns into probabilities."""

    def apply(self, sums: Floats) -> None:
        """Leave the sums as they are."""

    def multiply_by_derivative(self, gradient: Floats, values: Floats) -> None:
        """Multiply by 1."""

    def init_std(self, inputs: int, outputs: int) -> float:
        """Return Glorot and Bengio's of 2010, equation 16."""
        return math.sqrt(2 / (inputs + outputs))


ACTIVATIONS: dict[ActivationName, Activation] = {"sigmoid": Sigmoid(), "relu": ReLU()}
