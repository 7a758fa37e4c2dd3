from dataclasses import replace

import numpy as np
import pytest

from stages.network.config import TrainingConfig
from stages.network.diagnosis import warning
from tests.runtime.test_checkpoint_manager import RECIPE

RNG = np.random.default_rng(1)
LABELS = RNG.integers(4, size=600).astype(np.uint8)
IMAGES = RNG.integers(100, size=(600, 8, 8)).astype(np.uint8)
IMAGES[np.arange(600), LABELS] += 150

HEALTHY = replace(RECIPE, epochs=9, augment=0, batch_size=16)


def warnings(recipe: TrainingConfig, images=IMAGES, labels=LABELS):
    committee, training = recipe.start(images, labels, 4)
    learnt = recipe.split(images)
    told = [
        warning(recipe, epoch, committee, images[:learnt], labels[:learnt]) for epoch in training
    ]
    assert all(text is None for number, text in enumerate(told, 1) if number != 3)
    return told[2]


@pytest.mark.parametrize("members", [1, 2])
def test_network_that_learns_is_left_alone(members):
    assert warnings(replace(HEALTHY, ensemble_size=members)) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"learning_rate": 30.0}, "relu neurons of a layer are stuck"),
        (
            {"activation": "sigmoid", "loss": "squared_error", "learning_rate": 1000.0},
            "sigmoid neurons of a layer are stuck",
        ),
        ({"learning_rate": 1e-6}, "too small for it; raise train.learning_rate (1e-06)"),
        ({"activation": "sigmoid", "hidden": (9, 9, 9, 9)}, "or use train.activation=relu"),
    ],
)
def test_network_that_learns_nothing_is_told_of_with_the_reason(changes, says):
    told = warnings(replace(HEALTHY, **changes))
    assert told.startswith("after epoch 3 of 9 the accuracy is ")
    assert says in told


def test_labels_of_other_images_are_suspected():
    told = warnings(HEALTHY, labels=RNG.permutation(LABELS))
    assert "the labels do not belong to the images" in told


def test_labels_that_are_all_one_class_are_no_reason_to_warn():
    assert warnings(HEALTHY, labels=np.full(600, 2, np.uint8)) is None
