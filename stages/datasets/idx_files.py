"""Gathers a dataset from four IDX files of any names, as many published datasets have them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.datasets import idx
from stages.datasets.errors import DatasetError
from stages.datasets.labels import to_class_indices
from stages.datasets.own import Gathered
from stages.pictures.mnist_format import MIN_INK, bounding_box

_TEST_NAME = re.compile("test|t10k", re.IGNORECASE)
# So many images tell how large what they show is.
_N_MEASURED = 1000


class _File(NamedTuple):
    path: Path
    array: np.ndarray


def gather(
    paths: Sequence[Path],
    transpose: bool,
    names_path: Path | None,
    on_note: Callable[[str], object],
) -> Gathered:
    """Read the images and labels of a training and a test set.

    Parameters
    ----------
    paths
        Two files of images and two of labels, in any order. Those of the test set have "test" or
        "t10k" in their names; if names do not tell, the test set is the smaller one.
    transpose
        Exchange the rows and columns of each image, as the images of EMNIST need.
    names_path
        File with the names of the classes, see `read_names`; without one, the labels are the names.
    on_note
        Called with a sentence for each thing that was found out or changed.

    Returns
    -------
    Gathered
        Labels start at 0; those that start at 1 are shifted. The digit size is measured: the
        median longest side of what the first training images show.

    Raises
    ------
    DatasetError
        If these are not four such files.
    OSError
        If a file cannot be read.
    """
    (train_images, train_labels), (test_images, test_labels) = _arrange(paths, on_note)
    if transpose:
        train_images = np.ascontiguousarray(train_images.transpose(0, 2, 1))
        test_images = np.ascontiguousarray(test_images.transpose(0, 2, 1))
    first = int(min(train_labels.min(), test_labels.min()) == 1)
    if first:
        on_note("labels start at 1, but must start at 0: each is made smaller by 1")
    labels = range(first, int(max(train_labels.max(), test_labels.max())) + 1)
    classes = tuple(map(str, labels))
    if names_path:
        names = read_names(names_path)
        for label in labels:
            if label not in names:
                raise DatasetError(f"{names_path}: has no name for label {label}")
        classes = tuple(names[label] for label in labels)
    digit_size = _measure_digit_size(train_images[:_N_MEASURED])
    on_note(f"longest side of what an image shows: {digit_size} pixels (median)")
    shift = np.uint8(first)
    return Gathered(
        train_images, train_labels - shift, test_images, test_labels - shift, classes, digit_size
    )


def read_names(path: Path) -> dict[int, str]:
    """Read the names of classes.

    Parameters
    ----------
    path
        Text with one line per class: the label, then its name, or, as in EMNIST's files, the codes
        of its characters: `1 65 97` for A and a.

    Returns
    -------
    dict
        Names by label.

    Raises
    ------
    DatasetError
        If a line is none of these, or two classes have the same name.
    OSError
        If the file cannot be read.
    """
    names: dict[int, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8") from error
    for number, line in enumerate(lines, 1):
        label, *words = line.split() or [""]
        if not label and not words:
            continue
        if not re.fullmatch(r"[0-9]{1,3}", label) or not words:
            raise DatasetError(
                f"{path}: line {number}: must be a label and its name, as in '1 A', or the codes of"
                " its characters, as in '1 65 97'"
            )
        are_codes = all(re.fullmatch(r"[0-9]{2,6}", word) for word in words)
        name = "".join(chr(int(word)) for word in words) if are_codes else " ".join(words)
        if not name.isprintable():
            raise DatasetError(f"{path}: line {number}: {name!r} cannot be printed")
        if name in names.values():
            raise DatasetError(f"{path}: line {number}: {name} is the name of another class too")
        names[int(label)] = name
    return names


def _arrange(
    paths: Sequence[Path], on_note: Callable[[str], object]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read the files, and return images and labels of the training set, then of the test set."""
    files = [_File(path, idx.read(path)) for path in paths]
    images = [file for file in files if file.array.ndim == 3]
    labels = [file for file in files if file.array.ndim != 3]
    if len(images) != 2 or len(labels) != 2:
        found = ", ".join(
            f"{file.path.name} {'x'.join(map(str, file.array.shape))}" for file in files
        )
        raise DatasetError(
            "a dataset is two IDX files of images, with 3 dimensions, and two of labels, but these"
            f" are {found or 'no files'}"
        )
    by_name = [[file for file in group if _is_test(file)] for group in (images, labels)]
    if all(len(group) == 1 for group in by_name):
        images.sort(key=_is_test)
        labels.sort(key=_is_test)
    elif len(images[0].array) != len(images[1].array):
        images.sort(key=lambda file: -len(file.array))
        labels.sort(key=lambda file: -len(file.array))
    else:
        raise DatasetError(
            f"{images[0].path} and {images[1].path} are of the same size, and their names do not"
            " tell which is for testing: put test into the names of its images and labels"
        )
    return [
        _check_pair(part, *pair, on_note)
        for part, pair in zip(("training", "test"), zip(images, labels, strict=True), strict=True)
    ]


def _is_test(file: _File) -> bool:
    return bool(_TEST_NAME.search(file.path.name))


def _check_pair(
    part: str, images: _File, labels: _File, on_note: Callable[[str], object]
) -> tuple[np.ndarray, np.ndarray]:
    if images.array.dtype != np.uint8 or images.array.size == 0:
        raise DatasetError(
            f"{images.path}: holds {images.array.size:,} values of {images.array.dtype}, but images"
            " must be uint8, from 0 to 255"
        )
    class_indices = to_class_indices(labels.array, labels.path)
    if len(class_indices) != len(images.array):
        raise DatasetError(
            f"{labels.path}: holds {len(class_indices)} labels, but {images.path} holds"
            f" {len(images.array)} images"
        )
    on_note(f"{part} set: {images.path}, {labels.path}")
    return images.array, class_indices


def _measure_digit_size(images: np.ndarray) -> int:
    sides = [
        max(extent.stop - extent.start for extent in bounding_box(is_ink))
        for is_ink in images >= 255 * MIN_INK
        if is_ink.any()
    ]
    return round(float(np.median(sides))) if sides else max(images.shape[1:])
