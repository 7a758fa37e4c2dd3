"""Losses of a batch, and their gradients.

`labels` are whole numbers, (n,); the target of an image is its label as a one-hot vector.
"""

from typing import Protocol

import numpy as np

from stages.network.activations import Activation, Floats, Identity
from stages.network.names import LossName


class Loss(Protocol):
    """A loss to minimise."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the activation of the output layer, given that of the hidden layers."""

    def to_probabilities(self, activations: Floats) -> None:
        """Turn the last layer's activations, (classes, n), into the outputs, in place."""

    def __call__(self, outputs: Floats, labels: np.ndarray) -> float:
        """Return the mean loss of outputs, (classes, n)."""

    def gradient(self, outputs: Floats, labels: np.ndarray, out: Floats) -> None:
        """Compute the gradient of the mean loss with respect to the last layer's activations.

        Parameters
        ----------
        outputs
            (classes, n), after `to_probabilities`.
        labels
            (n,).
        out
            (classes, n), to be written.
        """


class SquaredError:
    """Half the squared distance of the outputs from the target, mean over the images."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose that of the hidden layers."""
        return hidden

    def to_probabilities(self, activations: Floats) -> None:
        """Leave the activations as they are: outputs need not sum to 1."""

    def __call__(self, outputs: Floats, labels: np.ndarray) -> float:
        """Return the mean loss."""
        residual = outputs.copy()
        _subtract_target(residual, labels)
        return float(np.vdot(residual, residual)) / (2 * len(labels))

    def gradient(self, outputs: Floats, labels: np.ndarray, out: Floats) -> None:
        """Compute (outputs - target) / n."""
        _mean_residual(outputs, labels, out)


class CrossEntropy:
    """-log of the probability that softmax gives the label, mean over the images."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the identity: the last layer gives logits."""
        return Identity()

    def to_probabilities(self, activations: Floats) -> None:
        """Apply softmax; the largest logit is subtracted first, so that exp never overflows."""
        activations -= activations.max(axis=0)
        np.exp(activations, out=activations)
        activations /= activations.sum(axis=0)

    def __call__(self, outputs: Floats, labels: np.ndarray) -> float:
        """Return the mean loss; a probability of 0 counts as the smallest positive number."""
        label_probabilities = outputs[labels, np.arange(len(labels))]
        smallest = np.finfo(np.float32).tiny
        return float(-np.log(np.maximum(label_probabilities, smallest)).mean())

    def gradient(self, outputs: Floats, labels: np.ndarray, out: Floats) -> None:
        """Compute (outputs - target) / n: the derivatives of softmax and logarithm cancel."""
        _mean_residual(outputs, labels, out)


def _subtract_target(outputs: Floats, labels: np.ndarray) -> None:
    outputs[labels, np.arange(len(labels))] -= 1


def _mean_residual(outputs: Floats, labels: np.ndarray, out: Floats) -> None:
    """Compute (outputs - target) / n: the gradient of either loss."""
    np.copyto(out, outputs)
    _subtract_target(out, labels)
    out *= 1 / len(labels)


LOSSES: dict[LossName, Loss] = {"squared_error": SquaredError(), "cross_entropy": CrossEntropy()}


def evaluate(loss: Loss, outputs: Floats, labels: np.ndarray) -> tuple[float, float]:
    """Return mean loss and accuracy, 0 to 1, of outputs, (n, classes), for labels, (n,)."""
    n_correct = np.count_nonzero(outputs.argmax(axis=1) == labels)
    return loss(outputs.T, labels), n_correct / len(labels)
