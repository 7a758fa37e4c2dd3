import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.datasets import arrays, catalogue, idx
from stages.datasets.catalogue import Dataset
from stages.datasets.errors import DatasetError
from stages.datasets.manifest import (
    Manifest,
    create_manifest,
    manifest_path,
    read_manifest,
    write_manifest,
)
from tests.helpers.commands import ROOT

LETTERS = Dataset(classes=("a", "b", "c", "d", "e"), digit_size=20)


def write_idx(raw: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write the same images and labels as training and as test set."""
    raw.mkdir(exist_ok=True)
    for name in (catalogue.TRAIN_IMAGES, catalogue.TEST_IMAGES):
        idx.write_gzipped(images, raw / name)
    for name in (catalogue.TRAIN_LABELS, catalogue.TEST_LABELS):
        idx.write_gzipped(labels, raw / name)


def convert_images(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    write_idx(folder / "raw", images, labels)
    arrays.convert(folder / "raw", folder / "npy", "letters", LETTERS)


def save_arrays(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write the arrays of a training set, without a manifest."""
    np.save(folder / "train_images.npy", images)
    np.save(folder / "train_labels.npy", labels)


def accept_files(folder: Path) -> None:
    """Write a manifest of whatever the files are."""
    write_manifest(create_manifest(folder, "letters", LETTERS), folder)


def test_converted_arrays_are_loaded_as_memory_maps(tmp_path: Path) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    convert_images(tmp_path, images, np.array([1, 0], np.uint8))
    loaded, labels = arrays.load(tmp_path / "npy", "train")
    assert isinstance(loaded, np.memmap)
    np.testing.assert_array_equal(loaded, images)
    np.testing.assert_array_equal(labels, [1, 0])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 3, 3), np.uint8), np.zeros(3, np.uint8), "holds 3 labels, but .* 2 images"),
        (np.zeros((2, 3, 3), np.uint8), np.array([0, 7], np.uint8), "label 7 of image 1"),
        (np.zeros((0, 3, 3), np.uint8), np.zeros(0, np.uint8), "no images"),
        (np.zeros((2, 0, 3), np.uint8), np.zeros(2, np.uint8), "without pixels"),
        (np.zeros((2, 3, 3), np.float32), np.zeros(2, np.uint8), "float32 in 3 dimensions"),
        (np.zeros((2, 3), np.uint8), np.zeros(2, np.uint8), "uint8 in 2 dimensions"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros((2, 1), np.uint8), "labels must be uint8 in 1"),
    ],
)
def test_inconsistent_files_are_refused_and_nothing_is_written(
    images: np.ndarray, labels: np.ndarray, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=message):
        convert_images(tmp_path, images, labels)
    assert list((tmp_path / "npy").iterdir()) == []


