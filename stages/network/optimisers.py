"""Optimisers: how gradients change weights; and schedules: how the learning rate falls."""

import math
from collections.abc import Callable

import numpy as np

from stages.network.activations import Floats
from stages.network.mlp import MLP
from stages.network.names import ScheduleName

# Factor of the initial learning rate, 1 to 0, by the fraction of training that is done, 0 to 1.
# Cosine: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
SCHEDULES: dict[ScheduleName, Callable[[float], float]] = {
    "constant": lambda fraction_done: 1.0,
    "linear": lambda fraction_done: 1 - fraction_done,
    "cosine": lambda fraction_done: (1 + math.cos(math.pi * fraction_done)) / 2,
}


class SGD:
    """Stochastic gradient descent with momentum (Polyak, 1964).

    velocity = momentum * velocity + gradient
    weights = weights - learning_rate * velocity

    Parameters
    ----------
    network
        Its weights and biases are changed in place.
    momentum
        0 (none) to below 1.
    weight_decay
        Fraction of each weight, times the learning rate, subtracted at each step; not of biases
        (decoupled: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).

    Attributes
    ----------
    state
        The velocity of each layer's weights, then biases: all that a resumed run needs.
    """

    def __init__(self, network: MLP, momentum: float, weight_decay: float = 0.0) -> None:
        self._parameters = network.parameters
        self._momentum = momentum
        self._weight_decay = weight_decay
        self.state: list[Floats] = [np.zeros_like(parameter) for parameter, _ in self._parameters]

    def step(self, learning_rate: float) -> None:
        """Change weights and biases by one step, against the gradients of the last `backward`.

        Parameters
        ----------
        learning_rate
            Above 0; with 0 the velocities are computed and the weights stay.
        """
        for (parameter, gradient), velocity in zip(self._parameters, self.state, strict=True):
            velocity *= self._momentum
            velocity += gradient
            if self._weight_decay and parameter.ndim == 2:  # weights, not biases
                parameter *= 1 - learning_rate * self._weight_decay
            # The gradient is not needed any more: its memory takes the product.
            parameter -= np.multiply(learning_rate, velocity, out=gradient)
