"""A dense layer: every neuron sees every input."""

from typing import Self

import numpy as np

from stages.network.activations import Activation, Floats


class Dense:
    """Values = activation(inputs @ weights + biases).

    Parameters
    ----------
    weights
        float32, (inputs, neurons).
    biases
        float32, (neurons,).
    activation
        The function that the sums go through.
    """

    def __init__(self, weights: Floats, biases: Floats, activation: Activation) -> None:
        self.weights = weights
        self.biases = biases
        self.activation = activation

    @classmethod
    def random(
        cls, inputs: int, neurons: int, activation: Activation, rng: np.random.Generator
    ) -> Self:
        """Make a layer with normal random weights, scaled to suit the activation; biases are 0."""
        deviation = activation.initial_deviation(inputs, neurons)
        weights = rng.standard_normal((inputs, neurons), np.float32)
        weights *= np.float32(deviation)
        return cls(weights, np.zeros(neurons, np.float32), activation)

    def __repr__(self) -> str:
        inputs, neurons = self.weights.shape
        return f"Dense({inputs} -> {neurons}, {type(self.activation).__name__})"

    def forward(self, inputs: Floats) -> Floats:
        """Return the values, (n, neurons), for inputs, (n, inputs)."""
        values = inputs @ self.weights
        values += self.biases
        self.activation.apply(values)
        return values

    def backward(self, inputs: Floats, values: Floats, gradient: Floats) -> tuple[Floats, Floats]:
        """Carry the cost's gradient from the layer's values to its weights and biases.

        Parameters
        ----------
        inputs
            float32, (n, inputs): what `forward` was given.
        values
            float32, (n, neurons): what `forward` returned.
        gradient
            float32, (n, neurons): the gradient by the values. It is overwritten by the gradient
            by the sums before the activation, from which `input_gradient` goes on.

        Returns
        -------
        weights_gradient : ndarray
            float32, (inputs, neurons).
        biases_gradient : ndarray
            float32, (neurons,).
        """
        self.activation.multiply_by_derivative(gradient, values)
        return inputs.T @ gradient, gradient.sum(axis=0)

    def input_gradient(self, gradient: Floats) -> Floats:
        """Return the gradient by the inputs, (n, inputs), from that by the sums, (n, neurons)."""
        return gradient @ self.weights.T
