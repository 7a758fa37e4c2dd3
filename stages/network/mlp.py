"""The multilayer perceptron: dense layers from the pixels to one output for each class."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from stages.network.activations import ACTIVATIONS, Floats
from stages.network.batches import to_inputs
from stages.network.dense import Dense
from stages.network.dropout import Dropout
from stages.network.losses import LOSSES
from stages.network.names import ActivationName, InitialisationName, LossName

# Batch size for inference: enough to keep BLAS busy, little memory.
_BATCH_SIZE = 1000
# Pixels are at most 1: larger weights mean that training has diverged.
MAX_ABS_WEIGHT = 1e5


class MLP:
    """A multilayer perceptron.

    Parameters
    ----------
    layers
        At least one; each has as many inputs as the one before has neurons.
    activation
        Name of the activation of the hidden layers, and with `squared_error` of the outputs too.
    loss
        Name of the loss that training minimises; it decides what the outputs mean.
    """

    def __init__(self, layers: Sequence[Dense], activation: ActivationName, loss: LossName) -> None:
        self.layers = list(layers)
        self.activation: ActivationName = activation
        self.loss_name: LossName = loss
        self.loss = LOSSES[loss]
        self._masks: list[Floats] = []  # dropout's, of the last `forward`

    @classmethod
    def random(
        cls,
        sizes: Sequence[int],
        activation: ActivationName,
        loss: LossName,
        rng: np.random.Generator,
        initialisation: InitialisationName = "suited",
    ) -> Self:
        """Make a network with random weights.

        Parameters
        ----------
        sizes
            Number of pixels, of neurons of each hidden layer, of classes.
        activation, loss
            Names, as `MLP` takes them.
        rng
            Generator of the weights.
        initialisation
            Passed on to `Dense.random`.
        """
        hidden = ACTIVATIONS[activation]
        functions = [hidden] * (len(sizes) - 2) + [LOSSES[loss].output_activation(hidden)]
        layers = zip(sizes[:-1], sizes[1:], functions, strict=True)
        return cls(
            [Dense.random(*layer, rng, initialisation) for layer in layers], activation, loss
        )

    def __repr__(self) -> str:
        return f"MLP({self.layers}, loss={self.loss_name})"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of pixels, of neurons of each hidden layer, of classes."""
        return (self.layers[0].n_inputs, *(layer.n_neurons for layer in self.layers))

    @property
    def parameters(self) -> list[tuple[Floats, Floats]]:
        """Each layer's weights, then its biases; each with its gradient."""
        pairs = []
        for layer in self.layers:
            pairs += [(layer.weights, layer.weight_gradient), (layer.biases, layer.bias_gradient)]
        return pairs

    def forward(self, inputs: Floats, dropout: Dropout | None = None) -> Floats:
        """Compute the outputs, (n, classes), of inputs, (n, pixels), 0 to 1.

        The array of the outputs is the last layer's, and written again by the next call.

        Parameters
        ----------
        inputs
            float32, (n, pixels).
        dropout
            For the hidden layers, in training alone.
        """
        *hidden_layers, output_layer = self.layers
        self._masks = []
        for layer in hidden_layers:
            inputs = layer.forward(inputs)
            if dropout:
                self._masks.append(dropout.mask(like=inputs))
                inputs = inputs * self._masks[-1]
        return output_layer.forward(inputs)

    def backward(self, gradient: Floats) -> None:
        """Compute the gradients of all weights and biases: backpropagation.

        Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986.

        Parameters
        ----------
        gradient
            Gradient of the loss with respect to the outputs of the last `forward`, (n, classes);
            overwritten.
        """
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient, is_first=layer is self.layers[0])
            if self._masks:
                gradient *= self._masks.pop()

    def layer_activations(self, images: np.ndarray) -> list[Floats]:
        """Compute the activations of each layer, (n, neurons).

        Parameters
        ----------
        images
            uint8, (n, rows, columns); all pass together, so n should be some thousands at most.

        Returns
        -------
        list of ndarray
            float32; the last are the probabilities.
        """
        outputs = self.forward(to_inputs(images))
        hidden = [layer.activations for layer in self.layers[:-1]]
        return [*hidden, self.loss.probabilities(outputs)]

    def predict_proba(self, images: np.ndarray) -> Floats:
        """Classify images, a batch at a time, so that memory stays small.

        Parameters
        ----------
        images
            uint8, (n, rows, columns).

        Returns
        -------
        ndarray
            float32, (n, classes): probabilities after `cross_entropy`, else activations.
        """
        probabilities: Floats = np.empty((len(images), len(self.layers[-1].biases)), np.float32)
        for start in range(0, len(images), _BATCH_SIZE):
            batch = slice(start, start + _BATCH_SIZE)
            outputs = self.forward(to_inputs(images[batch]))
            probabilities[batch] = self.loss.probabilities(outputs)
        return probabilities

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy, 0 to 1, on images, uint8 (n, rows, columns)."""
        probabilities = self.predict_proba(images)
        accuracy = (probabilities.argmax(axis=1) == labels).mean()
        return self.loss.value(probabilities, labels), float(accuracy)
