from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from stages.classifier.calibration import (
    MAX_UNSURE_FRACTION,
    MIN_MISTAKES,
    Calibration,
    fit,
    fit_limit,
)
from stages.network.augmentation import Augmentation
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data
from tests.helpers import mnist_5k
from tests.helpers.config import CONFIG


def outputs_of_known_temperature(temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw labels from probabilities, and give outputs of logits that many times as large."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (4000, 5))
    labels = np.array([rng.choice(5, p=p) for p in softmax(logits, axis=1)])
    return softmax(temperature * logits, axis=1).astype(np.float32), labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_temperature_is_found_again(temperature: float) -> None:
    outputs, labels = outputs_of_known_temperature(temperature)
    assert fit(outputs, labels).temperature == pytest.approx(temperature, rel=0.05)


def test_probabilities_are_the_softmax_of_logits_over_temperature() -> None:
    logits = np.random.default_rng(1).normal(0, 5, (50, 10))
    outputs = softmax(logits, axis=1).astype(np.float32)
    probabilities = Calibration(temperature=1.7).probabilities(outputs)
    np.testing.assert_allclose(probabilities, softmax(logits / 1.7, axis=1), rtol=1e-4)
    assert probabilities.dtype == np.float32


def test_outputs_of_squared_error_are_divided_by_their_sum() -> None:
    outputs = np.array([[0.2, 0.6], [0, 3]], np.float32)
    expected = np.array([[0.25, 0.75], [0, 1]])
    np.testing.assert_allclose(Calibration().probabilities(outputs), expected)


def test_where_all_outputs_are_0_nothing_is_sure() -> None:
    outputs = np.array([[0, 0], [0, 0.3]], np.float32)
    calibration = Calibration(min_confidence=0)
    np.testing.assert_array_equal(calibration.probabilities(outputs)[0], [0.5, 0.5])
    np.testing.assert_array_equal(calibration.is_unsure(outputs), [True, False])


def test_few_validation_images_are_unsure() -> None:
    outputs, labels = outputs_of_known_temperature(1.0)
    calibration = fit(outputs, labels)
    n_unsure = np.count_nonzero(calibration.is_unsure(outputs))
    assert 0 < n_unsure <= MAX_UNSURE_FRACTION * len(labels)
    assert calibration.n_images == len(labels)


def test_a_few_easy_validation_images_do_not_make_all_others_certain_or_doubtful() -> None:
    outputs = np.full((30, 3), 0.02, np.float32)
    outputs[:, 1] = 0.96
    calibration = fit(outputs, np.ones(30, int))
    assert calibration.probabilities(outputs).max() < 0.99
    assert calibration.min_confidence <= 0.6


@pytest.mark.parametrize("n_mistakes", [0, MIN_MISTAKES - 1, MIN_MISTAKES])
def test_few_mistakes_are_no_evidence_that_the_network_is_not_sure_enough(n_mistakes: int) -> None:
    outputs = np.tile(np.array([0.6, 0.4], np.float32), (1000, 1))
    labels = np.arange(1000) < n_mistakes
    temperature = fit(outputs, labels.astype(np.uint8)).temperature
    assert temperature == 1 if n_mistakes < MIN_MISTAKES else temperature < 0.2


def test_one_wrong_label_decides_nothing_alone() -> None:
    outputs = np.tile(np.array([0.99, 0.01], np.float32), (2000, 1))
    labels = (np.arange(2000) < 20).astype(np.uint8)
    before = fit(outputs, labels).temperature
    outputs[-1], labels[-1] = (1, 1e-30), 1
    assert fit(outputs, labels).temperature == pytest.approx(before, rel=0.1)


def test_no_validation_image_is_at_the_limit() -> None:
    """Where it was, rounding decided: other kernels gave other answers."""
    outputs, labels = outputs_of_known_temperature(1.0)
    calibration = fit(outputs, labels)
    confidence = calibration.probabilities(outputs).max(axis=1)
    assert np.abs(confidence - calibration.min_confidence).min() > 1e-5


@pytest.mark.parametrize(
    "augmentation", [None, Augmentation(flags=1), Augmentation(shift=2, rotation=20)]
)
def test_limit_without_validation_images_is_below_most_correct_predictions(
    augmentation: Augmentation | None,
) -> None:
    images, labels = mnist_5k.load()
    config = replace(CONFIG, hidden=(50,), epochs=4)
    ensemble = random_ensemble(config, (28, 28), 10)
    list(train_ensemble(ensemble, Data(images, labels), None, config))
    rng = np.random.default_rng(1)
    fitted = fit_limit(ensemble, images, labels, augmentation, rng)
    assert fitted.temperature == 1
    assert fitted.n_images == 0
    assert 0.1 < fitted.min_confidence <= 0.9
    outputs = ensemble.predict_proba(images)
    is_correct = outputs.argmax(axis=1) == labels
    is_unsure = fitted.is_unsure(outputs)
    assert is_unsure[is_correct].mean() < 0.07
    if augmentation and not augmentation.shift:  # flags leave most images as they are
        unaugmented = fit_limit(ensemble, images, labels, None, np.random.default_rng(1))
        assert fitted == unaugmented
    assert is_unsure[~is_correct].mean() > 3 * is_unsure[is_correct].mean()
