"""Activation functions: applied to the weighted sum of a neuron's inputs."""

import math
from typing import Protocol

import numpy as np

from stages.network.names import ActivationName

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Activation(Protocol):
    """A function f of each element, and its derivative. Both work in place, to save memory."""

    def forward(self, pre_activations: Floats) -> Floats:
        """Replace pre-activations z, of any shape, by activations f(z)."""

    def backward(self, gradient: Floats, activations: Floats) -> Floats:
        """Multiply `gradient` by f'(z), computed from the activations; same shape."""

    def init_std(self, n_inputs: int, n_neurons: int) -> float:
        """Return the standard deviation of the initial weights that suits this function."""


class Sigmoid:
    """1 / (1 + exp(-z)): a smooth step from 0 to 1."""

    def forward(self, pre_activations: Floats) -> Floats:
        """Compute (1 + tanh(z / 2)) / 2: the same function, but it never overflows."""
        pre_activations *= 0.5
        np.tanh(pre_activations, out=pre_activations)
        pre_activations += 1
        pre_activations *= 0.5
        return pre_activations

    def backward(self, gradient: Floats, activations: Floats) -> Floats:
        """Multiply by f (1 - f)."""
        gradient *= activations * (1 - activations)
        return gradient

    def init_std(self, n_inputs: int, n_neurons: int) -> float:
        """Follow the uniform distribution within +-1 / sqrt(n_inputs).

        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
        networks", 2010, equation 1.
        """
        return 1 / math.sqrt(3 * n_inputs)


class Tanh:
    """The hyperbolic tangent: a smooth step from -1 to 1."""

    def forward(self, pre_activations: Floats) -> Floats:
        """Compute tanh."""
        return np.tanh(pre_activations, out=pre_activations)

    def backward(self, gradient: Floats, activations: Floats) -> Floats:
        """Multiply by 1 - f^2."""
        gradient *= 1 - activations**2
        return gradient

    def init_std(self, n_inputs: int, n_neurons: int) -> float:
        """Follow Glorot and Bengio, 2010, equation 16."""
        return math.sqrt(2 / (n_inputs + n_neurons))


class ReLU:
    """max(0, z): the rectified linear unit."""

    def forward(self, pre_activations: Floats) -> Floats:
        """Replace negative values by 0."""
        return np.maximum(pre_activations, 0, out=pre_activations)

    def backward(self, gradient: Floats, activations: Floats) -> Floats:
        """Multiply by 1 where the neuron is active, else by 0 (the usual choice at 0 too)."""
        gradient *= activations > 0
        return gradient

    def init_std(self, n_inputs: int, n_neurons: int) -> float:
        """Follow He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015."""
        return math.sqrt(2 / n_inputs)


class LeakyReLU:
    """z, or a hundredth of it where it is negative: no neuron is ever dead (Maas, 2013)."""

    SLOPE = 0.01

    def forward(self, pre_activations: Floats) -> Floats:
        """Shrink negative values."""
        np.maximum(pre_activations, self.SLOPE * pre_activations, out=pre_activations)
        return pre_activations

    def backward(self, gradient: Floats, activations: Floats) -> Floats:
        """Multiply by 1 where the neuron is active, else by the slope."""
        np.multiply(gradient, self.SLOPE, out=gradient, where=activations <= 0)
        return gradient

    def init_std(self, n_inputs: int, n_neurons: int) -> float:
        """Follow He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015."""
        return math.sqrt(2 / ((1 + self.SLOPE**2) * n_inputs))


class Identity:
    """z itself: for logits, which the loss turns into probabilities."""

    def forward(self, pre_activations: Floats) -> Floats:
        """Leave the pre-activations as they are."""
        return pre_activations

    def backward(self, gradient: Floats, activations: Floats) -> Floats:
        """Multiply by 1."""
        return gradient

    def init_std(self, n_inputs: int, n_neurons: int) -> float:
        """Follow Glorot and Bengio, 2010, equation 16."""
        return math.sqrt(2 / (n_inputs + n_neurons))


ACTIVATIONS: dict[ActivationName, Activation] = {
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "relu": ReLU(),
    "leaky_relu": LeakyReLU(),
}