def test_pickled_array_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    none_as_pickle = b"\x80\x04N."
    (tmp_path / "train_images.npy").write_bytes(
        b"\x93NUMPY\x01\x00\x76\x00" + header + none_as_pickle
    )
    np.save(tmp_path / "train_labels.npy", np.zeros(1, np.uint8))
    accept_files(tmp_path)
    with pytest.raises(DatasetError, match=r"train_images\.npy: not a \.npy array"):
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
def test_header_that_numpy_would_not_write_is_refused(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    save_arrays(tmp_path, np.zeros((3, 2, 2), np.uint8), np.zeros(3, np.uint8))
    accept_files(tmp_path)
    arrays.load(tmp_path, "train")
    content = (tmp_path / "train_labels.npy").read_bytes()
    assert old in content
    (tmp_path / "train_labels.npy").write_bytes(content.replace(old, new, 1))
    accept_files(tmp_path)
    with pytest.raises(DatasetError, match=r"train_labels\.npy: not a \.npy array"):
        arrays.load(tmp_path, "train")


def test_file_that_is_no_array_is_refused_by_name(tmp_path: Path) -> None:
    np.save(tmp_path / "train_labels.npy", np.zeros(1, np.uint8))
    for content in (b"", b"PK", b"PK\x03\x04" + bytes(50), b"\x93NUMPY" + bytes(20)):
        (tmp_path / "train_images.npy").write_bytes(content)
        accept_files(tmp_path)
        with pytest.raises(DatasetError, match=r"train_images\.npy: not a \.npy array"):
            arrays.load(tmp_path, "train")


def test_manifest_names_the_dataset_and_is_the_same_each_time(tmp_path: Path) -> None:
    images, labels = np.ones((2, 3, 4), np.uint8), np.array([1, 0], np.uint8)
    convert_images(tmp_path, images, labels)
    content = manifest_path(tmp_path / "npy").read_bytes()
    manifest = read_manifest(tmp_path / "npy")
    assert manifest[:3] == ("letters", LETTERS.classes, 20)
    names = {path.name for split in arrays.SPLITS for path in arrays.paths(Path(), split)}
    assert set(manifest.files) == names
    convert_images(tmp_path, images, labels)
    assert manifest_path(tmp_path / "npy").read_bytes() == content
    assert content.endswith(b"}\n")


@pytest.mark.parametrize("name", ["train_images.npy", "train_labels.npy"])
def test_array_of_another_conversion_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    images, labels = np.zeros((2, 3, 3), np.uint8), np.array([0, 1], np.uint8)
    convert_images(tmp_path, images, labels)
    convert_images(tmp_path / "other", images + 1, labels + 1)
    shutil.copy(tmp_path / "other" / "npy" / name, tmp_path / "npy" / name)
    with pytest.raises(DatasetError, match=rf"{name}: .* run `python -m stages\.convert` again"):
        arrays.load(tmp_path / "npy", "train")
    arrays.load(tmp_path / "npy", "test")


KILLED = """
import os, sys
from pathlib import Path
from stages.datasets import arrays
from stages.datasets.catalogue import Dataset

n_renames = 0

def kill_at_rename(event, arguments):
    global n_renames
    if event == "os.rename":
        n_renames += 1
        if n_renames > int(sys.argv[2]):
            os._exit(9)

sys.addaudithook(kill_at_rename)
folder = Path(sys.argv[1])
arrays.convert(folder / "raw", folder / "npy", "letters", Dataset(tuple("abcde"), 20))
"""


@pytest.mark.parametrize("n_renames", range(5))
def test_conversion_killed_between_renames_is_refused(n_renames: int, tmp_path: Path) -> None:
    images, labels = np.zeros((2, 3, 3), np.uint8), np.array([0, 1], np.uint8)
    convert_images(tmp_path, images, labels)
    write_idx(tmp_path / "raw", images + 1, labels + 1)
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(n_renames)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    loaded = [np.load(path) for path in sorted((tmp_path / "npy").glob("*.npy"))]
    n_new = sum(array.max() > (array.ndim == 1) for array in loaded)
    assert n_new == n_renames
    for split in arrays.SPLITS:
        with pytest.raises(FileNotFoundError, match=r"python -m stages\.convert"):
            arrays.load(tmp_path / "npy", split)
    arrays.convert(tmp_path / "raw", tmp_path / "npy", "letters", LETTERS)
    np.testing.assert_array_equal(arrays.load(tmp_path / "npy", "train")[0], images + 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"1" * 5000,
        b"[]",
        b'{"dataset": "letters"}',
        b'{"dataset": 1, "classes": ["a"], "digit_size": 20, "files": {}}',
        b'{"dataset": "a", "classes": "abc", "digit_size": 20, "files": {}}',
        b'{"dataset": "a", "classes": [], "digit_size": 20, "files": {}}',
        b'{"dataset": "a", "classes": [1], "digit_size": 20, "files": {}}',
        b'{"dataset": "a", "classes": ["a"], "digit_size": true, "files": {}}',
        b'{"dataset": "a", "classes": ["a"], "digit_size": 0, "files": {}}',
        b'{"dataset": "a", "classes": ["a"], "digit_size": 20, "files": []}',
        b'{"dataset": "a", "classes": ["a"], "digit_size": 20, "files": {"a": 1}}',
        b'{"dataset": "a", "classes": ["a"], "digit_size": 20, "files": {}}',
    ],
)
def test_invalid_manifest_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    save_arrays(tmp_path, np.zeros((3, 2, 2), np.uint8), np.zeros(3, np.uint8))
    manifest_path(tmp_path).write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        arrays.load(tmp_path, "train")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'manifest.json'}: ")
    assert message.endswith("run `python -m stages.convert` again")
    assert "\n" not in message


def test_missing_manifest_and_missing_array_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run `python -m stages\.convert` first"):
        arrays.load(tmp_path, "train")
    files = {"train_images.npy": "00", "train_labels.npy": "00"}
    write_manifest(Manifest("letters", LETTERS.classes, 20, files), tmp_path)
    with pytest.raises(FileNotFoundError, match=r"run `python -m stages\.convert` first"):
        arrays.load(tmp_path, "train")
