"""Stochastic gradient descent with momentum."""

import numpy as np

from stages.network.activations import Floats
from stages.network.network import Network


class Momentum:
    """Steps that remember the way they were going (Polyak, 1964; Sutskever et al., 2013).

    velocity = momentum * velocity + gradient; weights = weights - rate * velocity.

    Parameters
    ----------
    network
        Whose weights and biases are changed, in place.
    momentum
        How much of the last step goes into the next, 0 (none) to below 1.
    weight_decay
        How much of each weight, per unit of rate, is taken off at each step; biases are spared.
        Decoupled from the gradient (Loshchilov and Hutter, "Decoupled weight decay
        regularization", 2019).
    """

    def __init__(self, network: Network, momentum: float, weight_decay: float) -> None:
        self._layers = network.layers
        self._momentum = np.float32(momentum)
        self._weight_decay = weight_decay
        self._velocities = [
            (np.zeros_like(layer.weights), np.zeros_like(layer.biases)) for layer in self._layers
        ]

    def step(self, gradients: list[tuple[Floats, Floats]], rate: float) -> None:
        """Change the network by one step.

        Parameters
        ----------
        gradients
            For each layer the gradient of its weights, (inputs, neurons), and biases, (neurons,).
        rate
            The learning rate.
        """
        for layer, velocities, found in zip(self._layers, self._velocities, gradients, strict=True):
            if self._weight_decay:
                layer.weights *= np.float32(1 - rate * self._weight_decay)
            for parameter, velocity, gradient in zip(
                (layer.weights, layer.biases), velocities, found, strict=True
            ):
                velocity *= self._momentum
                velocity += gradient
                parameter -= np.float32(rate) * velocity
