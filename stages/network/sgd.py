"""Stochastic gradient descent: one step is forward, loss, backward, update."""

import numpy as np

from stages.network.dense import BackwardPass, ForwardPass, update
from stages.network.mlp import MLP


class SGD:
    """Stochastic gradient descent with momentum (Polyak, 1964), a batch at a time.

    velocity = momentum * velocity + gradient; weights = weights - learning_rate * velocity.

    Parameters
    ----------
    network
        Its weights are changed in place.
    batch_size
        Images of a batch, at most.
    momentum
        0 (none) to below 1.
    weight_decay
        Fraction of each weight, times the learning rate, subtracted at each step; not of biases
        (decoupled: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).

    Attributes
    ----------
    network
        As given.
    inputs
        (batch_size, inputs + 1), the last column 1: where the batch is written, images in the
        first rows, before each step.
    velocities
        (neurons, inputs + 1) for each layer.
    """

    def __init__(
        self, network: MLP, batch_size: int, momentum: float, weight_decay: float = 0.0
    ) -> None:
        self.network = network
        self._momentum = momentum
        self._weight_decay = weight_decay
        self.inputs = network.allocate_inputs(batch_size)
        self.velocities = [np.zeros_like(layer.weights) for layer in network.layers]
        # For each batch size that occurs, memory and products are made once.
        self._passes: dict[int, tuple[list[ForwardPass], list[BackwardPass]]] = {}

    def step(self, labels: np.ndarray, learning_rate: float) -> tuple[float, int]:
        """Learn from a batch (Rumelhart, Hinton and Williams, 1986).

        Parameters
        ----------
        labels
            Whole numbers, (n,): of the images in the first n rows of `inputs`.
        learning_rate
            Above 0; with 0 the velocities are computed and the weights stay.

        Returns
        -------
        loss : float
            Mean over the batch, before the update.
        n_correct : int
            Number of images that are classified correctly, before the update.
        """
        loss = self.network.loss
        forward_passes, backward_passes = self._passes_for(len(labels))

        for forward in forward_passes:
            forward()
        outputs = forward_passes[-1].activations
        loss.to_probabilities(outputs)

        batch_loss = loss(outputs, labels)
        n_correct = int(np.count_nonzero(outputs.argmax(axis=0) == labels))

        delta = backward_passes[-1].delta
        loss.gradient(outputs, labels, out=delta)
        self.network.layers[-1].activation.multiply_by_derivative(delta, outputs)
        for backward in reversed(backward_passes):
            backward.propagate()

        update(backward_passes, learning_rate, self._weight_decay)
        return batch_loss, n_correct

    def _passes_for(self, n_images: int) -> tuple[list[ForwardPass], list[BackwardPass]]:
        if n_images not in self._passes:
            forward_passes = self.network.forward_passes(self.inputs[:n_images])
            backward_passes: list[BackwardPass] = []
            for forward, velocity in zip(forward_passes, self.velocities, strict=True):
                previous = backward_passes[-1] if backward_passes else None
                backward_passes.append(BackwardPass(forward, velocity, self._momentum, previous))
            self._passes[n_images] = forward_passes, backward_passes
        return self._passes[n_images]
