"""Optimisers: how gradients change weights; and schedules: how the learning rate falls."""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from stages.network.activations import Floats
from stages.network.mlp import MLP
from stages.network.names import OptimizerName, ScheduleName

# Factor of the initial learning rate, 1 to 0, by the fraction of training that is done, 0 to 1.
# Cosine: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
SCHEDULES: dict[ScheduleName, Callable[[float], float]] = {
    "constant": lambda fraction_done: 1.0,
    "linear": lambda fraction_done: 1 - fraction_done,
    "cosine": lambda fraction_done: (1 + math.cos(math.pi * fraction_done)) / 2,
}


class Optimiser(Protocol):
    """Changes a network's weights and biases in place, by the gradients of its last `backward`.

    Attributes
    ----------
    state
        What it remembers from step to step: all that a resumed run needs.
    """

    state: list[Floats]

    def step(self, learning_rate: float) -> None:
        """Change weights and biases by one step; the gradients may be overwritten.

        Parameters
        ----------
        learning_rate
            0 or more.
        """


class SGD:
    """Stochastic gradient descent with momentum (Polyak, 1964; Nesterov, 1983).

    velocity = momentum * velocity + gradient
    weights = weights - learning_rate * velocity

    Nesterov's form looks ahead: it subtracts gradient + momentum * velocity instead (Sutskever,
    Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning",
    2013, as PyTorch writes it).

    Parameters
    ----------
    network
        The network to train.
    momentum
        0 (none) to below 1.
    weight_decay
        Fraction of each weight, times the learning rate, subtracted at each step; not of biases
        (decoupled: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).
    nesterov
        Whether to look ahead.
    """

    def __init__(
        self, network: MLP, momentum: float, weight_decay: float = 0.0, *, nesterov: bool = False
    ) -> None:
        self._parameters = network.parameters
        self._momentum, self._weight_decay, self._nesterov = momentum, weight_decay, nesterov
        self.state: list[Floats] = [np.zeros_like(weights) for weights, _ in self._parameters]

    def step(self, learning_rate: float) -> None:
        """Change weights and biases by one step."""
        for (weights, gradient), velocity in zip(self._parameters, self.state, strict=True):
            velocity *= self._momentum
            velocity += gradient
            direction = gradient + self._momentum * velocity if self._nesterov else velocity
            if self._weight_decay and weights.ndim == 2:  # not of biases
                weights *= 1 - learning_rate * self._weight_decay
            # Into the gradient's memory, which is not needed any more.
            weights -= np.multiply(learning_rate, direction, out=gradient)


class Adam:
    """Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015).

    Each weight has a step size of its own: the mean of its gradients, divided by the root of the
    mean of their squares.

    Parameters
    ----------
    network, weight_decay
        The same as for `SGD`.
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, network: MLP, weight_decay: float = 0.0) -> None:
        self._parameters = network.parameters
        self._weight_decay = weight_decay
        self._means = [np.zeros_like(weights) for weights, _ in self._parameters]
        self._squares = [np.zeros_like(weights) for weights, _ in self._parameters]
        self._n_steps = np.zeros(1, np.float32)
        self.state: list[Floats] = [*self._means, *self._squares, self._n_steps]

    def step(self, learning_rate: float) -> None:
        """Change weights and biases by one step."""
        self._n_steps += 1
        n_steps = int(self._n_steps[0])
        # Both means start at 0, and are too small at first; this makes up for it.
        rate = learning_rate * math.sqrt(1 - self.BETA_2**n_steps) / (1 - self.BETA_1**n_steps)
        for (weights, gradient), mean, square in zip(
            self._parameters, self._means, self._squares, strict=True
        ):
            mean *= self.BETA_1
            mean += (1 - self.BETA_1) * gradient
            square *= self.BETA_2
            square += (1 - self.BETA_2) * gradient**2
            if self._weight_decay and weights.ndim == 2:
                weights *= 1 - learning_rate * self._weight_decay
            weights -= rate * mean / (np.sqrt(square) + self.EPSILON)


OPTIMISERS: dict[OptimizerName, Callable[[MLP, float, float], Optimiser]] = {
    "sgd": SGD,
    "nesterov": lambda network, momentum, weight_decay: SGD(
        network, momentum, weight_decay, nesterov=True
    ),
    "adam": lambda network, momentum, weight_decay: Adam(network, weight_decay),
}
