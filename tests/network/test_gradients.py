"""Backpropagation against finite differences, in double precision."""

import numpy as np
import pytest

from stages.network.activations import ACTIVATIONS, Identity
from stages.network.losses import LOSSES
from stages.network.mlp import MLP
from stages.network.sgd import SGD

STEP = 1e-6


def differences(function, array):
    """Slope of a function by each element of an array that it reads, by central differences."""
    slopes = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + STEP
        above = function()
        array[index] = kept - STEP
        slopes[index] = (above - function()) / (2 * STEP)
        array[index] = kept
    return slopes


@pytest.mark.parametrize(
    "function", [*ACTIVATIONS.values(), Identity()], ids=lambda function: type(function).__name__
)
def test_activation(function):
    sums = np.random.default_rng(1).standard_normal((4, 5))

    def total():
        values = sums.copy()
        function.apply(values)
        return values.sum()

    values = sums.copy()
    function.apply(values)
    gradient = np.ones_like(sums)
    function.multiply_by_derivative(gradient, values)
    np.testing.assert_allclose(gradient, differences(total, sums), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda function: type(function).__name__)
def test_loss(loss):
    values = np.random.default_rng(1).standard_normal((3, 4))
    labels = np.array([0, 2, 1, 2])

    def cost():
        outputs = values.copy()
        loss.to_outputs(outputs)
        return loss(outputs, labels)

    gradient = values.copy()
    loss.to_outputs(gradient)
    loss.to_gradient(gradient, labels)
    np.testing.assert_allclose(gradient, differences(cost, values), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (4, 6, 3)])
def test_every_weight_and_bias_of_a_network(hidden, activation, loss):
    rng = np.random.default_rng(3)
    network = MLP.random((7, *hidden, 3), activation, loss, rng)
    for layer in network.layers:
        layer.weights = layer.weights.astype(np.float64)
        layer.weights[:, -1] = rng.normal(0.1, 0.1, layer.neurons)
    pixels = np.column_stack([rng.random((6, 7)), np.ones(6)])
    labels = rng.integers(3, size=6)

    def cost():
        outputs = network.forward(pixels, network.allocate_activations(6))
        return network.loss(outputs, labels)

    # With no momentum and a rate of -1, the velocity is the gradient itself.
    step = SGD(network, momentum=0)
    found_cost, _ = step.backpropagate(pixels, labels, rate=-1)
    assert found_cost == pytest.approx(cost())
    for layer, gradient in zip(network.layers, step.velocities, strict=True):
        np.testing.assert_allclose(gradient, differences(cost, layer.weights), atol=1e-7)
