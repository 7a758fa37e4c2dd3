"""Gathers a dataset from pictures, whose folders or names tell their classes."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from stages.datasets.class_names import check_class_names, natural_order
from stages.datasets.errors import DatasetError
from stages.datasets.own import Gathered, choose_test
from stages.datasets.source_files import SourceFile, places_within
from stages.pictures import reader as pictures
from stages.pictures.errors import PictureError

# MNIST's: longest side, in pixels, that the pictures' content is scaled to.
DIGIT_SIZE = 20

# Names of folders around those of the classes.
_SPLITS = {"train": False, "training": False, "test": True, "testing": True}
_VALIDATION = ("val", "valid", "validation")
# The class at the front of a picture's name, as in 7_0.png.
_FRONT = re.compile(r"([^_\- (]+)[_\- (]")


class _Place(NamedTuple):
    """What the path of a picture tells; `is_test` is None where its folders do not tell."""

    is_test: bool | None
    class_name: str
    writer: str


class _Picture(NamedTuple):
    place: _Place
    digest: bytes
    image: np.ndarray


def gather(
    files: Sequence[SourceFile],
    digit_size: int,
    test_fraction: float,
    by_writer: bool,
    on_left_out: Callable[[str], object],
) -> Gathered:
    """Read pictures, and split them into a training and a test set.

    Without folders that tell, what is for testing is decided by the SHA-256 of each file, or of the
    writer's name, so that adding pictures moves few of the others from one set to the other. A
    picture that looks the same as another is left out, so that no picture is in both. The images
    are in an order that is decided by their content, so that the last training images, which are
    the validation images, are of all classes; with writers, they are grouped by writer.

    Parameters
    ----------
    files
        Pictures in CLASS/, with writers in CLASS/WRITER/, in train/CLASS/ and test/CLASS/, or with
        the class at the front of their names, as in 7_0.png; within any other folders.
    digit_size
        Longest side, in pixels, that the pictures' content is scaled to.
    test_fraction
        Fraction of each class, or of the writers, that is for testing; at least one is.
    by_writer
        Whether all pictures of a writer go into the same set.
    on_left_out
        Called with a sentence for each file that is left out.

    Raises
    ------
    DatasetError
        If a class has fewer than two pictures, or there are fewer than two writers.
    """
    placed = _find_places(files, by_writer, on_left_out)
    names = sorted({place.class_name for _, place in placed}, key=natural_order)
    check_class_names("folders and names of pictures", tuple(names))
    found = _read(placed, digit_size, on_left_out)
    is_test = np.array(_choose_test(found, test_fraction, by_writer), bool)
    images = np.array([picture.image for picture in found])
    labels = np.array([names.index(picture.place.class_name) for picture in found], np.uint8)
    counts, n_train = (
        np.bincount(some, minlength=len(names)) for some in (labels, labels[~is_test])
    )
    for name, n_pictures in zip(names, counts.tolist(), strict=True):
        if n_pictures < 2:
            raise DatasetError(
                f"class {name}: has {n_pictures or 'no'} picture{'s' * (n_pictures != 1)} that can"
                " be used, but a class needs two at least: one for training, one for testing"
            )
    if not n_train.all():
        raise DatasetError(
            f"class {names[n_train.argmin()]}: all its pictures are for testing: add some by other"
            " writers, or in the folder for training"
        )
    if not is_test.any():
        raise DatasetError("no picture for testing can be used")
    train, test = ((images[mask], labels[mask]) for mask in (~is_test, is_test))
    return Gathered(*train, *test, tuple(names), digit_size)


def _find_places(
    files: Sequence[SourceFile], by_writer: bool, on_left_out: Callable[[str], object]
) -> list[tuple[SourceFile, _Place]]:
    """Tell the class of each picture, and its split or writer, by its path."""
    places = places_within(files)
    tops = [place[0].partition(".")[0].lower() if len(place) > 1 else "" for place in places]
    splits = set(tops) - {""}
    have_splits = len(splits) > 1 and splits <= {*_SPLITS, *_VALIDATION}
    has_test = any(_SPLITS.get(split) for split in splits)
    in_folders = any(len(place) > 1 + have_splits for place in places)
    placed, left_out = [], []
    for file, place, top in zip(files, places, tops, strict=True):
        is_test = _SPLITS.get(top, not has_test) if have_splits else None
        folders, name = place[have_splits:-1], place[-1]
        if in_folders and len(folders) > by_writer:
            writer = folders[1] if by_writer else ""
            placed.append((file, _Place(is_test, folders[0], writer)))
        elif front := None if in_folders else _FRONT.match(name):
            placed.append((file, _Place(is_test, front[1], "")))
        else:
            left_out.append(
                f"left out: {file.name}: neither its folder nor its name tell its class"
            )
    if len({place.class_name for _, place in placed}) < 2:
        raise DatasetError(
            "the pictures' classes are not told: put them into a folder per class, as in"
            " letters/A/1.png, or start their names with the class, as in A_1.png"
        )
    for line in left_out:
        on_left_out(line)
    return placed


def _read(
    placed: Sequence[tuple[SourceFile, _Place]],
    digit_size: int,
    on_left_out: Callable[[str], object],
) -> list[_Picture]:
    """Read all pictures that can be used, sorted by their content."""
    read: list[_Picture] = []
    seen: dict[bytes, str] = {}
    # `disable=None`: no bar where there is no terminal.
    for file, place in tqdm(placed, unit=" pictures", disable=None, leave=False):
        try:
            image = file.read(lambda path: pictures.read(path, digit_size))
        except PictureError as error:
            reason = str(error)
        else:
            first = seen.setdefault(image.tobytes(), file.name)
            reason = "" if first == file.name else f"{file.name}: the same picture as {first}"
        if reason:
            with tqdm.external_write_mode():  # not in the line of the progress bar
                on_left_out(f"left out: {reason}")
            continue
        read.append(_Picture(place, hashlib.sha256(file.path.read_bytes()).digest(), image))
    return sorted(read, key=lambda one: (_writer_digest(one.place.writer), one.digest))


def _choose_test(found: Sequence[_Picture], fraction: float, by_writer: bool) -> list[bool]:
    """Choose the pictures for testing: by their folders, by writers, or by what they hold."""
    if by_writer:
        writers = [_writer_digest(picture.place.writer) for picture in found]
        if len(set(writers)) < 2:
            raise DatasetError(
                f"there are pictures by {len(set(writers))} writer, but --by-writer needs two at"
                " least: put each writer's pictures into a subfolder of the class"
            )
        return choose_test([None] * len(writers), writers, fraction)
    told = [picture.place.is_test for picture in found]
    if None in told:
        names = [picture.place.class_name for picture in found]
        return choose_test(names, [picture.digest for picture in found], fraction)
    return [bool(is_test) for is_test in told]


def _writer_digest(writer: str) -> bytes:
    return hashlib.sha256(writer.encode()).digest()
