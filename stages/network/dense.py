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
        The parameters above. Optimisers change weights and biases in place.
    inputs, activations
        What the last `forward` took and returned: (n, inputs) and (n, neurons).
    weight_gradient, bias_gradient
        Gradients of the last `backward`, with the shapes of the weights and the biases.
    """

    def __init__(self, weights: Floats, biases: Floats, activation: Activation) -> None:
        self.weights, self.biases, self.activation = weights, biases, activation
        self.weight_gradient, self.bias_gradient = np.empty_like(weights), np.empty_like(biases)
        self.inputs: Floats = np.empty((0, self.n_inputs), weights.dtype)
        self.activations: Floats = np.empty((0, self.n_neurons), weights.dtype)
        self._input_gradient: Floats = np.empty((0, self.n_inputs), weights.dtype)

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
        pre_activations = matmul(inputs, self.weights, out=self.activations)
        pre_activations += self.biases
        self.inputs, self.activations = inputs, self.activation.forward(pre_activations)
        return self.activations

    def backward(self, gradient: Floats, *, is_first: bool = False) -> Floats:
        """Compute the gradients of the loss with respect to weights, biases and inputs.

        Parameters
        ----------
        gradient
            Gradient with respect to the activations of the last `forward`, (n, neurons). It is
            multiplied in place by the derivative of the activation.
        is_first
            Whether the inputs are pixels, which need no gradient: it is not computed.

        Returns
        -------
        ndarray
            Gradient with respect to the inputs, (n, inputs).
        """
        delta = self.activation.backward(gradient, self.activations)
        matmul(self.inputs.T, delta, out=self.weight_gradient)
        delta.sum(axis=0, out=self.bias_gradient)
        if not is_first:
            self._input_gradient = matmul(delta, self.weights.T, out=self._input_gradient)
        return self._input_gradient


def matmul(a: Floats, b: Floats, out: Floats) -> Floats:
    """Compute a @ b, (m, n), of a, (m, k), and b, (k, n).

    The memory of `out` is used again if its shape fits, as it does from batch to batch. Large
    products are computed by two threads, each with a part of the longer axis.
    """
    if out.shape != (len(a), b.shape[1]):
        out = np.empty((len(a), b.shape[1]), out.dtype)
    n_flops = 2 * a.size * b.shape[1]
    if n_flops < MIN_FLOPS:
        return np.matmul(a, b, out=out)
    if out.shape[0] > out.shape[1]:
        parts = [(a[rows], b, out[rows]) for rows in divide(out.shape[0], n_flops)]
    else:
        parts = [(a, b[:, columns], out[:, columns]) for columns in divide(out.shape[1], n_flops)]
    run_both(*(partial(np.matmul, *part) for part in parts))
    return out
