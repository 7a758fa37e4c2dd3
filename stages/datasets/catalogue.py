"""The datasets: read from catalogue.yaml, and from the description of each dataset of one's own."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from stages.datasets.class_names import check_class_names
from stages.datasets.errors import DatasetError
from stages.runtime.yaml_file import YamlError, read_yaml

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

# Describes a dataset of one's own, beside its four IDX files.
DESCRIPTION = "dataset.yaml"

# What a description calls the files, in the order of `FILES`.
FILE_KEYS = ("train_images", "train_labels", "test_images", "test_labels")
_REQUIRED_KEYS = ("classes", "digit_size", "image_shape", "source", "files")
_OPTIONAL_KEYS = ("licence", "paper")

# Digits of a checksum; its key is that of "content" or of the "archive", as in sha256_of_content.
_N_DIGITS = {"sha256": 64, "md5": 32}
_CHECKSUM_KEYS = [f"{name}_of_{what}" for what in ("content", "archive") for name in _N_DIGITS]


class RemoteFile(NamedTuple):
    """Where to get a gzipped file, and its checksum.

    A gzip header holds a date and a name, so mirrors can have different files with the same data.

    It has no addresses if it is on this computer already: one of the project's, or of a dataset of
    one's own.
    """

    urls: tuple[str, ...]  # tried in their order
    algorithm: str  # "sha256" or "md5"
    of: str  # what is hashed: the uncompressed "content", or the "archive" as it was downloaded
    hexdigest: str


class Dataset(NamedTuple):
    """Labelled images, as the four IDX files named in `FILES`, in that order."""

    classes: tuple[str, ...]  # their names, in the order of the labels
    digit_size: int  # longest side, in pixels, of what an image shows
    image_shape: tuple[int, int] = (28, 28)  # rows and columns
    source: str = ""  # page of the dataset, or where it was gathered from
    licence: str = ""
    paper: str = ""  # what to cite
    files: tuple[RemoteFile, ...] = ()


class _Catalogue(Mapping[str, Dataset]):
    """The datasets of catalogue.yaml by name; `DatasetError` for the first entry that is wrong.

    The file is read when it is first needed, so that commands which need none start faster.
    """

    def __getitem__(self, name: str) -> Dataset:
        return self._datasets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __len__(self) -> int:
        return len(self._datasets)

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        path = Path(__file__).with_name("catalogue.yaml")
        return {name: parse(f"{path}: {name}", entry) for name, entry in _read(path).items()}


CATALOGUE = _Catalogue()


def names(own_folder: Path) -> list[str]:
    """List the datasets of the catalogue, then the gathered ones, each in a folder in `own_folder`.

    Raises
    ------
    DatasetError
        If the catalogue is wrong.
    """
    gathered = sorted(path.parent.name for path in own_folder.glob(f"*/{DESCRIPTION}"))
    return [*CATALOGUE, *(name for name in gathered if name not in CATALOGUE)]


def find(name: str, own_folder: Path) -> Dataset:
    """Find a dataset in the catalogue, or among the gathered ones in `own_folder`.

    Raises
    ------
    DatasetError
        If there is none, or its description is wrong.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    path = own_folder / name / DESCRIPTION
    if not path.is_file():
        raise DatasetError(f"{path}: no such file. {how_to_get(name, own_folder)}")
    return parse(str(path), _read(path))


def how_to_get(name: str, own_folder: Path) -> str:
    """Say how to get a dataset of one's own that is not here."""
    folder = own_folder / name
    if folder.with_name(f"{name}.dvc").is_file():
        return f"Fetch it with `dvc pull {folder}.dvc`."
    return (
        "If it is one of your own, gather it, or fetch it with DVC: `dvc add"
        f" {folder}` where it is, then `dvc pull` here."
    )


def parse(where: str, entry: Any) -> Dataset:
    """Check the description of a dataset, an entry of a file that `where` names.

    Raises
    ------
    DatasetError
        For the first key that is unknown or missing, or whose value is wrong.
    """
    _check_keys(where, entry, _REQUIRED_KEYS, _OPTIONAL_KEYS)
    for key in ("source", "licence", "paper"):
        if not isinstance(entry.get(key, ""), str):
            raise DatasetError(f"{where}: {key}: must be text")
    if not isinstance(entry["classes"], list):
        raise DatasetError(f"{where}: classes: must be a list of names")
    check_class_names(f"{where}: classes", tuple(entry["classes"]))
    shape, digit_size = entry["image_shape"], entry["digit_size"]
    if not isinstance(shape, list) or len(shape) != 2 or not all(map(_is_count, shape)):
        raise DatasetError(f"{where}: image_shape: must be two whole numbers, rows and columns")
    if not _is_count(digit_size) or digit_size > max(shape):
        raise DatasetError(
            f"{where}: digit_size: must be a whole number from 1 to {max(shape)}, the longest side"
            " of image_shape"
        )
    _check_keys(f"{where}: files", entry["files"], FILE_KEYS)
    files = [_remote_file(f"{where}: files: {key}", entry["files"][key]) for key in FILE_KEYS]
    return Dataset(
        **entry
        | {"classes": tuple(entry["classes"]), "image_shape": tuple(shape), "files": tuple(files)}
    )


def _remote_file(where: str, entry: Any) -> RemoteFile:
    _check_keys(where, entry, (), ("urls", *_CHECKSUM_KEYS))
    urls = entry.get("urls", [])
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise DatasetError(f"{where}: urls: must be a list of addresses")
    for url in urls:
        if not re.match(r"https?://.", url):
            raise DatasetError(f"{where}: urls: {url} does not start with https:// or http://")
    given = [key for key in _CHECKSUM_KEYS if key in entry]
    if len(given) != 1:
        raise DatasetError(
            f"{where}: has {' and '.join(given) or 'no checksum'}, but must have one of"
            f" {', '.join(_CHECKSUM_KEYS)}"
        )
    algorithm, _, of = given[0].partition("_of_")
    hexdigest, n_digits = entry[given[0]], _N_DIGITS[algorithm]
    if not isinstance(hexdigest, str) or not re.fullmatch(rf"[0-9a-f]{{{n_digits}}}", hexdigest):
        raise DatasetError(
            f"{where}: {given[0]}: must be {n_digits} hexadecimal digits, in quotes if all are 0 to"
            " 9"
        )
    return RemoteFile(tuple(urls), algorithm, of, hexdigest)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _check_keys(
    where: str, entry: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    known = (*required, *optional)
    if not isinstance(entry, dict):
        raise DatasetError(f"{where}: must hold names and values: {', '.join(known)}")
    for key in entry:
        if key not in known:
            raise DatasetError(f"{where}: unknown key {key}; the keys are {', '.join(known)}")
    for key in required:
        if key not in entry:
            raise DatasetError(f"{where}: {key} is missing")


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_yaml(path)
    except YamlError as error:
        raise DatasetError(str(error)) from error
