"""A dataset's arrays: images and labels of its two parts, as .npy files that fit together."""

import errno
import re
from pathlib import Path
from typing import Literal

import numpy as np

from stages.datasets import catalogue, idx
from stages.datasets.errors import DatasetError
from stages.runtime.files import atomic_write

Split = Literal["train", "test"]
SPLITS: tuple[Split, Split] = ("train", "test")

_RAW_NAMES = {
    "train": (catalogue.TRAIN_IMAGES, catalogue.TRAIN_LABELS),
    "test": (catalogue.TEST_IMAGES, catalogue.TEST_LABELS),
}


# The start of a .npy file as NumPy writes it: magic, version 1.0, the header's length, the header.
# NumPy itself takes any Python literal for a header, and any zip or pickle for an array.
_NPY_START = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)"
    rb"(?P<header>\{'descr': '[<>|=]?[a-zA-Z]\d{0,3}', 'fortran_order': (True|False),"
    rb" 'shape': \((\d{1,19}, ?)*(\d{1,19})?\), \} *\n)",
    re.DOTALL,
)
_LONGEST_START = 4096


def paths(folder: Path, part: Split) -> tuple[Path, Path]:
    """Name the files of a part.

    Parameters
    ----------
    folder
        Where the arrays are.
    part
        "train" or "test".

    Returns
    -------
    tuple of Path
        The images' file and the labels' file.
    """
    return folder / f"{part}_images.npy", folder / f"{part}_labels.npy"


def convert(raw: Path, folder: Path, part: Split, classes: int) -> None:
    """Convert the IDX files of a part to arrays that are known to fit together.

    Parameters
    ----------
    raw
        Folder with the IDX files, under MNIST's names, gzipped or plain (then without `.gz`).
    folder
        Where the arrays go.
    part
        "train" or "test".
    classes
        Labels must run from 0 to one less than this.

    Raises
    ------
    DatasetError
        If a file is broken, or the two do not fit together.
    OSError
        If a file is missing, or cannot be read or written.
    """
    images_idx, labels_idx = (_find(raw, name) for name in _RAW_NAMES[part])
    images_npy, labels_npy = paths(folder, part)
    with atomic_write(images_npy) as new_images, atomic_write(labels_npy) as new_labels:
        idx.convert_to_npy(images_idx, new_images)
        idx.convert_to_npy(labels_idx, new_labels)
        images, labels = _open(new_images), _open(new_labels)
        _check_fit(images, images_idx, labels, labels_idx)
        wrong = np.flatnonzero(np.asarray(labels) >= classes)
        if len(wrong):
            raise DatasetError(
                f"{labels_idx}: label {labels[wrong[0]]} of image {wrong[0]} is not one of the"
                f" dataset's {classes} classes (0 to {classes - 1})"
            )


def load(folder: Path, part: Split) -> tuple[np.ndarray, np.ndarray]:
    """Open the arrays of a part without reading them into memory.

    Parameters
    ----------
    folder
        Where `convert` put them.
    part
        "train" or "test".

    Returns
    -------
    images : ndarray
        uint8, (n, rows, columns), a read-only memory map.
    labels : ndarray
        uint8, (n,).

    Raises
    ------
    DatasetError
        If a file is no such array, or the two do not fit together.
    OSError
        If a file is missing or cannot be read.
    """
    images_path, labels_path = paths(folder, part)
    images, labels = _open(images_path), _open(labels_path)
    _check_fit(images, images_path, labels, labels_path)
    return images, np.array(labels)


def _check_fit(
    images: np.ndarray, images_path: Path, labels: np.ndarray, labels_path: Path
) -> None:
    if images.ndim != 3 or images.dtype != np.uint8 or not images.flags.c_contiguous:
        raise DatasetError(
            f"{images_path}: holds {images.dtype} in {images.ndim} dimensions, where images are"
            " uint8 in 3, C order: number, rows, columns"
        )
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise DatasetError(
            f"{labels_path}: holds {labels.dtype} in {labels.ndim} dimensions, where labels are"
            " uint8 in 1"
        )
    if images.size == 0:
        raise DatasetError(f"{images_path}: holds no images, or images of no pixels")
    if len(images) != len(labels):
        raise DatasetError(
            f"{labels_path}: holds {len(labels)} labels for the {len(images)} images of"
            f" {images_path}: the two belong to different datasets"
        )


def _find(raw: Path, name: str) -> Path:
    for path in (raw / name, raw / name.removesuffix(".gz")):
        if path.is_file():
            return path
    raise FileNotFoundError(
        errno.ENOENT, "no such file: run `python -m stages.download` first", str(raw / name)
    )


def _open(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as file:
            start = _NPY_START.match(file.read(_LONGEST_START))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            errno.ENOENT, "no such file: run `python -m stages.convert` first", str(path)
        ) from error
    try:
        if not start or int.from_bytes(start["length"], "little") != len(start["header"]):
            raise ValueError("its header is not as NumPy writes one")
        with np.errstate(over="ignore"):  # of dimensions, which is found out all the same
            array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        if path.stat().st_size != start.end() + array.nbytes:
            raise ValueError("more follows after the elements that its header promises")
    except (ValueError, OverflowError) as error:
        raise DatasetError(
            f"{path}: not a .npy array ({error}): run `python -m stages.convert` again"
        ) from error
    return array
