from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.errors import TrainingError
from stages.training.loop import EpochMetrics, TrainingState, train
from stages.training.observers import require_convergence
from stages.training.split import Data
from tests.helpers.config import CONFIG

STRIPES = replace(CONFIG, epochs=40, batch_size=16, weight_decay=0.0, augmentation=None)


def stripes(n_images: int, rng: np.random.Generator) -> Data:
    """Make images of noise with one bright row, whose number is the label."""
    labels = rng.integers(4, size=n_images).astype(np.uint8)
    images = rng.integers(100, size=(n_images, 4, 4)).astype(np.uint8)
    images[np.arange(n_images), labels] += 120
    return Data(images, labels)


def accuracy(network: MLP, data: Data) -> float:
    return network.evaluate(*data)[1]


@pytest.mark.parametrize(
    ("activation", "loss", "least"),
    [
        ("sigmoid", "squared_error", 0.95),
        ("sigmoid", "cross_entropy", 0.95),
        ("relu", "cross_entropy", 0.95),
        # An output with ReLU may be dead from the start, and its class is never learnt.
        ("relu", "squared_error", 0.5),
    ],
)
def test_every_kind_of_network_learns_and_generalises(
    activation: ActivationName, loss: LossName, least: float
) -> None:
    rng = np.random.default_rng(4)
    data, test_data = stripes(500, rng), stripes(100, rng)
    network = MLP.random((16, 20, 4), activation, loss, rng)
    assert accuracy(network, data) < 0.45
    epochs = list(train(network, data, None, STRIPES, rng))
    assert accuracy(network, test_data) > least
    assert epochs[-1].train_loss < epochs[0].train_loss


def trained(**changes: Any) -> tuple[MLP, list[EpochMetrics]]:
    rng = np.random.default_rng(1)
    data, validation = stripes(80, rng), stripes(20, rng)
    network = MLP.random((16, 8, 4), "relu", "cross_entropy", rng)
    return network, list(train(network, data, validation, replace(STRIPES, **changes), rng))


def test_same_seed_gives_same_bytes() -> None:
    for layer, same in zip(trained()[0].layers, trained()[0].layers, strict=True):
        assert layer.weights.tobytes() == same.weights.tobytes()
        assert layer.weights.dtype == np.float32


def test_one_batch_of_plain_gradient_descent_is_the_textbooks_step() -> None:
    rng = np.random.default_rng(1)
    data = stripes(10, rng)
    network = MLP.random((16, 4), "sigmoid", "squared_error", rng)
    weights = network.layers[0].weights.copy()
    inputs = data.images.reshape(10, 16) / 255
    outputs = 1 / (1 + np.exp(-(inputs @ weights)))
    delta = (outputs - np.eye(4)[data.labels]) * outputs * (1 - outputs) / 10

    config = replace(STRIPES, epochs=1, batch_size=10, learning_rate=0.5, momentum=0.0)
    list(train(network, data, None, config, rng))
    expected = weights - 0.5 * inputs.T @ delta
    np.testing.assert_allclose(network.layers[0].weights, expected, atol=1e-6)
    np.testing.assert_allclose(network.layers[0].biases, -0.5 * delta.sum(axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25]),
        ("cosine", [1, 0.8536, 0.5, 0.1464]),
    ],
)
def test_learning_rate_follows_the_schedule(schedule: str, expected: list[float]) -> None:
    _, epochs = trained(epochs=4, learning_rate=1.0, learning_rate_schedule=schedule)
    np.testing.assert_allclose([metrics.learning_rate for metrics in epochs], expected, atol=1e-4)


def test_metrics_of_an_epoch_are_those_of_the_network_after_it() -> None:
    rng = np.random.default_rng(1)
    data, validation = stripes(80, rng), stripes(20, rng)
    network = MLP.random((16, 8, 4), "relu", "cross_entropy", rng)
    for number, metrics in enumerate(train(network, data, validation, STRIPES, rng), 1):
        assert metrics.number == number
        loss, validation_accuracy = network.evaluate(*validation)
        assert (metrics.validation_loss, metrics.validation_accuracy) == (loss, validation_accuracy)
        first_tenth = Data(data.images[:8], data.labels[:8])
        assert metrics.clean_train_accuracy == accuracy(network, first_tenth)


def test_without_validation_data_there_are_no_validation_metrics() -> None:
    rng = np.random.default_rng(1)
    network = MLP.random((16, 8, 4), "relu", "cross_entropy", rng)
    (metrics,) = train(network, stripes(20, rng), None, replace(STRIPES, epochs=1), rng)
    assert (metrics.validation_loss, metrics.validation_accuracy) == (None, None)
    assert "validation" not in str(metrics)


@pytest.mark.parametrize("learning_rate", [1e20, 3e3])
def test_training_that_diverges_is_stopped(learning_rate: float) -> None:
    config = replace(
        STRIPES, learning_rate=learning_rate, learning_rate_schedule="constant", weight_decay=0.001
    )
    ensemble = random_ensemble(config, (4, 4), 4)
    data = stripes(80, np.random.default_rng(1))
    with pytest.raises(TrainingError, match=r"diverged in epoch 1 of 40: .* lower train.learn"):
        list(train_ensemble(ensemble, data, None, config))


@pytest.mark.parametrize("which", [0, 1])
def test_weights_and_biases_that_no_model_file_may_hold_are_divergence(which: int) -> None:
    network = MLP.random((4, 3, 2), "relu", "cross_entropy", np.random.default_rng(1))
    state = TrainingState(samples_seen=10)
    require_convergence(network, CONFIG, 10, state)
    network.parameters[which][0][:] = 2e5
    with pytest.raises(TrainingError, match="weights have grown beyond"):
        require_convergence(network, CONFIG, 10, state)
