"""A dense layer, and its passes: forward, backward, update.

The bias is the weight of one more input that is always 1: one array holds all parameters of a
layer, and one product computes with them. Inputs and activations have a column for each image.
"""

from collections.abc import Sequence
from functools import partial
from typing import Self

import numpy as np

from stages.network.activations import Activation, Floats
from stages.network.blas import Axpy, Gemm
from stages.network.parallel import divide_rows, run


class Dense:
    """Neurons that compute activation(weights @ inputs).

    Parameters
    ----------
    weights
        float32, (neurons, inputs + 1), the biases in the last column.
    activation
        The function of the weighted sums.
    """

    def __init__(self, weights: Floats, activation: Activation) -> None:
        self.weights = weights
        self.activation = activation

    @classmethod
    def random(
        cls, n_inputs: int, n_neurons: int, activation: Activation, rng: np.random.Generator
    ) -> Self:
        """Make a layer with normal random weights, scaled to suit the activation; biases are 0."""
        weights = np.zeros((n_neurons, n_inputs + 1), np.float32)
        weights[:, :-1] = rng.standard_normal((n_neurons, n_inputs), np.float32)
        weights *= np.float32(activation.init_std(n_inputs, n_neurons))
        return cls(weights, activation)

    def __repr__(self) -> str:
        return f"Dense({self.n_inputs} -> {self.n_neurons}, {type(self.activation).__name__})"

    @property
    def n_inputs(self) -> int:
        """Number of inputs of each neuron, the bias's 1 not counted."""
        return self.weights.shape[1] - 1

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.weights)


class ForwardPass:
    """Computes a layer's activations, in memory that is made once for a number of images.

    Parameters
    ----------
    layer
        Its weights may change between calls, in place.
    inputs
        float32, (inputs + 1, n), the last row 1; read at each call.

    Attributes
    ----------
    activations
        float32, (neurons, n).
    outputs
        The same with a last row of 1: the inputs of the next layer.
    """

    def __init__(self, layer: Dense, inputs: Floats) -> None:
        self.layer, self.inputs = layer, inputs
        n_images = inputs.shape[1]
        self.outputs: Floats = np.ones((layer.n_neurons + 1, n_images), layer.weights.dtype)
        self.activations: Floats = self.outputs[:-1]
        self._tasks = [
            partial(
                self._compute,
                Gemm(layer.weights[rows], inputs, self.activations[rows]),
                self.activations[rows],
            )
            for rows in divide_rows(layer.n_neurons, 2 * layer.weights.size * n_images)
        ]

    def __call__(self) -> None:
        """Compute the activations of what `inputs` holds now."""
        run(self._tasks)

    def _compute(self, weighted_sums: Gemm, activations: Floats) -> None:
        weighted_sums()
        self.layer.activation.apply(activations)


class Update:
    """Computes the gradients of some neurons' weights, and changes these weights.

    Parameters
    ----------
    weights, velocity
        Rows of those of a layer, (neurons, inputs + 1), changed in place.
    delta
        The same rows of the gradient with respect to the pre-activations, (neurons, n).
    inputs
        The layer's, (inputs + 1, n).
    momentum
        0 to below 1.
    """

    def __init__(
        self, weights: Floats, velocity: Floats, delta: Floats, inputs: Floats, momentum: float
    ) -> None:
        self._weights = weights
        self._accumulate_gradient = Gemm(delta, inputs.T, velocity, beta=momentum)
        self._add_velocity = Axpy(velocity, weights)

    def __call__(self, learning_rate: float, weight_decay: float) -> None:
        """Change the weights by one step.

        velocity = momentum * velocity + gradient, where the gradient with respect to the weights
        is delta @ inputs.T; weights = weights - learning_rate * velocity.
        """
        self._accumulate_gradient()
        if weight_decay:
            self._weights[:, :-1] *= 1 - learning_rate * weight_decay
        self._add_velocity(-learning_rate)


class BackwardPass:
    """Computes a layer's gradients and updates its weights.

    Parameters
    ----------
    forward
        The layer's forward pass.
    velocity
        float32, (neurons, inputs + 1): what momentum accumulates.
    momentum
        0 to below 1.
    previous
        The backward pass of the layer before; None for the first layer.

    Attributes
    ----------
    delta
        float32, (neurons, n): the gradient of the loss with respect to the pre-activations.
    updates
        One or two `Update`, which together change all weights.
    """

    def __init__(
        self, forward: ForwardPass, velocity: Floats, momentum: float, previous: Self | None
    ) -> None:
        self._forward, self._previous = forward, previous
        layer = forward.layer
        self.delta: Floats = np.empty_like(forward.activations)
        n_flops = 2 * layer.weights.size * self.delta.shape[1]
        self.updates = [
            Update(layer.weights[rows], velocity[rows], self.delta[rows], forward.inputs, momentum)
            for rows in divide_rows(layer.n_neurons, n_flops)
        ]
        self._input_gradients = previous and [
            partial(
                previous._compute_delta,
                Gemm(layer.weights[:, rows].T, self.delta, previous.delta[rows]),
                rows,
            )
            for rows in divide_rows(layer.n_inputs, n_flops)
        ]

    def propagate(self) -> None:
        """Compute the previous layer's `delta` from this layer's."""
        if self._input_gradients:
            run(self._input_gradients)

    def _compute_delta(self, input_gradient: Gemm, rows: slice) -> None:
        """Compute rows of `delta`: the gradient from the next layer times the derivative."""
        input_gradient()
        activation = self._forward.layer.activation
        activation.multiply_by_derivative(self.delta[rows], self._forward.activations[rows])


def update(passes: Sequence[BackwardPass], learning_rate: float, weight_decay: float) -> None:
    """Change the weights of all layers by one step; what is divided, at the same time."""
    first = [backward.updates[0] for backward in passes]
    second = [part for backward in passes for part in backward.updates[1:]]
    run([partial(_update, part, learning_rate, weight_decay) for part in (first, second) if part])


def _update(updates: Sequence[Update], learning_rate: float, weight_decay: float) -> None:
    for one in updates:
        one(learning_rate, weight_decay)
