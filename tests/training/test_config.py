"""The configuration of a training run."""

from dataclasses import replace

import pytest

from stages.network.augmentation import Augmentation
from tests.helpers.config import CONFIG


@pytest.mark.parametrize(
    ("classes", "expected"), [("0123456789", Augmentation(flags=0.3)), ("abc", None)]
)
def test_flags_are_for_digits_and_nothing_is_left_of_them_elsewhere(
    classes: str, expected: Augmentation | None
) -> None:
    config = replace(CONFIG, augmentation=Augmentation(flags=0.3))
    assert config.for_classes(classes).augmentation == expected
