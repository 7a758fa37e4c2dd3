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

# What the path of a file says of its images.
_SPLITS = {
    "test": re.compile(r"(?<![a-z])(?i:test|t10k)"),
    "validation": re.compile(r"(?<![a-z])(?i:val|valid|validation)(?![a-z])"),
    "training": re.compile(""),
}
_N_MEASURED = 1000  # images that tell how large what they show is
# Images of fewer pixels are not taken for such: rows of numbers can be labels.
_MIN_SIDE = 7


class _Set(NamedTuple):
    """Images and labels, with the names of their files: one of each, if all is well."""

    images: list[tuple[str, np.ndarray]]
    labels: list[tuple[str, np.ndarray]]


def read(file: SourceFile) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Read the images, numbers (n, rows, columns), and the labels, any other array, of a file.

    Raises
    ------
    DatasetError
        If the file is broken, or its images are coloured.
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
    """Read the images of a file, uint8, light on dark; `on_note` is told what was changed."""
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

    The test set has "test" or "t10k" in its path; of two sets without such a path it is the smaller
    one. Images for validation ("val") are added to the training images; without a test set they are
    the test set. The digit size is measured: the median longest side of what the first training
    images show.

    Parameters
    ----------
    files
        Of the kinds `ARRAYS`, in any order.
    transpose
        Exchange the rows and columns of each image, as the images of EMNIST need.
    names_path
        File with the names of the classes, see `read_names`; without one, the labels are the names.
    test_fraction
        Fraction of each class that is for testing, if there is a single set.
    on_note
        Called with a sentence for each thing that was found out or changed.

    Raises
    ------
    DatasetError
        If these are not images and labels, or they cannot belong together.
    """
    images_by_split, labels_by_split = {}, {}
    for split, found in _find_sets(files, on_note).items():
        ((images_name, images),), ((labels_name, labels),) = found
        labels = label_column(labels, labels_name)
        check_sizes(images, images_name, labels, labels_name)
        on_note(f"{split} set: {', '.join(dict.fromkeys((images_name, labels_name)))}")
        images_by_split[split], labels_by_split[split] = images, labels
        check_same_shape(images_by_split["training"], split, images)
    names = read_names(names_path, on_note) if names_path else None
    classes, labels_of_sets = to_classes(labels_by_split, names, on_note)
    images_of_sets = to_ink(images_by_split, on_note)
    if transpose:
        images_of_sets = [np.ascontiguousarray(one.transpose(0, 2, 1)) for one in images_of_sets]
    if len(images_of_sets) == 1:
        images, labels = images_of_sets[0], labels_of_sets[0]
        digests = [hashlib.sha256(image).digest() for image in images]
        is_test = np.array(choose_test(labels.tolist(), digests, test_fraction))
        on_note(f"no test set: {is_test.sum():,} images are for testing, chosen by what they hold")
        images_of_sets = [images[~is_test], images[is_test]]
        labels_of_sets = [labels[~is_test], labels[is_test]]
    if len(images_of_sets) == 3:
        on_note(
            f"{len(labels_of_sets[1]):,} images for validation are added to the training images"
        )
        images_of_sets[:2] = [np.concatenate(images_of_sets[:2])]
        labels_of_sets[:2] = [np.concatenate(labels_of_sets[:2])]
    (images, test_images), (labels, test_labels) = images_of_sets, labels_of_sets
    digit_size = _measure_digit_size(images[:_N_MEASURED])
    on_note(f"longest side of what an image shows: {digit_size} pixels (median)")
    return Gathered(images, labels, test_images, test_labels, classes, digit_size)


def _find_sets(files: Sequence[SourceFile], on_note: Callable[[str], object]) -> dict[str, _Set]:
    """Read the files, and tell the images and labels for training, validation and testing."""
    found = _read_sets(files, on_note)
    if len(found) == 1:
        found = _by_size(*found.values())
    if "test" not in found and "validation" in found:
        found["test"] = found.pop("validation")
    if "training" not in found or any(len(group) != 1 for one in found.values() for group in one):
        arrays = [array for one in found.values() for group in one for array in group]
        raise DatasetError(
            "a dataset is images and their labels, for training and for testing, but these are "
            + ", ".join(f"{name} {' x '.join(map(str, array.shape))}" for name, array in arrays)
        )
    return {split: found[split] for split in reversed(_SPLITS) if split in found}


def _read_sets(files: Sequence[SourceFile], on_note: Callable[[str], object]) -> dict[str, _Set]:
    """Read the files, sorted by what their paths say; of two with the same content, one."""
    seen: dict[tuple[str, str], str] = {}
    found: dict[str, _Set] = {}
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
        split = next(split for split, words in _SPLITS.items() if words.search(where))
        for group, array in zip(
            found.setdefault(split, _Set([], [])), (images, labels), strict=True
        ):
            if array is not None:
                group.append((file.name, array))
    return found


def _by_size(one: _Set) -> dict[str, _Set]:
    """Tell two sets without telling names apart: the smaller one is for testing."""
    if not len(one.images) == len(one.labels) == 2:
        return {"training": one}
    (large, small), (many, few) = (sorted(group, key=lambda array: -len(array[1])) for group in one)
    if len(large[1]) == len(small[1]):
        raise DatasetError(
            f"{large[0]} and {small[0]} are of the same size, and their names do not tell which is"
            " for testing: put test into the names of its images and labels"
        )
    return {"training": _Set([large], [many]), "test": _Set([small], [few])}


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
