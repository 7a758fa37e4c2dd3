from pathlib import Path

import numpy as np
import pytest

from stages.datasets import arrays, idx
from stages.datasets.catalogue import FILES, Dataset
from stages.datasets.errors import DatasetError
from stages.datasets.labels import to_class_indices

NAME = "labels.gz"


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32])
def test_labels_of_any_integer_type_become_bytes(dtype: type) -> None:
    labels = to_class_indices(np.array([0, 9, 3], dtype), 10, NAME)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, [0, 9, 3])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, -1], np.int32), "label -1 of image 1 is not one of"),
        (np.array([256], np.int16), "label 256 of image 0"),
        (np.array([0.0], np.float32), "float32 in 1 dimensions"),
        (np.zeros((2, 1), np.uint8), "labels must be uint8 in 1 dimension"),
        (np.zeros((2, 0), np.int32), "labels must be uint8 in 1 dimension"),
    ],
)
def test_what_is_no_label_is_refused(labels: np.ndarray, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        to_class_indices(labels, 256, NAME)


def test_labels_of_qmnist_are_converted_to_the_class_alone(tmp_path: Path) -> None:
    images = np.ones((3, 4, 5), np.uint8)
    extended = np.array([[1, 4, 2600, 0, 0, 259028, 0, 0]] * 2 + [[0] * 8], np.int32)
    for name in FILES:
        idx.write_gzipped(images if "images" in name else extended, tmp_path / name)
    dataset = Dataset(classes=("0", "1"), digit_size=4)
    arrays.convert(tmp_path, tmp_path / "npy", "letters", dataset)
    _, labels = arrays.load(tmp_path / "npy", "test")
    np.testing.assert_array_equal(labels, [1, 1, 0])
