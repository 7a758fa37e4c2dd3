from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stages.training.config import TrainingConfig
from stages.training.diagnosis import warning
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data
from tests.helpers.config import CONFIG

RNG = np.random.default_rng(1)
LABELS = RNG.integers(4, size=600).astype(np.uint8)
IMAGES = RNG.integers(100, size=(600, 8, 8)).astype(np.uint8)
IMAGES[np.arange(600), LABELS] += 150
DATA = Data(IMAGES, LABELS)

HEALTHY = replace(CONFIG, epochs=9, augmentation=None, batch_size=16)
BAD_RELU: dict[str, Any] = {"learning_rate": 30.0}


def warnings(config: TrainingConfig, data: Data = DATA) -> dict[int, str]:
    """Train, and return the warnings by the number of the epoch after which they came."""
    ensemble = random_ensemble(config, (8, 8), 4)
    by_epoch = {
        metrics.number: warning(config, metrics, ensemble, data, "abcd")
        for metrics in train_ensemble(ensemble, data, None, config)
    }
    return {number: text for number, text in by_epoch.items() if text}


@pytest.mark.parametrize("ensemble_size", [1, 2])
def test_a_network_that_learns_causes_no_warning(ensemble_size: int) -> None:
    assert warnings(replace(HEALTHY, ensemble_size=ensemble_size)) == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (BAD_RELU, "relu neurons of a layer are dead"),
        (
            {"activation": "sigmoid", "loss": "squared_error", "learning_rate": 1000.0},
            "sigmoid neurons of a layer are saturated",
        ),
        ({"learning_rate": 1e-6}, "too small; raise train.learning_rate (1e-06)"),
        ({"activation": "sigmoid", "hidden": (9, 9, 9, 9)}, "or use train.activation=relu"),
        (
            {"activation": "sigmoid", "batch_size": 600, "epochs": 30},
            "only 10 steps; lower train.batch_size (600), or raise train.epochs (30)",
        ),
    ],
)
def test_a_network_that_learns_nothing_causes_a_warning_with_the_reason(
    changes: dict[str, Any], reason: str
) -> None:
    config = replace(HEALTHY, **changes)
    third = config.epochs // 3
    text = warnings(config)[third]
    assert text.startswith(f"after epoch {third} of {config.epochs} the accuracy is ")
    assert reason in text


@pytest.mark.parametrize(
    ("images", "pixels"),
    [
        (IMAGES // 255, "pixels are from 0 to 0, 0 on average"),
        ((IMAGES > 127).astype(np.uint8), "pixels are from 0 to 1, 0 on average"),
        (np.uint8(255) - IMAGES, "pixels are from 6 to 255, 187 on average"),
        (np.full_like(IMAGES, 125), "pixels are from 125 to 125, 125 on average"),
    ],
)
def test_pixels_are_looked_at_before_the_learning_rate(images: np.ndarray, pixels: str) -> None:
    config = replace(HEALTHY, learning_rate=1e-6)
    text = warnings(config, Data(images, LABELS))[3]
    assert f"as by chance: {pixels}, but a network learns from" in text
    assert "rate" not in text


def test_the_first_of_three_epochs_is_no_time_for_a_warning() -> None:
    assert list(warnings(replace(HEALTHY, epochs=3, **BAD_RELU))) == [2]


@pytest.mark.parametrize(
    "config", [HEALTHY, replace(HEALTHY, optimizer="adam", learning_rate=0.005)]
)
def test_labels_of_other_images_are_suspected(config: TrainingConfig) -> None:
    text = warnings(config, Data(IMAGES, RNG.permutation(LABELS)))[3]
    assert "the labels do not belong to the images" in text


def test_labels_that_are_all_one_class_cause_no_warning() -> None:
    assert warnings(HEALTHY, Data(IMAGES, np.full(600, 2, np.uint8))) == {}


def test_classes_whose_output_is_dead_are_named() -> None:
    ensemble = random_ensemble(replace(HEALTHY, loss="squared_error"), (8, 8), 4)
    config = replace(HEALTHY, loss="squared_error")
    (metrics, *_) = train_ensemble(ensemble, DATA, None, replace(config, epochs=9))
    ensemble.networks[0].layers[-1].weights[:, [1, 3]] = -1
    ensemble.networks[0].layers[-1].biases[:] = [1, -1, 1, -1]
    last = replace(metrics, number=9, train_accuracy=0.5)
    text = warning(config, last, ensemble, DATA, "abcd")
    assert text is not None
    assert "a network's outputs for class b, d are 0 for every image" in text
    without_d = Data(IMAGES[LABELS != 3], LABELS[LABELS != 3])
    text = warning(config, last, ensemble, without_d, "abcd")
    assert text is not None
    assert "for class b are 0" in text
