"""The configuration of a training run."""

from dataclasses import replace

import pytest

from stages.network.augmentation import Augmentation
from stages.training.config import TrainingConfig
from stages.training.errors import TrainingError
from tests.helpers.config import CONFIG


@pytest.mark.parametrize(
    ("classes", "expected"), [("0123456789", Augmentation(flags=0.3)), ("abc", None)]
)
def test_flags_are_for_digits_and_nothing_is_left_of_them_elsewhere(
    classes: str, expected: Augmentation | None
) -> None:
    config = replace(CONFIG, augmentation=Augmentation(flags=0.3))
    assert config.for_classes(classes).augmentation == expected


def test_a_scale_that_would_mirror_digits_is_refused() -> None:
    params = {**vars(CONFIG), **vars(Augmentation(scale=0.3)), "strength": 5}
    del params["augmentation"]
    with pytest.raises(TrainingError, match=r"augment.scale \(0.3\) times augment.strength \(5\)"):
        TrainingConfig.from_params(**params)
