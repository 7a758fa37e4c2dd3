import numpy as np
import pytest

from stages.network.errors import NetworkError
from stages.network.mlp import MLP
from stages.network.training import Settings, split, train

SETTINGS = Settings(
    epochs=40,
    batch_size=16,
    learning_rate=0.05,
    learning_rate_schedule="cosine",
    momentum=0.9,
    weight_decay=0.0,
)


def stripes(count, rng):
    """Images of noise with a bright row, which is the label."""
    labels = rng.integers(4, size=count).astype(np.uint8)
    images = rng.integers(100, size=(count, 4, 4)).astype(np.uint8)
    images[np.arange(count), labels] += 120
    return images, labels


@pytest.mark.parametrize(
    ("activation", "loss", "least"),
    [
        ("sigmoid", "squared_error", 0.95),
        ("sigmoid", "cross_entropy", 0.95),
        ("relu", "cross_entropy", 0.95),
        # An output that goes through ReLU may be born dead, and its class is never learnt.
        ("relu", "squared_error", 0.5),
    ],
)
def test_every_kind_of_network_learns_and_generalises(activation, loss, least):
    rng = np.random.default_rng(4)
    images, labels = stripes(600, rng)
    network = MLP.random((16, 20, 4), activation, loss, rng)
    assert network.accuracy(images, labels) < 0.45
    epochs = list(train(network, images[:500], labels[:500], SETTINGS, rng))
    assert network.accuracy(images[500:], labels[500:]) > least
    assert epochs[-1].train_loss < epochs[0].train_loss


def trained(settings=SETTINGS, **changes):
    rng = np.random.default_rng(1)
    images, labels = stripes(100, rng)
    network = MLP.random((16, 8, 4), "relu", "cross_entropy", rng)
    settings = Settings(**(vars(settings) | changes))
    epochs = list(
        train(network, images[:80], labels[:80], settings, rng, (images[80:], labels[80:]))
    )
    return network, epochs


def test_same_seed_gives_same_bytes():
    one, two = trained()[0], trained()[0]
    for layer, same in zip(one.layers, two.layers, strict=True):
        assert layer.weights.tobytes() == same.weights.tobytes()
        assert layer.weights.dtype == np.float32


def test_one_batch_of_plain_descent_is_the_textbooks_step():
    rng = np.random.default_rng(1)
    images, labels = stripes(10, rng)
    network = MLP.random((16, 4), "sigmoid", "squared_error", rng)
    weights = network.layers[0].weights.copy()
    pixels = np.column_stack([images.reshape(10, 16) / 255, np.ones(10)])
    outputs = 1 / (1 + np.exp(-(pixels @ weights.T)))
    delta = (outputs - np.eye(4)[labels]) * outputs * (1 - outputs) / 10

    settings = Settings(1, 10, 0.5, "constant", 0.0, 0.0)
    list(train(network, images, labels, settings, rng))
    expected = weights - 0.5 * delta.T @ pixels
    np.testing.assert_allclose(network.layers[0].weights, expected, atol=1e-6)


def test_weight_decay_shrinks_weights():
    plain, decayed = trained()[0], trained(weight_decay=0.05)[0]
    assert np.abs(decayed.layers[0].weights).mean() < np.abs(plain.layers[0].weights).mean()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25]),
        ("cosine", [1, 0.8536, 0.5, 0.1464]),
    ],
)
def test_learning_rate_falls_as_asked(schedule, expected):
    _, epochs = trained(epochs=4, learning_rate=1.0, learning_rate_schedule=schedule)
    np.testing.assert_allclose([epoch.learning_rate for epoch in epochs], expected, atol=1e-4)


def test_epoch_reports_validation_only_with_validation_images():
    network, epochs = trained(epochs=2)
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert all(0 <= epoch.validation_accuracy <= 1 for epoch in epochs)
    rng = np.random.default_rng(1)
    images, labels = stripes(20, rng)
    (epoch,) = train(network, images, labels, Settings(1, 50, 0.1, "constant", 0.0, 0.0), rng)
    assert epoch.validation_accuracy is None


def test_split_keeps_the_last_part():
    assert split(100, 0.1) == 90
    assert split(100, 0) == 100
    with pytest.raises(NetworkError, match="would be empty"):
        split(3, 0.1)
    with pytest.raises(NetworkError, match="no image is left"):
        split(2, 0.9)
