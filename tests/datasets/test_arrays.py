import numpy as np
import pytest

from stages.datasets import arrays, catalogue, idx
from stages.datasets.errors import DatasetError


def write(raw, images, labels):
    idx.write_gzipped(np.array(images), raw / catalogue.TRAIN_IMAGES)
    idx.write_gzipped(np.array(labels), raw / catalogue.TRAIN_LABELS)


def test_arrays_come_out_as_memory_maps(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write(tmp_path, images, np.array([1, 0], np.uint8))
    arrays.convert(tmp_path, tmp_path / "npy", "train", classes=2)
    loaded, labels = arrays.load(tmp_path / "npy", "train")
    assert isinstance(loaded, np.memmap)
    np.testing.assert_array_equal(loaded, images)
    np.testing.assert_array_equal(labels, [1, 0])


@pytest.mark.parametrize(
    ("images", "labels", "says"),
    [
        (np.zeros((2, 3, 3), np.uint8), np.zeros(3, np.uint8), "3 labels for the 2 images"),
        (np.zeros((2, 3, 3), np.uint8), np.array([0, 7], np.uint8), "label 7 of image 1"),
        (np.zeros((0, 3, 3), np.uint8), np.zeros(0, np.uint8), "no images"),
        (np.zeros((2, 0, 3), np.uint8), np.zeros(2, np.uint8), "no pixels"),
        (np.zeros((2, 3, 3), np.float32), np.zeros(2, np.uint8), "float32 in 3 dimensions"),
        (np.zeros((2, 3), np.uint8), np.zeros(2, np.uint8), "uint8 in 2 dimensions"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros((2, 1), np.uint8), "labels are uint8 in 1"),
    ],
)
def test_files_that_do_not_fit_together_leave_nothing(images, labels, says, tmp_path):
    write(tmp_path, images, labels)
    with pytest.raises(DatasetError, match=says):
        arrays.convert(tmp_path, tmp_path / "npy", "train", classes=5)
    assert list((tmp_path / "npy").iterdir()) == []


def test_pickled_array_is_refused(tmp_path):
    np.save(tmp_path / "train_images.npy", np.array([{}]), allow_pickle=True)
    np.save(tmp_path / "train_labels.npy", np.zeros(1, np.uint8))
    with pytest.raises(DatasetError, match=r"train_images\.npy"):
        arrays.load(tmp_path, "train")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"(3,)", b"(9,)"),
        (b"(3,)", b"(2,)"),
        (b"(3,)", b"(-3,)"),
        (b"(3,)", b"(" + b"9" * 18 + b",)"),
        (b"|u1", b"|q9"),
        (b"|u1", b"|O"),
        (b"False", b"0 or 1"),
        (b"'shape'", b"'shape': (3,), 'shape'"),
        (b"\x01\x00", b"\x02\x00"),
        (b"v\x00", b"u\x00"),
    ],
)
def test_header_that_numpy_would_not_write_is_refused(tmp_path, old, new):
    np.save(tmp_path / "train_labels.npy", np.zeros(3, np.uint8))
    np.save(tmp_path / "train_images.npy", np.zeros((3, 2, 2), np.uint8))
    arrays.load(tmp_path, "train")
    content = (tmp_path / "train_labels.npy").read_bytes()
    assert old in content
    (tmp_path / "train_labels.npy").write_bytes(content.replace(old, new, 1))
    with pytest.raises(DatasetError, match=r"train_labels\.npy: not a \.npy array"):
        arrays.load(tmp_path, "train")


def test_what_is_no_array_is_refused_by_name(tmp_path):
    np.save(tmp_path / "train_labels.npy", np.zeros(1, np.uint8))
    for content in (b"", b"PK", b"PK\x03\x04" + bytes(50), b"\x93NUMPY" + bytes(20)):
        (tmp_path / "train_images.npy").write_bytes(content)
        with pytest.raises(DatasetError, match=r"train_images\.npy"):
            arrays.load(tmp_path, "train")
