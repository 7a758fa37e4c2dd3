"""Gathers a dataset from arrays: IDX files, .npy files, or tables of numbers, of any names."""

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.datasets import csv_file, idx
from stages.datasets.class_names import read_names
from stages.datasets.content import CSV, IDX, open_content
from stages.datasets.errors import DatasetError
from stages.datasets.images import check_same_shape, check_sizes, to_ink
from stages.datasets.labels import label_column, to_classes
from stages.datasets.npy import open_array
from stages.datasets.own import Gathered, choose_test
from stages.datasets.source_files import SourceFile, places_within
from stages.pictures.mnist_format import MIN_INK, bounding_box

# What the path of a file says of its images; any others are for training.
_SPLIT_WORDS = {
    "test": re.compile(r"(?<![a-z])(?i:test|t10k)"),
    "validation": re.compile(r"(?<![a-z])(?i:val|valid|validation)(?![a-z])"),
}
# So many images tell how large what they show is.
_N_MEASURED = 1000
# Images of fewer pixels are not taken for such: rows of numbers can be labels.
_MIN_SIDE = 7


class _Array(NamedTuple):
    name: str
    values: np.ndarray


def read(file: SourceFile) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Read the images, the labels, or both that a file holds.

    Parameters
    ----------
    file
        Of one of the kinds `ARRAYS`.

    Returns
    -------
    images : ndarray or None
        Numbers, (n, rows, columns).
    labels : ndarray or None
        Any other array.

    Raises
    ------
    DatasetError
        If the file is broken, or its images are coloured.
    OSError
        If it cannot be read.
    """
    if file.kind.name == CSV:
        return file.read(csv_file.read)
    array = file.read(idx.read if file.kind.name == IDX else _read_npy)
    if array.ndim in (2, 4) and 1 in (array.shape[1], array.shape[-1]):  # one channel of colour
        array = array.squeeze(1 if array.shape[1] == 1 else -1)
    if array.ndim == 2 and math.isqrt(array.shape[1]) ** 2 == array.shape[1] >= _MIN_SIDE**2:
        array = array.reshape(len(array), math.isqrt(array.shape[1]), -1)
    if array.ndim > 3:
        raise DatasetError(
            f"{file.name}: holds images of {' x '.join(map(str, array.shape[1:]))}: make them grey"
        )
    return (array, None) if array.ndim == 3 else (None, array)


def read_images(file: SourceFile, on_note: Callable[[str], object]) -> np.ndarray:
    """Read the images that a file holds; labels beside them are ignored.

    Parameters
    ----------
    file
        Of one of the kinds `ARRAYS`.
    on_note
        Called with a sentence for each thing that was changed.

    Returns
    -------
    ndarray
        uint8, (n, rows, columns), light on dark.

    Raises
    ------
    DatasetError
        If it holds no images.
    """
    images, _ = read(file)
    if images is None or not images.size:
        raise DatasetError(f"{file.name}: holds no images")
    return to_ink({"given": images}, on_note)[0]


def gather(
    files: Sequence[SourceFile],
    transpose: bool,
    names_path: Path | None,
    test_fraction: float,
    on_note: Callable[[str], object],
) -> Gathered:
    """Read images and labels, and tell those of the training and the test set apart.

    Parameters
    ----------
    files
        Of the kinds `ARRAYS`, in any order. The test set has "test" or "t10k" in its path; of two
        sets without such a path it is the smaller one. Images for validation ("val") are added to
        the training images; without a test set they are the test set.
    transpose
        Exchange the rows and columns of each image, as the images of EMNIST need.
    names_path
        File with the names of the classes, see `read_names`; without one, the labels are the names.
    test_fraction
        Fraction of each class that is for testing, if there is a single set.
    on_note
        Called with a sentence for each thing that was found out or changed.

    Returns
    -------
    Gathered
        The digit size is measured: the median longest side of what the first training images show.

    Raises
    ------
    DatasetError
        If these are not images and labels, or they cannot belong together.
    OSError
        If a file cannot be read.
    """
    pairs = _pair(files, on_note)
    images_by_split = {split: images for split, (images, _) in pairs.items()}
    labels_by_split = {split: labels for split, (_, labels) in pairs.items()}
    for split in images_by_split:
        check_same_shape(images_by_split["training"], split, images_by_split[split])
    names = read_names(names_path, on_note) if names_path else None
    classes, labels = to_classes(labels_by_split, names, on_note)
    images = to_ink(images_by_split, on_note)
    if transpose:
        images = [np.ascontiguousarray(array.transpose(0, 2, 1)) for array in images]
    if len(images) == 1:
        digests = [hashlib.sha256(image).digest() for image in images[0]]
        is_test = np.array(choose_test(labels[0].tolist(), digests, test_fraction))
        on_note(f"no test set: {is_test.sum():,} images are for testing, chosen by what they hold")
        images = [images[0][~is_test], images[0][is_test]]
        labels = [labels[0][~is_test], labels[0][is_test]]
    if len(images) == 3:
        on_note(f"{len(images[1]):,} images for validation are added to the training images")
        images = [np.concatenate(images[:2]), images[2]]
        labels = [np.concatenate(labels[:2]), labels[2]]
    digit_size = _measure_digit_size(images[0][:_N_MEASURED])
    on_note(f"longest side of what an image shows: {digit_size} pixels (median)")
    return Gathered(images[0], labels[0], images[1], labels[1], classes, digit_size)


def _pair(
    files: Sequence[SourceFile], on_note: Callable[[str], object]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read the files, and return images and labels for training, for validation, for testing."""
    seen: dict[tuple[str, str], str] = {}
    found: dict[str, tuple[list[_Array], list[_Array]]] = {}
    for file, place in zip(files, places_within(files), strict=True):
        where = "/".join(place).removesuffix(".gz")
        with open_content(file.path) as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if (twin := seen.setdefault((where, digest), file.name)) != file.name:
            on_note(f"left out: {file.name}: the same as {twin}")
            continue
        images, labels = read(file)
        if file.kind.name == CSV and labels is None:
            on_note(f"left out: {file.name}: has no labels; `stages.predict` reads its rows")
            continue
        split = next((word for word, at in _SPLIT_WORDS.items() if at.search(where)), "training")
        for group, array in zip(found.setdefault(split, ([], [])), (images, labels), strict=True):
            if array is not None:
                group.append(_Array(file.name, array))
    if len(found) == 1:
        found = _by_size(*found.popitem()[1])
    if "test" not in found and "validation" in found:
        found["test"] = found.pop("validation")
    pairs = {}
    for split in ("training", "validation", "test"):
        groups = found.get(split, ([], []))
        if any(len(group) != 1 for group in groups) and (split in found or split == "training"):
            arrays = [array for pair in found.values() for group in pair for array in group]
            raise DatasetError(
                "a dataset is images and their labels, for training and for testing, but these are "
                + ", ".join(f"{name} {' x '.join(map(str, array.shape))}" for name, array in arrays)
            )
        if split in found:
            ((images_name, images),), ((labels_name, labels),) = groups
            labels = label_column(labels, labels_name)
            check_sizes(images, images_name, labels, labels_name)
            on_note(f"{split} set: {images_name}, {labels_name}")
            pairs[split] = images, labels
    return pairs


def _by_size(
    images: list[_Array], labels: list[_Array]
) -> dict[str, tuple[list[_Array], list[_Array]]]:
    """Tell two sets without telling names apart: the smaller one is for testing."""
    if not len(images) == len(labels) == 2:
        return {"training": (images, labels)}
    if len(images[0].values) == len(images[1].values):
        raise DatasetError(
            f"{images[0].name} and {images[1].name} are of the same size, and their names do not"
            " tell which is for testing: put test into the names of its images and labels"
        )
    (large, small), (many, few) = (
        sorted(group, key=lambda array: -len(array.values)) for group in (images, labels)
    )
    return {"training": ([large], [many]), "test": ([small], [few])}


def _read_npy(path: Path) -> np.ndarray:
    array = open_array(path, "save it again with numpy.save")
    # A copy: the file of an archive is there no longer than its source is open.
    return np.array(array) if array.dtype == np.uint8 else array


def _measure_digit_size(images: np.ndarray) -> int:
    sides = [
        max(extent.stop - extent.start for extent in bounding_box(is_ink))
        for is_ink in images >= 255 * MIN_INK
        if is_ink.any()
    ]
    return round(float(np.median(sides))) if sides else max(images.shape[1:])
