"""The manifest of a folder of arrays: its dataset, and the SHA-256 of each array's file.

It is written after the arrays. Arrays that do not match it, for instance new images beside old
labels, come from a conversion that did not finish.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from stages.datasets.catalogue import Dataset
from stages.datasets.errors import DatasetError, missing
from stages.runtime.files import atomic_write
from stages.runtime.regular_file import require_file


class Manifest(NamedTuple):
    """What a folder of arrays holds."""

    dataset: str
    classes: tuple[str, ...]  # their names, in the order of the labels
    digit_size: int  # longest side, in pixels, of what an image shows
    files: dict[str, str]  # hexadecimal SHA-256 of each array's file, by file name

    @property
    def sha256(self) -> str:
        """SHA-256 of the list of files: the same data have the same."""
        return hashlib.sha256(json.dumps(self.files, sort_keys=True).encode()).hexdigest()


def manifest_path(folder: Path) -> Path:
    """Path of a folder's manifest."""
    return folder / "manifest.json"


def create_manifest(folder: Path, name: str, dataset: Dataset) -> Manifest:
    """Describe the arrays of a dataset in a folder."""
    files = {path.name: _sha256(path) for path in folder.glob("*.npy")}
    return Manifest(name, dataset.classes, dataset.digit_size, files)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest of a folder."""
    text = json.dumps(manifest._asdict(), indent=2, sort_keys=True) + "\n"
    with atomic_write(manifest_path(folder)) as new_path:
        new_path.write_text(text, encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder; the arrays are not compared with it.

    Raises
    ------
    DatasetError
        If the file is not a manifest.
    """
    path = manifest_path(folder)
    require_file(path)
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
        dataset, classes, digit_size, files = manifest
        if (
            not isinstance(classes, list)
            or not isinstance(files, dict)
            or not all(isinstance(text, str) for text in (dataset, *classes, *files.values()))
            or type(digit_size) is not int
            or min(digit_size, len(classes), len(files)) < 1
        ):
            raise ValueError
    except FileNotFoundError as error:
        raise missing(path, "convert") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise DatasetError(
            f"{path}: not a manifest of arrays: run `python -m stages.convert` again"
        ) from error
    return manifest._replace(classes=tuple(manifest.classes))


def verify_array(path: Path, manifest: Manifest) -> None:
    """Check that the file of an array is the one that its folder's manifest lists.

    Raises
    ------
    DatasetError
        If the manifest does not list the file, or its SHA-256 differs.
    """
    try:
        sha256 = _sha256(path)
    except FileNotFoundError as error:
        raise missing(path, "convert") from error
    if sha256 != manifest.files.get(path.name):
        raise DatasetError(
            f"{path}: its SHA-256 is not the one in {manifest_path(path.parent).name}, so it may"
            " belong to other data: run `python -m stages.convert` again"
        )


def _sha256(path: Path) -> str:
    require_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
