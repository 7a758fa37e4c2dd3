"""Backpropagation against finite differences, in double precision."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stages.network.activations import ACTIVATIONS, Activation, Identity
from stages.network.dense import Dense
from stages.network.dropout import Dropout
from stages.network.losses import LOSSES, Loss
from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName

STEP = 1e-6


def finite_differences(
    function: Callable[[], float], array: np.ndarray, step: float = STEP
) -> np.ndarray:
    """Compute the gradient with respect to an array that a function reads."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        array[index] = value + step
        above = function()
        array[index] = value - step
        gradient[index] = (above - function()) / (2 * step)
        array[index] = value
    return gradient


def type_name(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("activation", [*ACTIVATIONS.values(), Identity()], ids=type_name)
def test_activation(activation: Activation) -> None:
    pre_activations: Any = np.random.default_rng(1).standard_normal((4, 5))

    def total() -> float:
        return float(activation.forward(pre_activations.copy()).sum())

    activations = activation.forward(pre_activations.copy())
    gradient = activation.backward(np.ones_like(pre_activations), activations)
    np.testing.assert_allclose(gradient, finite_differences(total, pre_activations), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=type_name)
def test_loss(loss: Loss) -> None:
    outputs: Any = np.random.default_rng(1).random((4, 3))
    labels = np.array([0, 2, 1, 2])
    value, gradient = loss(outputs, labels)
    assert value == pytest.approx(loss.value(loss.probabilities(outputs), labels))
    expected = finite_differences(lambda: loss(outputs, labels)[0], outputs)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (4, 6, 3)])
def test_every_weight_and_bias_of_a_network(
    hidden: tuple[int, ...], activation: ActivationName, loss: LossName
) -> None:
    rng = np.random.default_rng(3)
    network = MLP.random((7, *hidden, 3), activation, loss, rng)
    network.layers = [
        Dense(
            layer.weights.astype(np.float64),
            rng.normal(0.1, 0.1, layer.n_neurons),  # type: ignore[arg-type]
            layer.activation,
        )
        for layer in network.layers
    ]
    inputs: Any = rng.random((6, 7))
    labels = rng.integers(3, size=6)

    def mean_loss() -> float:
        return network.loss(network.forward(inputs), labels)[0]

    _, gradient = network.loss(network.forward(inputs), labels)
    network.backward(gradient)
    for layer in network.layers:
        for array, computed in (
            (layer.weights, layer.weight_gradient.copy()),
            (layer.biases, layer.bias_gradient.copy()),
        ):
            np.testing.assert_allclose(computed, finite_differences(mean_loss, array), atol=1e-7)


def test_network_with_dropout() -> None:
    rng = np.random.default_rng(3)
    network = MLP.random((7, 6, 5, 3), "tanh", "cross_entropy", rng)
    network.layers = [
        Dense(
            layer.weights.astype(np.float64),
            layer.biases.astype(np.float64),
            layer.activation,
        )
        for layer in network.layers
    ]
    inputs: Any = rng.random((6, 7))
    labels = rng.integers(3, size=6)

    def forward() -> Any:
        return network.forward(inputs, Dropout(0.4, np.random.default_rng(1)))

    _, gradient = network.loss(forward(), labels)
    network.backward(gradient)
    for layer in network.layers:
        computed = layer.weight_gradient.copy()
        expected = finite_differences(lambda: network.loss(forward(), labels)[0], layer.weights)
        np.testing.assert_allclose(computed, expected, atol=1e-7)


def test_dropout_keeps_the_mean_of_what_a_layer_passes_on() -> None:
    mask = Dropout(0.25, np.random.default_rng(1)).mask(like=np.ones((1000, 100), np.float32))
    np.testing.assert_allclose(np.unique(mask), [0, 4 / 3], rtol=1e-6)
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert mask.dtype == np.float32
