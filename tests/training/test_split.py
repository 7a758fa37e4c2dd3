import numpy as np
import pytest

from stages.training.diagnosis import split_warnings
from stages.training.errors import TrainingError
from stages.training.split import Data, split_validation


def data(labels: list[int]) -> Data:
    """Make images whose only pixel is their index."""
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None]
    return Data(images, np.array(labels, np.uint8))


def test_validation_images_are_the_last() -> None:
    train, validation = split_validation(data([0, 1] * 50), 0.1)
    assert validation is not None
    assert (len(train.images), validation.images[0, 0, 0]) == (90, 90)
    assert train.images.base is not None  # a view: images may stay on disk


def test_without_a_fraction_there_is_no_validation() -> None:
    train, validation = split_validation(data([0, 1]), 0)
    assert (len(train.images), validation) == (2, None)


def test_data_sorted_by_class_has_each_class_in_both_parts() -> None:
    train, validation = split_validation(data([0] * 40 + [1] * 20 + [2] * 10), 0.1)
    assert validation is not None
    assert np.bincount(train.labels).tolist() == [36, 18, 9]
    assert np.bincount(validation.labels).tolist() == [4, 2, 1]
    assert sorted([*train.images.ravel(), *validation.images.ravel()]) == list(range(70))


def test_data_sorted_by_class_has_each_class_in_its_first_and_last_part() -> None:
    train, _ = split_validation(data([0] * 40 + [1] * 20 + [2] * 10), 0)
    assert sorted(train.images.ravel()) == list(range(70))
    assert set(train.labels[:7]) == set(train.labels[-7:]) == {0, 1, 2}


def test_a_class_of_one_image_is_learnt_and_its_lack_is_told() -> None:
    train, validation = split_validation(data([0] * 10 + [1] * 10 + [2]), 0.2)
    assert 2 in train.labels
    assert list(split_warnings(train, validation, "abcd")) == [
        "no training image is of class d",
        "no validation image is of class c, d",
    ]


@pytest.mark.parametrize(
    ("n_images", "fraction", "message"),
    [(3, 0.1, "there would be no validation images"), (2, 0.9, "no image is left")],
)
def test_a_part_without_images_is_refused(n_images: int, fraction: float, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        split_validation(data([0] * n_images), fraction)
