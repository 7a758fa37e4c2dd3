import numpy as np
import pytest

from stages.network import dense
from stages.network.activations import Floats
from stages.network.mlp import MLP
from stages.network.optimisers import SGD, Adam


def batch(network: MLP, n_images: int, seed: int = 1) -> tuple[Floats, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = rng.random((n_images, network.sizes[0]), np.float32)
    return inputs, rng.integers(3, size=n_images)


def backpropagate(network: MLP, n_images: int) -> float:
    inputs, labels = batch(network, n_images)
    loss, gradient = network.loss(network.forward(inputs), labels)
    network.backward(gradient)
    return loss


def copy_of(network: MLP) -> MLP:
    rng = np.random.default_rng(9)
    copy = MLP.random(network.sizes, network.activation, network.loss_name, rng)
    for layer, same in zip(copy.layers, network.layers, strict=True):
        layer.weights[:], layer.biases[:] = same.weights, same.biases
    return copy


def test_momentum_accumulates_the_gradients() -> None:
    network = MLP.random((4, 3), "sigmoid", "squared_error", np.random.default_rng(1))
    sgd, (layer,) = SGD(network, momentum=0.5), network.layers
    weight_velocity, bias_velocity = np.zeros((4, 3)), np.zeros(3)
    for learning_rate in (0.1, 0.2, 0.3):
        backpropagate(network, 6)
        weight_velocity = 0.5 * weight_velocity + layer.weight_gradient
        bias_velocity = 0.5 * bias_velocity + layer.bias_gradient
        weights = layer.weights - learning_rate * weight_velocity
        biases = layer.biases - learning_rate * bias_velocity
        sgd.step(learning_rate)
        np.testing.assert_allclose(layer.weights, weights, atol=1e-6)
        np.testing.assert_allclose(layer.biases, biases, atol=1e-6)


def test_weight_decay_shrinks_the_weights_and_not_the_biases() -> None:
    plain = MLP.random((4, 3), "relu", "cross_entropy", np.random.default_rng(1))
    plain.layers[0].biases[:] = 1
    decayed = copy_of(plain)
    before = plain.layers[0].weights.copy()
    for network, weight_decay in ((plain, 0.0), (decayed, 0.5)):
        backpropagate(network, 6)
        SGD(network, momentum=0.9, weight_decay=weight_decay).step(0.1)
    difference = plain.layers[0].weights - decayed.layers[0].weights
    np.testing.assert_allclose(difference, before * 0.05, atol=1e-6)
    np.testing.assert_array_equal(plain.layers[0].biases, decayed.layers[0].biases)


def test_a_step_after_batches_of_other_sizes_is_that_of_a_new_network() -> None:
    network = MLP.random((4, 5, 3), "relu", "cross_entropy", np.random.default_rng(1))
    for n_images in (8, 3, 8, 1, 5):
        fresh = copy_of(network)
        assert backpropagate(network, n_images) == backpropagate(fresh, n_images)
        for one in (network, fresh):
            SGD(one, momentum=0).step(0.1)
        for layer, same in zip(network.layers, fresh.layers, strict=True):
            np.testing.assert_array_equal(layer.weights, same.weights)
            np.testing.assert_array_equal(layer.biases, same.biases)


@pytest.mark.parametrize("hidden", [(96,), (96, 64), (40, 96, 33)])
def test_a_step_in_two_threads_is_that_in_one(
    hidden: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    divided = MLP.random((50, *hidden, 40), "relu", "cross_entropy", np.random.default_rng(1))
    whole = copy_of(divided)
    for network, min_flops in ((divided, 0), (whole, np.inf)):
        monkeypatch.setattr(dense, "MIN_FLOPS", min_flops)
        backpropagate(network, 32)
        SGD(network, 0.9, 0.1).step(0.1)
    for layer, same in zip(divided.layers, whole.layers, strict=True):
        np.testing.assert_allclose(layer.weights, same.weights, atol=1e-6)


def test_nesterov_subtracts_gradient_and_momentum_times_velocity() -> None:
    network = MLP.random((4, 3), "sigmoid", "squared_error", np.random.default_rng(1))
    sgd, (layer,) = SGD(network, momentum=0.5, nesterov=True), network.layers
    velocity = np.zeros((4, 3))
    for _ in range(3):
        backpropagate(network, 6)
        gradient = layer.weight_gradient.copy()
        velocity = 0.5 * velocity + gradient
        expected = layer.weights - 0.1 * (gradient + 0.5 * velocity)
        sgd.step(0.1)
        np.testing.assert_allclose(layer.weights, expected, atol=1e-6)


def test_adam_is_algorithm_1_of_its_paper_with_decoupled_weight_decay() -> None:
    network = MLP.random((4, 3), "sigmoid", "squared_error", np.random.default_rng(1))
    adam, (layer,) = Adam(network, weight_decay=0.1), network.layers
    mean, square = np.zeros((4, 3)), np.zeros((4, 3))
    for step in range(1, 5):
        backpropagate(network, 6)
        gradient = layer.weight_gradient.astype(np.float64)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        corrected = mean / (1 - 0.9**step), square / (1 - 0.999**step)
        expected = layer.weights * (1 - 0.01 * 0.1)
        expected -= 0.01 * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
        biases = layer.biases.copy()
        adam.step(0.01)
        np.testing.assert_allclose(layer.weights, expected, atol=1e-5)
        np.testing.assert_allclose(np.abs(layer.biases - biases).max(), 0.01, rtol=0.6)
