"""The multilayer perceptron: dense layers from the pixels to one output for each class."""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np

from stages.network.activations import ACTIVATIONS, Floats
from stages.network.dense import Dense, ForwardPass
from stages.network.errors import NetworkError
from stages.network.losses import LOSSES, evaluate
from stages.network.names import ActivationName, LossName
from stages.network.pixels import scale_pixels

# Images that pass together where nothing is learnt: enough to keep BLAS busy, little memory.
_BLOCK = 1000


class MLP:
    """A multilayer perceptron.

    Parameters
    ----------
    layers
        At least one; each has as many inputs as the one before has neurons.
    activation
        Of the hidden layers, and with `squared_error` of the outputs too.
    loss
        The loss that training minimises; it decides what the outputs mean.
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
            Generator of the weights.
        """
        hidden = ACTIVATIONS[activation]
        functions = [hidden] * (len(sizes) - 2) + [LOSSES[loss].output_activation(hidden)]
        layers = zip(sizes[:-1], sizes[1:], functions, strict=True)
        return cls([Dense.random(*layer, rng) for layer in layers], activation, loss)

    def __repr__(self) -> str:
        return f"MLP({self.layers}, loss={self.loss_name})"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of pixels, of neurons of each hidden layer, of classes."""
        return (self.layers[0].n_inputs, *(layer.n_neurons for layer in self.layers))

    def check_compatible(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Check that images, (n, rows, columns), and labels, (n,), fit this network.

        Raises
        ------
        NetworkError
            If there are none, the images have another size, or a label has no output.
        """
        if len(images) == 0:
            raise NetworkError("there are no images: convert a dataset that has some")
        n_pixels, n_classes = images[0].size, self.sizes[-1]
        if n_pixels != self.sizes[0]:
            raise NetworkError(
                f"the images have {n_pixels} pixels, but the network takes {self.sizes[0]}:"
                " use the images that it was trained on, or train again"
            )
        if labels.max() >= n_classes:
            raise NetworkError(
                f"label {labels.max()} occurs, but the network has {n_classes} outputs, 0 to"
                f" {n_classes - 1}: name the right dataset and train again"
            )

    def allocate_inputs(self, n_images: int) -> Floats:
        """Allocate inputs, (n_images, pixels + 1); the last column, of 1, is for the biases."""
        inputs: Floats = np.ones((n_images, self.sizes[0] + 1), self.layers[0].weights.dtype)
        return inputs

    def forward_passes(self, inputs: Floats) -> list[ForwardPass]:
        """Prepare the forward pass of each layer.

        Parameters
        ----------
        inputs
            float32, (n, pixels + 1), 0 to 1, the last column 1; read when the passes are called.
        """
        passes: list[ForwardPass] = []
        for layer in self.layers:
            passes.append(ForwardPass(layer, passes[-1].outputs if passes else inputs.T))
        return passes

    def layer_activations(self, images: np.ndarray) -> list[Floats]:
        """Compute the activations of each layer, (neurons, n).

        Parameters
        ----------
        images
            uint8, (n, rows, columns); all pass together, so n should be some thousands at most.

        Returns
        -------
        list of ndarray
            float32; the last are the outputs.
        """
        (activations,) = self._forward_blocks(images, len(images))
        return activations

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
        outputs = np.empty((len(images), self.sizes[-1]), np.float32)
        start = 0
        for activations in self._forward_blocks(images, _BLOCK):
            block = activations[-1].T
            outputs[start : start + len(block)] = block
            start += len(block)
        return outputs

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy, 0 to 1, on images, uint8 (n, rows, columns)."""
        return evaluate(self.loss, self.outputs(images), labels)

    def _forward_blocks(self, images: np.ndarray, block_size: int) -> Iterator[list[Floats]]:
        """Yield the activations of each layer for each block; the same memory each time."""
        passes: list[ForwardPass] = []
        for start in range(0, len(images), block_size):
            block = images[start : start + block_size]
            if start == 0 or len(block) < block_size:
                inputs = self.allocate_inputs(len(block))
                passes = self.forward_passes(inputs)
            scale_pixels(block, inputs[:, :-1])
            for forward in passes:
                forward()
            self.loss.to_probabilities(passes[-1].activations)
            yield [forward.activations for forward in passes]
