import numpy as np

from stages.network.mlp import MLP, to_inputs
from stages.network.sgd import SGD


def test_momentum_remembers_the_last_steps():
    rng = np.random.default_rng(1)
    network = MLP.random((4, 3), "sigmoid", "squared_error", rng)
    step = SGD(network, momentum=0.5)
    pixels = to_inputs(rng.integers(256, size=(6, 2, 2)).astype(np.uint8))
    labels = rng.integers(3, size=6)
    velocity = np.zeros((3, 5))
    for rate in (0.1, 0.2, 0.3):
        alone = SGD(network, momentum=0)
        alone.backpropagate(pixels, labels, rate)
        velocity = 0.5 * velocity + alone.velocities[0]
        expected = network.layers[0].weights + velocity
        step(pixels, labels, rate)
        np.testing.assert_allclose(network.layers[0].weights, expected, atol=1e-6)


def test_weight_decay_takes_its_part_of_the_weights_and_spares_the_biases():
    rng = np.random.default_rng(1)
    plain = MLP.random((4, 3), "relu", "cross_entropy", rng)
    plain.layers[0].weights[:, -1] = 1
    decayed = MLP.random((4, 3), "relu", "cross_entropy", rng)
    decayed.layers[0].weights[:] = plain.layers[0].weights
    before = plain.layers[0].weights.copy()
    pixels = to_inputs(rng.integers(256, size=(6, 2, 2)).astype(np.uint8))
    labels = rng.integers(3, size=6)
    SGD(plain, 0.9)(pixels, labels, rate=0.1)
    SGD(decayed, 0.9, weight_decay=0.5)(pixels, labels, rate=0.1)
    taken = plain.layers[0].weights - decayed.layers[0].weights
    np.testing.assert_allclose(taken[:, :-1], before[:, :-1] * 0.05, atol=1e-6)
    np.testing.assert_allclose(taken[:, -1], 0, atol=1e-6)


def test_batches_of_any_size_can_follow_each_other():
    rng = np.random.default_rng(1)
    network = MLP.random((4, 5, 3), "relu", "cross_entropy", rng)
    step = SGD(network, 0.9)
    for size in (8, 3, 8, 1):
        images = rng.integers(256, size=(size, 2, 2)).astype(np.uint8)
        cost, right = step(to_inputs(images), rng.integers(3, size=size), 0.1)
        assert np.isfinite(cost)
        assert 0 <= right <= size
