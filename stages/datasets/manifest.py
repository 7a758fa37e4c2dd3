"""The manifest of a folder of arrays: its dataset, and the SHA-256 of each array's file.

It is written after the arrays. Arrays that do not match it, for instance new images beside old
labels, come from a conversion that did not finish.
"""

import errno
import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from stages.datasets.catalogue import Dataset
from stages.datasets.errors import DatasetError
from stages.runtime.files import atomic_write
from stages.runtime.regular_file import require_file


class Manifest(NamedTuple):
    """What a folder of arrays holds.

    Attributes
    ----------
    dataset
        Name of the dataset.
    classes
        Name of each class, in the order of the labels.
    digit_size
        Longest side, in pixels, of what an image shows.
    files
        Hexadecimal SHA-256 of each array's file, by file name.
    """

    dataset: str
    classes: tuple[str, ...]
    digit_size: int
    files: dict[str, str]

    @property
    def sha256(self) -> str:
        """SHA-256 of the list of files: the same data have the same."""
        return hashlib.sha256(json.dumps(self.files, sort_keys=True).encode()).hexdigest()


def manifest_path(folder: Path) -> Path:
    """Path of a folder's manifest."""
    return folder / "manifest.json"


def create_manifest(folder: Path, name: str, dataset: Dataset) -> Manifest:
    """Describe the arrays of a dataset in a folder; `OSError` if one cannot be read."""
    files = {path.name: _sha256(path) for path in folder.glob("*.npy")}
    return Manifest(name, dataset.classes, dataset.digit_size, files)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest of a folder; `OSError` if that fails."""
    text = json.dumps(manifest._asdict(), indent=2, sort_keys=True) + "\n"
    with atomic_write(manifest_path(folder)) as new_path:
        new_path.write_text(text, encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder; the arrays are not compared with it.

    Raises
    ------
    DatasetError
        If the file is not a manifest.
    OSError
        If the file is missing or cannot be read.
    """
    path = manifest_path(folder)
    require_file(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            errno.ENOENT, "no such file: run `python -m stages.convert` first", str(path)
        ) from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{path}: not a JSON file: run `python -m stages.convert` again"
        ) from error
    if problem := _problem(data):
        raise DatasetError(f"{path}: {problem}: run `python -m stages.convert` again")
    return Manifest(data["dataset"], tuple(data["classes"]), data["digit_size"], data["files"])


def verify_array(path: Path, manifest: Manifest) -> None:
    """Check that the file of an array is the one that its folder's manifest lists.

    Raises
    ------
    DatasetError
        If the manifest does not list the file, or its SHA-256 differs.
    OSError
        If the file is missing or cannot be read.
    """
    if path.name not in manifest.files:
        raise DatasetError(
            f"{manifest_path(path.parent)}: does not list {path.name}: run"
            " `python -m stages.convert` again"
        )
    try:
        sha256 = _sha256(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            errno.ENOENT, "no such file: run `python -m stages.convert` again", str(path)
        ) from error
    if sha256 != manifest.files[path.name]:
        raise DatasetError(
            f"{path}: its SHA-256 is not the one in {manifest_path(path.parent).name}, so it may"
            " belong to other data: run `python -m stages.convert` again"
        )


def _sha256(path: Path) -> str:
    require_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(data: Any) -> str | None:
    """Describe what a manifest's data lacks, if anything."""
    if not isinstance(data, dict) or set(data) != set(Manifest._fields):
        return f"its keys are not {', '.join(sorted(Manifest._fields))}"
    if not isinstance(data["dataset"], str):
        return "dataset is not a string"
    if not _is_list_of_strings(data["classes"]) or not data["classes"]:
        return "classes is not a list of names"
    if type(data["digit_size"]) is not int or data["digit_size"] < 1:
        return "digit_size is not a positive whole number"
    if not isinstance(data["files"], dict) or not _is_list_of_strings([*data["files"].values()]):
        return "files is not a table of SHA-256 by file name"
    return None


def _is_list_of_strings(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(item, str) for item in data)
