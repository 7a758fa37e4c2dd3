"""The backpropagation that docs/how-it-learns.md writes out for one image, and the network's."""

import numpy as np
import pytest

from docs.how_it_learns import by_hand
from docs.how_it_learns.one_image import backpropagate
from stages.network.batches import to_inputs
from stages.network.losses import one_hot
from stages.network.mlp import MLP
from tests.helpers import mnist_5k


@pytest.mark.parametrize("hidden", [(), (32,), (20, 16)])
def test_mean_over_the_images_is_the_gradient_of_the_batch(hidden: tuple[int, ...]) -> None:
    network = MLP.random((784, *hidden, 10), "relu", "squared_error", np.random.default_rng(1))
    images, labels = (array[:100] for array in mnist_5k.load())
    inputs = to_inputs(images)
    outputs = network.forward(inputs)
    _, gradient = network.loss(outputs, labels)
    network.backward(gradient)

    weights = [layer.weights for layer in network.layers]
    biases = [layer.biases for layer in network.layers]
    pairs = zip(inputs, one_hot(labels, outputs), strict=True)
    of_images = [backpropagate(weights, biases, pixels, target) for pixels, target in pairs]
    for index, layer in enumerate(network.layers):
        for kind, expected in enumerate((layer.weight_gradient, layer.bias_gradient)):
            mean = np.mean([gradients[index][kind] for gradients in of_images], axis=0)
            np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-7)
            assert expected.any()


def test_the_example_to_compute_by_hand() -> None:
    layers = by_hand.network().layers
    weights, biases = [layer.weights for layer in layers], [layer.biases for layer in layers]
    gradients = backpropagate(weights, biases, by_hand.INPUTS[0], np.array([1, 0]))
    np.testing.assert_allclose(gradients[0][0][0, 0], -0.2, rtol=1e-6)
