"""A dataset's arrays: the images and labels of its two splits, as .npy files."""

from pathlib import Path
from typing import Literal

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import FILES, Dataset
from stages.datasets.errors import missing
from stages.datasets.images import check_pair, check_same_shape
from stages.datasets.labels import to_class_indices
from stages.datasets.manifest import (
    create_manifest,
    manifest_path,
    read_manifest,
    verify_array,
    write_manifest,
)
from stages.datasets.npy import open_array
from stages.runtime.files import atomic_write_files

Split = Literal["train", "test"]
SPLITS: tuple[Split, Split] = ("train", "test")


def paths(folder: Path, split: Split) -> tuple[Path, Path]:
    """Return the paths of a split's images and of its labels."""
    return folder / f"{split}_images.npy", folder / f"{split}_labels.npy"


def convert(raw: Path, folder: Path, name: str, dataset: Dataset) -> None:
    """Convert the IDX files in `raw` to arrays in `folder`, and write the manifest of `load`.

    The files have MNIST's names, and are gzipped or plain (then without `.gz`). If this is
    interrupted while it replaces arrays, their folder has no manifest until it is repeated.

    Raises
    ------
    DatasetError
        If a file is invalid, labels are not indices of the dataset's classes, or images and labels
        are inconsistent.
    """
    with atomic_write_files(folder) as new_folder:
        for split, names in zip(SPLITS, (FILES[:2], FILES[2:]), strict=True):
            images_idx, labels_idx = (_find(raw, file_name) for file_name in names)
            images_npy, labels_npy = paths(new_folder, split)
            idx.convert_to_npy(images_idx, images_npy)
            labels = to_class_indices(idx.read(labels_idx), len(dataset.classes), str(labels_idx))
            np.save(labels_npy, labels)
            check_pair(open_array(images_npy), str(images_idx), labels, str(labels_idx))
        train_images, test_images = (open_array(paths(new_folder, split)[0]) for split in SPLITS)
        check_same_shape(train_images, "test", test_images)
        manifest = create_manifest(new_folder, name, dataset)
        manifest_path(folder).unlink(missing_ok=True)
    write_manifest(manifest, folder)


def load(folder: Path, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Open a split's arrays, without reading the images into memory.

    Both files are compared with the manifest, which takes about half a second per GB.

    Returns
    -------
    images : ndarray
        uint8, (n, rows, columns), a read-only memory map.
    labels : ndarray
        uint8, (n,).

    Raises
    ------
    DatasetError
        If the manifest or a file is invalid, or they are inconsistent.
    """
    manifest = read_manifest(folder)
    images_path, labels_path = paths(folder, split)
    for path in (images_path, labels_path):
        verify_array(path, manifest)
    images, labels = open_array(images_path), open_array(labels_path)
    check_pair(images, str(images_path), labels, str(labels_path))
    return images, np.array(labels)


def _find(raw: Path, name: str) -> Path:
    for path in (raw / name, raw / name.removesuffix(".gz")):
        if path.is_file():
            return path
    raise missing(raw / name, "download")
