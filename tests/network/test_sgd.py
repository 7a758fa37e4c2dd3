import numpy as np
import pytest

from stages.network import parallel
from stages.network.mlp import MLP
from stages.network.sgd import SGD


def batch(sgd: SGD, n_images: int, seed: int = 1) -> np.ndarray:
    """Write a random batch into the inputs, and return its labels."""
    rng = np.random.default_rng(seed)
    sgd.inputs[:n_images, :-1] = rng.random((n_images, sgd.inputs.shape[1] - 1), np.float32)
    return rng.integers(3, size=n_images)


def copy_of(network: MLP) -> MLP:
    rng = np.random.default_rng(9)
    copy = MLP.random(network.sizes, network.activation, network.loss_name, rng)
    for layer, same in zip(copy.layers, network.layers, strict=True):
        layer.weights[:] = same.weights
    return copy


def test_momentum_accumulates_the_gradients() -> None:
    network = MLP.random((4, 3), "sigmoid", "squared_error", np.random.default_rng(1))
    sgd = SGD(network, batch_size=6, momentum=0.5)
    velocity = np.zeros((3, 5))
    for learning_rate in (0.1, 0.2, 0.3):
        without = SGD(copy_of(network), batch_size=6, momentum=0)
        without.step(batch(without, 6), learning_rate=0)
        velocity = 0.5 * velocity + without.velocities[0]
        expected = network.layers[0].weights - learning_rate * velocity
        sgd.step(batch(sgd, 6), learning_rate)
        np.testing.assert_allclose(network.layers[0].weights, expected, atol=1e-6)


def test_weight_decay_shrinks_the_weights_and_not_the_biases() -> None:
    plain = MLP.random((4, 3), "relu", "cross_entropy", np.random.default_rng(1))
    plain.layers[0].weights[:, -1] = 1
    decayed = copy_of(plain)
    before = plain.layers[0].weights.copy()
    for network, weight_decay in ((plain, 0.0), (decayed, 0.5)):
        sgd = SGD(network, 6, momentum=0.9, weight_decay=weight_decay)
        sgd.step(batch(sgd, 6), learning_rate=0.1)
    difference = plain.layers[0].weights - decayed.layers[0].weights
    np.testing.assert_allclose(difference[:, :-1], before[:, :-1] * 0.05, atol=1e-6)
    np.testing.assert_allclose(difference[:, -1], 0, atol=1e-6)


def test_a_step_after_batches_of_other_sizes_is_that_of_a_new_optimiser() -> None:
    network = MLP.random((4, 5, 3), "relu", "cross_entropy", np.random.default_rng(1))
    sgd = SGD(network, batch_size=8, momentum=0)
    for n_images in (8, 3, 8, 1, 5):
        fresh = SGD(copy_of(network), batch_size=n_images, momentum=0)
        expected = fresh.step(batch(fresh, n_images), 0.1)
        assert sgd.step(batch(sgd, n_images), 0.1) == expected
        for layer, same in zip(network.layers, fresh.network.layers, strict=True):
            np.testing.assert_array_equal(layer.weights, same.weights)


@pytest.mark.parametrize("hidden", [(96,), (96, 64), (40, 96, 33)])
def test_a_step_in_two_threads_is_that_in_one(
    hidden: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = MLP.random((50, *hidden, 40), "relu", "cross_entropy", np.random.default_rng(1))
    divided, whole = SGD(network, 32, 0.9, 0.1), SGD(copy_of(network), 32, 0.9, 0.1)
    monkeypatch.setattr(parallel, "MIN_FLOPS", 0)
    divided.step(batch(divided, 32), 0.1)
    monkeypatch.setattr(parallel, "MIN_FLOPS", np.inf)
    whole.step(batch(whole, 32), 0.1)
    for layer, same in zip(network.layers, whole.network.layers, strict=True):
        np.testing.assert_allclose(layer.weights, same.weights, atol=1e-6)
