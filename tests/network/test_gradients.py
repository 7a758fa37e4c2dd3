"""Backpropagation against finite differences, in double precision."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stages.network.activations import ACTIVATIONS, Activation, Identity
from stages.network.losses import LOSSES, Loss
from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName
from stages.network.sgd import SGD

STEP = 1e-6


def finite_differences(function: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """Compute the gradient with respect to an array that a function reads."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        array[index] = value + STEP
        above = function()
        array[index] = value - STEP
        gradient[index] = (above - function()) / (2 * STEP)
        array[index] = value
    return gradient


def type_name(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("activation", [*ACTIVATIONS.values(), Identity()], ids=type_name)
def test_activation(activation: Activation) -> None:
    pre_activations: Any = np.random.default_rng(1).standard_normal((4, 5))

    def total() -> float:
        activations = pre_activations.copy()
        activation.apply(activations)
        return float(activations.sum())

    activations = pre_activations.copy()
    activation.apply(activations)
    gradient = np.ones_like(pre_activations)
    activation.multiply_by_derivative(gradient, activations)
    np.testing.assert_allclose(gradient, finite_differences(total, pre_activations), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=type_name)
def test_loss(loss: Loss) -> None:
    activations: Any = np.random.default_rng(1).standard_normal((3, 4))
    labels = np.array([0, 2, 1, 2])

    def mean_loss() -> float:
        outputs = activations.copy()
        loss.to_probabilities(outputs)
        return loss(outputs, labels)

    outputs, gradient = activations.copy(), np.empty_like(activations)
    loss.to_probabilities(outputs)
    loss.gradient(outputs, labels, out=gradient)
    np.testing.assert_allclose(gradient, finite_differences(mean_loss, activations), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (4, 6, 3)])
def test_every_weight_and_bias_of_a_network(
    hidden: tuple[int, ...], activation: ActivationName, loss: LossName
) -> None:
    rng = np.random.default_rng(3)
    network = MLP.random((7, *hidden, 3), activation, loss, rng)
    for layer in network.layers:
        layer.weights = layer.weights.astype(np.float64)
        layer.weights[:, -1] = rng.normal(0.1, 0.1, layer.n_neurons)
    sgd = SGD(network, batch_size=6, momentum=0)
    sgd.inputs[:, :-1] = rng.random((6, 7))
    labels = rng.integers(3, size=6)

    passes = network.forward_passes(sgd.inputs)

    def mean_loss() -> float:
        for forward in passes:
            forward()
        network.loss.to_probabilities(passes[-1].activations)
        return network.loss(passes[-1].activations, labels)

    # Without momentum the velocity is the gradient itself.
    batch_loss, _ = sgd.step(labels, learning_rate=0)
    assert batch_loss == pytest.approx(mean_loss())
    for layer, gradient in zip(network.layers, sgd.velocities, strict=True):
        expected = finite_differences(mean_loss, layer.weights)
        np.testing.assert_allclose(gradient, expected, atol=1e-7)
