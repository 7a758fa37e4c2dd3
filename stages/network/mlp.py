"""A multilayer perceptron: dense layers, one after the other."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from stages.network.activations import ACTIVATIONS, Floats
from stages.network.dense import Dense
from stages.network.errors import NetworkError
from stages.network.losses import LOSSES
from stages.network.names import ActivationName, LossName

# Images looked at together when nothing is learnt: enough to keep BLAS busy, little in memory.
_BLOCK = 1000


class MLP:
    """Layers from pixels to one output a class.

    Parameters
    ----------
    layers
        At least one; each takes as many inputs as the one before has neurons.
    activation
        Of the hidden layers, and with `squared_error` of the outputs too.
    loss
        What it learns to make small; it decides what the outputs mean.
    """

    def __init__(self, layers: Sequence[Dense], activation: ActivationName, loss: LossName) -> None:
        self.layers = list(layers)
        self.activation: ActivationName = activation
        self.loss_name: LossName = loss
        self.loss = LOSSES[loss]

    @classmethod
    def random(
        cls,
        sizes: Sequence[int],
        activation: ActivationName,
        loss: LossName,
        rng: np.random.Generator,
    ) -> Self:
        """Make a network with random weights.

        Parameters
        ----------
        sizes
            Number of pixels, of neurons of each hidden layer, of classes.
        activation, loss
            As for the class.
        rng
            Where the weights come from.
        """
        function = ACTIVATIONS[activation]
        last = LOSSES[loss].output_activation(function)
        functions = [function] * (len(sizes) - 2) + [last]
        layers = zip(sizes[:-1], sizes[1:], functions, strict=True)
        return cls([Dense.random(*layer, rng) for layer in layers], activation, loss)

    def __repr__(self) -> str:
        return f"MLP({self.layers}, loss={self.loss_name})"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of pixels, of neurons of each hidden layer, of classes."""
        return (self.layers[0].inputs, *(layer.neurons for layer in self.layers))

    def check_compatible(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Check that images, (n, rows, columns), and labels, (n,), are such as this network takes.

        Raises
        ------
        NetworkError
            If there are none, the images have another size, or a label has no output.
        """
        if len(images) == 0:
            raise NetworkError("there are no images: convert a dataset that has some")
        pixels = images[0].size
        if pixels != self.sizes[0]:
            raise NetworkError(
                f"the images have {pixels} pixels, but the network takes {self.sizes[0]}:"
                " use the images that it was trained for, or train anew"
            )
        if labels.max() >= self.sizes[-1]:
            raise NetworkError(
                f"label {labels.max()} occurs, but the network has {self.sizes[-1]} outputs, 0 to"
                f" {self.sizes[-1] - 1}: name the right dataset and train anew"
            )

    def allocate_activations(self, size: int) -> list[Floats]:
        """Make room for the values of each layer, (neurons + 1, size): the last row stays 1.

        The last layer has none after it to take that row for an input: (classes, size).
        """
        dtype = self.layers[0].weights.dtype
        values: list[Floats] = [np.ones((layer.neurons + 1, size), dtype) for layer in self.layers]
        values[-1] = values[-1][:-1]
        return values

    def forward(self, pixels: Floats, values: list[Floats]) -> Floats:
        """Compute the values of each layer.

        Parameters
        ----------
        pixels
            float32, (n, pixels + 1), 0 to 1, the last column 1.
        values
            From `allocate_activations`, filled.

        Returns
        -------
        ndarray
            float32, (classes, n): the network's outputs, which are also the last of the values.
        """
        inputs = pixels.T
        for layer, room in zip(self.layers, values, strict=True):
            layer.forward(inputs, room[: layer.neurons])
            inputs = room
        self.loss.to_outputs(values[-1])
        return values[-1]

    def layer_activations(self, images: np.ndarray) -> list[Floats]:
        """Compute the values of each layer, (neurons, n), for a few images, (n, rows, columns)."""
        values = self.allocate_activations(len(images))
        self.forward(to_inputs(images), values)
        return [array[: layer.neurons] for layer, array in zip(self.layers, values, strict=True)]

    def outputs(self, images: np.ndarray) -> Floats:
        """Compute the outputs for images, a block at a time, so that memory stays small.

        Parameters
        ----------
        images
            uint8, (n, rows, columns).

        Returns
        -------
        ndarray
            float32, (n, classes): probabilities after `cross_entropy`, else activations.
        """
        found = np.empty((len(images), self.sizes[-1]), np.float32)
        for start in range(0, len(images), _BLOCK):
            block = images[start : start + _BLOCK]
            found[start : start + _BLOCK] = self.forward(
                to_inputs(block), self.allocate_activations(len(block))
            ).T
        return found

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy, 0 to 1, on images, uint8 (n, rows, columns)."""
        outputs = self.outputs(images)
        return self.loss(outputs.T, labels), float((outputs.argmax(axis=1) == labels).mean())

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Tell which part, 0 to 1, of images, uint8 (n, rows, columns), gets its label, (n,)."""
        return float((self.outputs(images).argmax(axis=1) == labels).mean())


def to_inputs(images: np.ndarray) -> Floats:
    """Turn images, uint8 (n, rows, columns), into what a network takes.

    Returns
    -------
    ndarray
        float32, (n, rows * columns + 1), 0 to 1, the last column 1.
    """
    pixels = np.ones((len(images), images[0].size + 1), np.float32)
    np.multiply(
        images.reshape(len(images), -1), np.float32(1 / 255), out=pixels[:, :-1], dtype=np.float32
    )
    return pixels
