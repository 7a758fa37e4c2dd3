"""A dataset's arrays: images and labels of its two parts, as .npy files that fit together."""

import errno
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np

from stages.datasets import catalogue, idx
from stages.datasets.errors import DatasetError
from stages.files import written_beside

Part = Literal["train", "test"]
PARTS: tuple[Part, Part] = ("train", "test")

_RAW_NAMES = {
    "train": (catalogue.TRAIN_IMAGES, catalogue.TRAIN_LABELS),
    "test": (catalogue.TEST_IMAGES, catalogue.TEST_LABELS),
}


def paths(folder: Path, part: Part) -> tuple[Path, Path]:
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


def convert(raw: Path, folder: Path, part: Part, classes: int) -> None:
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
    with written_beside(images_npy) as new_images, written_beside(labels_npy) as new_labels:
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


def load(folder: Path, part: Part) -> tuple[np.ndarray, np.ndarray]:
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
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            errno.ENOENT, "no such file: run `python -m stages.convert` first", str(path)
        ) from error
    except (ValueError, EOFError, BadZipFile) as error:
        raise DatasetError(
            f"{path}: not a .npy array ({error}): run `python -m stages.convert` again"
        ) from error
    if not isinstance(array, np.ndarray):
        raise DatasetError(f"{path}: an archive of arrays, where one .npy array is needed")
    return array
