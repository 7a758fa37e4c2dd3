"""A dense layer: every neuron sees every input."""

from typing import Self

import numpy as np

from stages.network.activations import Activation, Floats
from stages.network.blas import gemm


class Dense:
    """Neurons whose values are activation(weights @ inputs).

    A bias is the weight of one more input, which is always 1: so one array holds all there is to
    learn, and one product does all the work. Inputs and values have a column for each image.

    Parameters
    ----------
    weights
        float32, (neurons, inputs + 1), the biases in the last column.
    activation
        The function that the sums go through.
    """

    def __init__(self, weights: Floats, activation: Activation) -> None:
        self.weights = weights
        self.activation = activation

    @classmethod
    def random(
        cls, inputs: int, neurons: int, activation: Activation, rng: np.random.Generator
    ) -> Self:
        """Make a layer with normal random weights, scaled to suit the activation; biases are 0."""
        weights = np.zeros((neurons, inputs + 1), np.float32)
        weights[:, :-1] = rng.standard_normal((neurons, inputs), np.float32)
        weights *= np.float32(activation.init_std(inputs, neurons))
        return cls(weights, activation)

    def __repr__(self) -> str:
        return f"Dense({self.inputs} -> {self.neurons}, {type(self.activation).__name__})"

    @property
    def inputs(self) -> int:
        """How many inputs a neuron has, the one that is always 1 left aside."""
        return self.weights.shape[1] - 1

    @property
    def neurons(self) -> int:
        """How many neurons there are."""
        return len(self.weights)

    def forward(self, inputs: Floats, values: Floats) -> None:
        """Compute the values, (neurons, n), of inputs, (inputs + 1, n), into an array."""
        gemm(self.weights, inputs, out=values)
        self.activation.apply(values)

    def backward(self, inputs: Floats, gradient: Floats, velocity: Floats, momentum: float) -> None:
        """Add the gradient by the weights to what is kept of their velocity.

        Parameters
        ----------
        inputs
            float32, (inputs + 1, n): what `forward` was given.
        gradient
            float32, (neurons, n): the gradient by the sums before the activation.
        velocity
            float32, (neurons, inputs + 1): becomes momentum * velocity + gradient @ inputs'.
        momentum
            How much of the velocity is kept.
        """
        gemm(gradient, inputs.T, out=velocity, keep=momentum)

    def input_gradient(self, gradient: Floats, out: Floats) -> None:
        """Compute the gradient by the inputs, (inputs + 1, n), from that by the sums."""
        gemm(self.weights.T, gradient, out=out)
