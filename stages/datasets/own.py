"""Datasets of one's own: a folder each, with MNIST's four IDX files and a description.

The description has the keys of catalogue.yaml's entries, and the checksum of each file.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import (
    CATALOGUE,
    DESCRIPTION,
    FILE_KEYS,
    FILES,
    MAX_CLASSES,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Dataset,
    find,
)
from stages.datasets.checksums import checksum_error, digest
from stages.datasets.errors import DatasetError
from stages.datasets.labels import to_class_indices
from stages.runtime.files import atomic_write, atomic_write_files

# What a folder can be called on every system, and what params.yaml can name without quotes.
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")
_YAML_WORDS = ("null", "true", "false")


@dataclass(frozen=True)
class Gathered:
    """A dataset that was read from pictures or files of one's own.

    Attributes
    ----------
    train_images, test_images
        uint8, (n, rows, columns).
    train_labels, test_labels
        uint8, (n,).
    classes
        Name of each class, in the order of the labels.
    digit_size
        Longest side, in pixels, of what an image shows.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    digit_size: int

    @property
    def image_shape(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        rows, columns = self.train_images.shape[1:]
        return rows, columns


def name_problem(name: str, source: str, own_folder: Path) -> str | None:
    """Check that a dataset can have a name.

    Parameters
    ----------
    name
        The name.
    source
        Where the dataset is gathered from. It replaces one that was gathered from there before.
    own_folder
        Folder with one folder per dataset of one's own.

    Returns
    -------
    str or None
        What is wrong, or None.

    Raises
    ------
    DatasetError
        If a dataset of that name has a wrong description.
    """
    if not _PLAIN_NAME.fullmatch(name) or name in _YAML_WORDS:
        return (
            f"{name!r} is not a plain name: use at most 50 small letters, digits, - and _, and"
            " start with a letter"
        )
    if name in CATALOGUE:
        return f"the catalogue has a dataset {name} already: choose another name"
    folder = own_folder / name
    if folder.exists() and (
        not (folder / DESCRIPTION).is_file() or find(name, own_folder).source != source
    ):
        return (
            f"{folder} exists and was not gathered from {source}: choose another name, or delete"
            " that folder"
        )
    return None


def list_entries(path: Path) -> list[Path]:
    """List a folder's files and folders, sorted, without hidden ones; of a file, list itself."""
    entries = path.iterdir() if path.is_dir() else [path]
    return sorted(entry for entry in entries if not entry.name.startswith("."))


def require_compatible(gathered: Gathered, name: str, base: Dataset) -> None:
    """Check that a dataset's training images can be added to those that were gathered.

    Parameters
    ----------
    gathered
        What was gathered.
    name
        The other dataset's name.
    base
        The other dataset.

    Raises
    ------
    DatasetError
        If it lacks a class, or its images have another shape.
    """
    for class_name in gathered.classes:
        if class_name not in base.classes:
            raise DatasetError(
                f"{name} has no class {class_name}: its classes are {', '.join(base.classes)}"
            )
    if base.image_shape != gathered.image_shape:
        raise DatasetError(
            f"{name} has images of {' x '.join(map(str, base.image_shape))} pixels, but those to"
            f" add it to have {' x '.join(map(str, gathered.image_shape))}"
        )


def add_training_images(gathered: Gathered, base: Dataset, folder: Path) -> Gathered:
    """Add a dataset's training images to those that were gathered; the test images stay one's own.

    Parameters
    ----------
    gathered
        What was gathered.
    base
        The other dataset, compatible with it.
    folder
        Folder with its IDX files.

    Returns
    -------
    Gathered
        With the other dataset's classes. The gathered training images are spread evenly among its
        own, so that the last ones, which are the validation images, have their share of them.

    Raises
    ------
    DatasetError
        If a file is invalid.
    OSError
        If a file cannot be read.
    """
    images = idx.read(folder / TRAIN_IMAGES)
    labels = to_class_indices(idx.read(folder / TRAIN_LABELS), folder / TRAIN_LABELS)
    base_labels = np.array([base.classes.index(name) for name in gathered.classes], np.uint8)
    places = np.concatenate(
        [(np.arange(n) + 0.5) / n for n in (len(gathered.train_images), len(images))]
    )
    order = np.argsort(places, kind="stable")
    return Gathered(
        np.concatenate([gathered.train_images, images])[order],
        np.concatenate([base_labels[gathered.train_labels], labels])[order],
        gathered.test_images,
        base_labels[gathered.test_labels],
        base.classes,
        base.digit_size,
    )


def write(gathered: Gathered, source: str, folder: Path) -> None:
    """Write a dataset's IDX files and its description; the same dataset gives the same bytes.

    Parameters
    ----------
    gathered
        The dataset.
    source
        Where it was gathered from.
    folder
        The dataset's folder.

    Raises
    ------
    DatasetError
        If it has fewer than two classes, or more than bytes can number.
    OSError
        If a file cannot be written.
    """
    from ruamel.yaml import YAML

    if not 2 <= len(gathered.classes) <= MAX_CLASSES:
        raise DatasetError(
            f"{source}: has {len(gathered.classes)} classes, but a network tells from 2 to"
            f" {MAX_CLASSES} apart"
        )
    arrays = (
        gathered.train_images,
        gathered.train_labels,
        gathered.test_images,
        gathered.test_labels,
    )
    with atomic_write_files(folder) as new:
        files = {}
        for key, name, array in zip(FILE_KEYS, FILES, arrays, strict=True):
            idx.write_gzipped(array, new / name, level=6)
            files[key] = {"sha256_of_content": digest(new / name, "sha256", "content")}
        description = {
            "classes": list(gathered.classes),
            "digit_size": gathered.digit_size,
            "image_shape": list(gathered.image_shape),
            "source": source,
            "files": files,
        }
        yaml = YAML()
        yaml.default_flow_style = None  # lists of names and numbers in one line
        yaml.width = 120
        yaml.dump(description, new / DESCRIPTION)


def copy(own: Path, dataset: Dataset, folder: Path) -> Iterator[str]:
    """Copy a dataset's IDX files; each is verified, then renamed into place.

    Parameters
    ----------
    own
        The dataset's folder.
    dataset
        Its description.
    folder
        Where the files go.

    Yields
    ------
    str
        For each file, once it is there, a line that says where it came from.

    Raises
    ------
    DatasetError
        If a file is not the one that the description states.
    OSError
        If a file is missing, or cannot be read or written.
    """
    for name, file in zip(FILES, dataset.files, strict=True):
        with atomic_write(folder / name) as new_path:
            shutil.copyfile(own / name, new_path)
            if problem := checksum_error(new_path, file.checksum):
                raise DatasetError(f"{own / name}: {problem}: gather the dataset again")
        yield f"{folder / name}: copied from {own}"
