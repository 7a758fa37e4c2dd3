"""One step of training: forward, backward, and a little downhill.

What is done for speed is here, in `products.py`, `batches.py` and `deform.py`; figures that stand
there were measured on two cores of an AMD EPYC (Zen 4) with MNIST.
"""

import numpy as np

from stages.network.activations import Floats
from stages.network.mlp import MLP


class SGD:
    """Stochastic gradient descent with momentum, a batch at a time.

    velocity = momentum * velocity - rate * gradient; weights = weights + velocity
    (Polyak, 1964, as written by Sutskever, Martens, Dahl and Hinton, 2013).

    Parameters
    ----------
    network
        Whose weights are changed, in place.
    momentum
        How much of the last step goes into the next, 0 (none) to below 1.
    weight_decay
        How much of each weight, times the rate, is taken off at each step; biases are spared
        (decoupled: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).
    """

    def __init__(self, network: MLP, momentum: float, weight_decay: float = 0.0) -> None:
        self._network = network
        self._momentum = momentum
        self._weight_decay = weight_decay
        self.velocities = [np.zeros_like(layer.weights) for layer in network.layers]
        # Values and gradients of each batch size, made once and not afresh for each batch.
        self._buffers: dict[int, tuple[list[Floats], list[Floats]]] = {}

    def __call__(self, pixels: Floats, labels: np.ndarray, rate: float) -> tuple[float, int]:
        """Learn from a batch.

        Parameters
        ----------
        pixels
            float32, (n, pixels + 1), 0 to 1, the last column 1.
        labels
            Whole numbers, (n,).
        rate
            The learning rate.

        Returns
        -------
        loss : float
            Mean over the batch, before the step.
        right : int
            How many images got their label, before the step.
        """
        loss, right = self.backpropagate(pixels, labels, rate)
        for layer, velocity in zip(self._network.layers, self.velocities, strict=True):
            if self._weight_decay:
                layer.weights[:, :-1] *= 1 - rate * self._weight_decay
            layer.weights += velocity
        return loss, right

    def backpropagate(self, pixels: Floats, labels: np.ndarray, rate: float) -> tuple[float, int]:
        """Compute new velocities, and leave the weights (Rumelhart, Hinton and Williams, 1986).

        Parameters and returned values are those of a call.
        """
        network = self._network
        values, gradients = self._buffers_for(len(pixels))
        outputs = network.forward(pixels, values)
        loss = network.loss(outputs, labels)
        right = int((outputs.argmax(axis=0) == labels).sum())

        # Going by -rate from the start spares a pass over all weights at the end.
        gradient = outputs.copy()
        network.loss.to_gradient(gradient, labels, -rate)
        network.layers[-1].activation.multiply_by_derivative(gradient, outputs)
        for index in reversed(range(len(network.layers))):
            layer, inputs = network.layers[index], values[index - 1] if index else pixels.T
            velocity = self.velocities[index]
            layer.backward(inputs, gradient, velocity, self._momentum)
            if index:
                layer.input_gradient(gradient, out=gradients[index - 1])
                # Its last row is for the input that is always 1, where nothing is to be learnt.
                gradient = gradients[index - 1][:-1]
                before = network.layers[index - 1]
                before.activation.multiply_by_derivative(gradient, inputs[:-1])
        return loss, right

    def _buffers_for(self, size: int) -> tuple[list[Floats], list[Floats]]:
        """Give memory for the values and the gradients of a batch of this size."""
        if size not in self._buffers:
            values = self._network.allocate_activations(size)
            gradients = [np.empty_like(array) for array in values[:-1]]
            self._buffers[size] = values, gradients
        return self._buffers[size]
