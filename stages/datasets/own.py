"""Datasets of one's own: a folder each, with MNIST's four IDX files and a description.

The description has the keys of catalogue.yaml's entries, and the checksum of each file.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import (
    CATALOGUE,
    DESCRIPTION,
    FILE_KEYS,
    FILES,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Dataset,
    find,
)
from stages.datasets.class_names import check_class_names
from stages.datasets.content import open_content
from stages.datasets.errors import DatasetError
from stages.datasets.labels import to_class_indices
from stages.runtime.files import atomic_write_files

# What a folder can be called on every system, and what params.yaml can name without quotes.
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")
_RESERVED = re.compile(r"null|true|false|con|prn|aux|nul|(com|lpt)\d")


class Gathered(NamedTuple):
    """A dataset that was read from pictures or files of one's own.

    Images are uint8, (n, rows, columns), labels uint8, (n,); the classes and the digit size are
    those of `Dataset`.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    digit_size: int


def choose_test(classes: Sequence[object], digests: Sequence[bytes], fraction: float) -> list[bool]:
    """Tell of each image whether it is for testing, by its hash: adding some moves few others.

    Images with the same hash stay together. Of each class a fraction is for testing, and at least
    one image; one at least is not.
    """
    by_class: dict[object, set[bytes]] = {}
    for name, digest in zip(classes, digests, strict=True):
        by_class.setdefault(name, set()).add(digest)
    chosen: set[bytes] = set()
    for found in by_class.values():
        n_test = min(len(found) - 1, max(1, round(fraction * len(found))))
        chosen.update(sorted(found)[:n_test])
    return [digest in chosen for digest in digests]


def name_problem(name: str, source: str, own_folder: Path) -> str | None:
    """Say why a dataset in a folder of `own_folder` cannot have a name; None if it can.

    It replaces one of that name that was gathered from the same source before.
    """
    if not _PLAIN_NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        return (
            f"{name!r} is not a plain name: use at most 50 small letters, digits, - and _, start"
            " with a letter, and take no word that YAML or Windows reserves"
        )
    if name in CATALOGUE:
        return f"the catalogue has a dataset {name} already: choose another name"
    folder = own_folder / name
    try:
        is_another = folder.exists() and find(name, own_folder).source != source
    except DatasetError:  # a broken description is replaced
        is_another = not (folder / DESCRIPTION).is_file()
    if is_another:
        return (
            f"{folder} exists and was not gathered from {source}: choose another name, or delete"
            " that folder"
        )
    return None


def require_compatible(gathered: Gathered, name: str, base: Dataset) -> None:
    """Check that another dataset has the classes and the shape of the images that were gathered."""
    for class_name in gathered.classes:
        if class_name not in base.classes:
            raise DatasetError(
                f"{name} has no class {class_name}: its classes are {', '.join(base.classes)}"
            )
    own_shape = gathered.train_images.shape[1:]
    if base.image_shape != own_shape:
        raise DatasetError(
            f"{name} has images of {' x '.join(map(str, base.image_shape))} pixels, but those to"
            f" add it to have {' x '.join(map(str, own_shape))}"
        )


def add_training_images(gathered: Gathered, base: Dataset, folder: Path) -> Gathered:
    """Add the training images of a compatible dataset, whose IDX files are in `folder`.

    The result has that dataset's classes. The gathered training images are spread evenly among its
    own, so that the last ones, which are the validation images, have their share of them. The test
    images stay as they are.
    """
    images = idx.read(folder / TRAIN_IMAGES)
    labels_path = folder / TRAIN_LABELS
    labels = to_class_indices(idx.read(labels_path), len(base.classes), str(labels_path))
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
    """Write IDX files and a description that names the source; same data, same bytes."""
    from ruamel.yaml import YAML

    check_class_names(source, gathered.classes)
    with atomic_write_files(folder) as new:
        files = {}
        for key, name, array in zip(FILE_KEYS, FILES, gathered[:4], strict=True):
            idx.write_gzipped(array, new / name)
            with open_content(new / name) as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            files[key] = {"sha256_of_content": sha256}
        description = {
            "classes": list(gathered.classes),
            "digit_size": gathered.digit_size,
            "image_shape": list(gathered.train_images.shape[1:]),
            "source": source,
            "files": files,
        }
        yaml = YAML()
        yaml.default_flow_style = None  # lists of names and numbers in one line
        yaml.width = 120
        yaml.dump(description, new / DESCRIPTION)
