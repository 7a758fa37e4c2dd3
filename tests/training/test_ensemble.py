from dataclasses import replace

import numpy as np
import pytest

from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data
from tests.helpers.config import CONFIG

RNG = np.random.default_rng(1)
IMAGES = RNG.integers(256, size=(100, 4, 4)).astype(np.uint8)
LABELS = RNG.integers(3, size=100).astype(np.uint8)
DATA, VALIDATION = Data(IMAGES[:90], LABELS[:90]), Data(IMAGES[90:], LABELS[90:])
THREE = replace(CONFIG, ensemble_size=3)


def test_outputs_are_the_mean_of_the_networks_outputs() -> None:
    ensemble = random_ensemble(THREE, (4, 4), 3)
    mean = np.mean([network.predict_proba(IMAGES) for network in ensemble.networks], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(IMAGES), mean, atol=1e-6)
    loss, accuracy = ensemble.evaluate(IMAGES, LABELS)
    label_probabilities = mean[np.arange(100), LABELS]
    assert np.isclose(loss, -np.log(label_probabilities).mean(), atol=1e-5)
    assert accuracy == (mean.argmax(axis=1) == LABELS).mean()


def test_networks_differ_and_the_first_is_that_of_a_single_one() -> None:
    ensemble, single = random_ensemble(THREE, (4, 4), 3), random_ensemble(CONFIG, (4, 4), 3)
    for metrics, alone in zip(
        train_ensemble(ensemble, DATA, VALIDATION, THREE),
        train_ensemble(single, DATA, VALIDATION, CONFIG),
        strict=True,
    ):
        assert metrics.number == alone.number
    first, second, _ = (network.layers[0].weights for network in ensemble.networks)
    np.testing.assert_array_equal(first, single.networks[0].layers[0].weights)
    assert not np.allclose(first, second)


def test_metrics_of_an_ensemble_are_the_means_over_its_networks() -> None:
    ensemble = random_ensemble(THREE, (4, 4), 3)
    for metrics in train_ensemble(ensemble, DATA, VALIDATION, THREE):
        measured = [network.evaluate(*VALIDATION) for network in ensemble.networks]
        expected = np.mean(measured, axis=0)
        assert metrics.validation_loss is not None
        assert np.isclose(metrics.validation_loss, expected[0])
        assert metrics.validation_accuracy == pytest.approx(expected[1])
