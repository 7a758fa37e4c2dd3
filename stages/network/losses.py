"""Losses: how wrong the outputs of a batch are, and which way is less wrong."""

from typing import Protocol

import numpy as np

from stages.network.activations import Activation, Floats, Identity
from stages.network.names import LossName


class Loss(Protocol):
    """A cost, to be made small."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the activation of the output layer, given that of the hidden ones."""

    def to_outputs(self, values: Floats) -> None:
        """Turn the last layer's values, (classes, n), into the network's outputs, in place."""

    def __call__(self, outputs: Floats, labels: np.ndarray) -> float:
        """Return the mean cost of outputs, (classes, n), for labels, (n,), whole numbers."""

    def to_gradient(self, outputs: Floats, labels: np.ndarray, scale: float = 1.0) -> None:
        """Replace outputs by the mean cost's gradient by the last layer's values, times scale."""


class SquaredError:
    """1 / (2 n) times the sum of squares of outputs less the wished: 1 for the label, 0 else."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose the same as for the hidden layers."""
        return hidden

    def to_outputs(self, values: Floats) -> None:
        """Leave the last layer's values as they are."""

    def __call__(self, outputs: Floats, labels: np.ndarray) -> float:
        """Return half the mean squared distance from the wished outputs."""
        wrong = outputs.copy()
        wrong[labels, np.arange(len(labels))] -= 1
        return float(np.vdot(wrong, wrong)) / (2 * len(labels))

    def to_gradient(self, outputs: Floats, labels: np.ndarray, scale: float = 1.0) -> None:
        """Replace outputs by (outputs - wished) / n, times scale."""
        outputs[labels, np.arange(len(labels))] -= 1
        outputs *= scale / len(labels)


class CrossEntropy:
    """Mean of -log of the probability that softmax gives the label."""

    def output_activation(self, hidden: Activation) -> Activation:
        """Choose none: the last layer gives logits."""
        return Identity()

    def to_outputs(self, values: Floats) -> None:
        """Apply softmax; the largest logit is taken off first, so that exp never overflows."""
        values -= values.max(axis=0)
        np.exp(values, out=values)
        values /= values.sum(axis=0)

    def __call__(self, outputs: Floats, labels: np.ndarray) -> float:
        """Return the mean of -log p(label); a probability of 0 counts as the least positive."""
        likely = outputs[labels, np.arange(len(labels))]
        return float(-np.log(np.maximum(likely, np.finfo(np.float32).tiny)).mean())

    def to_gradient(self, outputs: Floats, labels: np.ndarray, scale: float = 1.0) -> None:
        """Replace outputs by (outputs - wished) / n, times scale: softmax and log cancel."""
        outputs[labels, np.arange(len(labels))] -= 1
        outputs *= scale / len(labels)


LOSSES: dict[LossName, Loss] = {"squared_error": SquaredError(), "cross_entropy": CrossEntropy()}
