"""A dense layer: each neuron computes an activation of a weighted sum of all inputs.

Rows are images: inputs are (n, inputs), activations (n, neurons).
"""

from functools import partial
from typing import Self

import numpy as np

from stages.network.activations import Activation, Floats
from stages.network.names import InitialisationName
from stages.network.parallel import MIN_FLOPS, divide, run_both


class Dense:
    """Neurons that compute f(inputs @ weights + biases).

    Parameters
    ----------
    weights
        float32, (inputs, neurons).
    biases
        float32, (neurons,).
    activation
        The function f.

    Attributes
    ----------
    weights, biases, activation
        As given. Optimisers change weights and biases in place.
    inputs, activations
        Of the last `forward`: (n, inputs) and (n, neurons).
    weight_gradient, bias_gradient
        Of the last `backward`; the shapes are those of the weights and the biases.
    """

    def __init__(self, weights: Floats, biases: Floats, activation: Activation) -> None:
        self.weights, self.biases, self.activation = weights, biases, activation
        self.weight_gradient, self.bias_gradient = np.empty_like(weights), np.empty_like(biases)
        self.inputs: Floats = np.empty((0, self.n_inputs), weights.dtype)
        self.activations: Floats = np.empty((0, self.n_neurons), weights.dtype)
        # Memory that is kept from batch to batch.
        self._activations = Buffer(self.n_neurons, weights.dtype)
        self._input_gradient = Buffer(self.n_inputs, weights.dtype)

    @classmethod
    def random(
        cls,
        n_inputs: int,
        n_neurons: int,
        activation: Activation,
        rng: np.random.Generator,
        initialisation: InitialisationName = "suited",
    ) -> Self:
        """Make a layer with normal random weights; biases are 0.

        Parameters
        ----------
        n_inputs, n_neurons
            Sizes.
        activation
            The function f.
        rng
            Generator of the weights.
        initialisation
            Standard deviation of the weights: `suited` to the activation, or 1 (`normal`).
        """
        weights = rng.standard_normal((n_inputs, n_neurons), np.float32)
        if initialisation == "suited":
            weights *= np.float32(activation.init_std(n_inputs, n_neurons))
        return cls(weights, np.zeros(n_neurons, np.float32), activation)

    def __repr__(self) -> str:
        return f"Dense({self.n_inputs} -> {self.n_neurons}, {type(self.activation).__name__})"

    @property
    def n_inputs(self) -> int:
        """Number of inputs of each neuron."""
        return len(self.weights)

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.biases)

    def forward(self, inputs: Floats) -> Floats:
        """Compute the activations, (n, neurons), of inputs, (n, inputs)."""
        pre_activations = matmul(inputs, self.weights, out=self._activations.rows(len(inputs)))
        pre_activations += self.biases
        self.inputs, self.activations = inputs, self.activation.forward(pre_activations)
        return self.activations

    def backward(self, gradient: Floats) -> Floats:
        """Compute the gradients of the loss with respect to weights and biases.

        Parameters
        ----------
        gradient
            Gradient with respect to the activations of the last `forward`, (n, neurons). It is
            multiplied in place by the derivative of the activation.

        Returns
        -------
        ndarray
            `delta`, (n, neurons): the gradient with respect to the pre-activations.
        """
        delta = self.activation.backward(gradient, self.activations)
        matmul(self.inputs.T, delta, out=self.weight_gradient)
        delta.sum(axis=0, out=self.bias_gradient)
        return delta

    def input_gradient(self, delta: Floats) -> Floats:
        """Compute the gradient with respect to the inputs, (n, inputs), from delta."""
        return matmul(delta, self.weights.T, out=self._input_gradient.rows(len(delta)))


def matmul(a: Floats, b: Floats, out: Floats) -> Floats:
    """Compute a @ b, (m, n), of a, (m, k), and b, (k, n), into `out`, and return it.

    Large products are computed by two threads, each with a part of the longer axis of `out`.
    """
    n_flops = 2 * a.size * b.shape[1]
    if n_flops < MIN_FLOPS:
        return np.matmul(a, b, out=out)
    if out.shape[0] > out.shape[1]:
        parts = [(a[rows], b, out[rows]) for rows in divide(out.shape[0], n_flops)]
    else:
        parts = [(a, b[:, columns], out[:, columns]) for columns in divide(out.shape[1], n_flops)]
    run_both(*(partial(np.matmul, *part) for part in parts))
    return out


class Buffer:
    """Memory for arrays of up to as many rows as were ever asked for.

    Parameters
    ----------
    n_columns, dtype
        Columns and type of the arrays.
    """

    def __init__(self, n_columns: int, dtype: np.dtype[np.float32]) -> None:
        self._array: Floats = np.empty((0, n_columns), dtype)

    def rows(self, n: int) -> Floats:
        """Return an array of n rows. Its content is undefined."""
        if n > len(self._array):
            self._array = np.empty((n, self._array.shape[1]), self._array.dtype)
        return self._array[:n]
