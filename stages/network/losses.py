"""Losses: how wrong the outputs of a batch are, and in which direction they should change.

`labels` are whole numbers, (n,); the target of an image is its label as a one-hot vector.
"""

from typing import Protocol

import numpy as np

from stages.network.activations import Activation, Floats, Identity
from stages.network.names import LossName


class Loss(Protocol):
    """A loss to minimise: the mean over the images of a batch."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the activation of the output layer, given that of the hidden layers."""

    def probabilities(self, outputs: Floats) -> Floats:
        """Turn outputs, (n, classes), into scores of the classes, 0 to 1 where they can be."""

    def value(self, probabilities: Floats, labels: np.ndarray) -> float:
        """Return the mean loss of what `probabilities` returned, (n, classes)."""

    def __call__(self, outputs: Floats, labels: np.ndarray) -> tuple[float, Floats]:
        """Return the mean loss, and its gradient with respect to the outputs, (n, classes)."""


class SquaredError:
    """Half the squared distance of the outputs from the target."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the activation of the hidden layers."""
        return hidden

    def probabilities(self, outputs: Floats) -> Floats:
        """Return the outputs, which need not sum to 1; negative ones count as 0."""
        probabilities: Floats = np.maximum(outputs, 0)
        return probabilities

    def value(self, probabilities: Floats, labels: np.ndarray) -> float:
        """Return the mean of |outputs - target|^2 / 2."""
        residual = probabilities - one_hot(labels, probabilities)
        return float(np.vdot(residual, residual)) / (2 * len(labels))

    def __call__(self, outputs: Floats, labels: np.ndarray) -> tuple[float, Floats]:
        """Return the loss, and its gradient."""
        gradient: Floats = outputs - one_hot(labels, outputs)
        gradient /= len(labels)
        return self.value(outputs, labels), gradient


class CrossEntropy:
    """-log of the probability that softmax gives the label."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the identity: the outputs are logits."""
        return Identity()

    def probabilities(self, outputs: Floats) -> Floats:
        """Compute softmax: exp(logit) / sum of exp(logits).

        The largest logit is subtracted first, which changes nothing but that exp never overflows.
        """
        exponentials: Floats = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        exponentials /= exponentials.sum(axis=1, keepdims=True)
        return exponentials

    def value(self, probabilities: Floats, labels: np.ndarray) -> float:
        """Return the mean of -log(p); a probability of 0 counts as the smallest positive number."""
        label_probabilities = probabilities[np.arange(len(labels)), labels]
        smallest = np.finfo(np.float32).tiny
        return float(-np.log(np.maximum(label_probabilities, smallest)).mean())

    def __call__(self, outputs: Floats, labels: np.ndarray) -> tuple[float, Floats]:
        """Return the loss, and its gradient: the derivatives of log and softmax cancel to this."""
        probabilities = self.probabilities(outputs)
        gradient: Floats = probabilities - one_hot(labels, probabilities)
        gradient /= len(labels)
        return self.value(probabilities, labels), gradient


def one_hot(labels: np.ndarray, like: Floats) -> Floats:
    """Return the target of each label, (n, classes): 1 for its class, else 0; type as `like`."""
    target = np.zeros_like(like)
    target[np.arange(len(labels)), labels] = 1
    return target


LOSSES: dict[LossName, Loss] = {"squared_error": SquaredError(), "cross_entropy": CrossEntropy()}
