"""Gathers a dataset from a folder of pictures, with one subfolder per class."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.datasets.errors import DatasetError
from stages.datasets.own import Gathered, list_entries
from stages.pictures import reader as pictures
from stages.pictures.errors import PictureError

# MNIST's: longest side, in pixels, that the pictures' content is scaled to.
DIGIT_SIZE = 20


@dataclass(frozen=True)
class Picture:
    """A picture that was read.

    Attributes
    ----------
    class_name
        Its class: the name of the subfolder.
    writer
        The name of the subfolder in that of the class; empty without writers.
    digest
        SHA-256 of the file.
    image
        uint8, (28, 28), in MNIST's format.
    """

    class_name: str
    writer: str
    digest: bytes
    image: np.ndarray


def gather(
    source: Path,
    digit_size: int,
    test_fraction: float,
    by_writer: bool,
    on_left_out: Callable[[str], object],
) -> Gathered:
    """Read the pictures of a folder, and split them into a training and a test set.

    Which pictures are for testing is decided by the SHA-256 of each file, or of the writer's name,
    so that adding pictures moves few of the others from one set to the other. A picture that looks
    the same as another is left out, so that no picture is in both.

    Parameters
    ----------
    source
        The folder: `source/CLASS/picture.png`, or with writers `source/CLASS/WRITER/picture.png`.
    digit_size
        Longest side, in pixels, that the pictures' content is scaled to.
    test_fraction
        Fraction of each class, or of the writers, that is for testing; at least one is.
    by_writer
        Whether all pictures of a writer go into the same set.
    on_left_out
        Called with a sentence for each file that is left out.

    Returns
    -------
    Gathered
        Images in an order that is decided by their content, so that the last training images,
        which are the validation images, are of all classes; with writers, grouped by writer.

    Raises
    ------
    DatasetError
        If a class has fewer than two pictures, or there are fewer than two writers.
    OSError
        If a folder cannot be read.
    """
    names = sorted((path.name for path in _folders(source)), key=natural_order)
    found = _read(source, names, digit_size, by_writer, on_left_out)
    for name in names:
        n_pictures = sum(picture.class_name == name for picture in found)
        if n_pictures < 2:
            raise DatasetError(
                f"{source / name}: has {n_pictures or 'no'} picture{'s' * (n_pictures != 1)} that"
                " can be used, but a class needs two at least: one for training, one for testing"
            )
    is_test = _choose_test_pictures(source, found, test_fraction, by_writer)
    train = [picture for picture in found if not is_test(picture)]
    missing = [name for name in names if name not in {picture.class_name for picture in train}]
    if missing:
        raise DatasetError(
            f"{source / missing[0]}: no writer whose pictures are for training wrote this class:"
            " add pictures of it by more writers, or gather without --by-writer"
        )
    test = [picture for picture in found if is_test(picture)]
    return Gathered(*_to_arrays(train, names), *_to_arrays(test, names), tuple(names), digit_size)


def natural_order(name: str) -> tuple[int, int, str]:
    """Sort key of class names: numbers by their value, then other names."""
    return (0, int(name), name) if name.isascii() and name.isdigit() else (1, 0, name)


def _read(
    source: Path,
    names: Sequence[str],
    digit_size: int,
    by_writer: bool,
    on_left_out: Callable[[str], object],
) -> list[Picture]:
    """Read all pictures that can be used, sorted by their content."""
    from tqdm import tqdm

    paths = [
        (name, writer.name if by_writer else "", path)
        for name in names
        for writer in (_folders(source / name) if by_writer else [source / name])
        for path in list_entries(writer)
    ]
    for folder in (source, *(source / name for name in names if by_writer)):
        for path in list_entries(folder):
            if path.is_file():
                on_left_out(f"left out: {path}: is not in the folder of a class, or of a writer")
    read: list[Picture] = []
    seen: dict[bytes, Path] = {}
    # `disable=None`: no bar where there is no terminal.
    for name, writer, path in tqdm(paths, unit=" pictures", disable=None, leave=False):
        try:
            image = pictures.read(path, digit_size)
        except PictureError as error:
            on_left_out(f"left out: {error}")
            continue
        first = seen.setdefault(image.tobytes(), path)
        if first != path:
            on_left_out(f"left out: {path}: the same picture as {first}")
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        read.append(Picture(name, writer, digest, image))
    return sorted(read, key=lambda picture: (_writer_digest(picture.writer), picture.digest))


def _choose_test_pictures(
    source: Path, found: Sequence[Picture], fraction: float, by_writer: bool
) -> Callable[[Picture], bool]:
    if by_writer:
        writers = sorted({picture.writer for picture in found}, key=_writer_digest)
        if len(writers) < 2:
            raise DatasetError(
                f"{source}: has pictures by {len(writers)} writer, but --by-writer needs two at"
                " least: put each writer's pictures into a subfolder of the class"
            )
        test_writers = set(writers[: _n_test(len(writers), fraction)])
        return lambda picture: picture.writer in test_writers
    by_class: dict[str, list[bytes]] = {}
    for picture in found:
        by_class.setdefault(picture.class_name, []).append(picture.digest)
    test_digests = {
        digest
        for digests in by_class.values()
        for digest in sorted(digests)[: _n_test(len(digests), fraction)]
    }
    return lambda picture: picture.digest in test_digests


def _n_test(n: int, fraction: float) -> int:
    """Count the test pictures among `n`: at least one, and one at least is left."""
    return min(n - 1, max(1, round(fraction * n)))


def _to_arrays(found: Sequence[Picture], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    labels = [names.index(picture.class_name) for picture in found]
    return np.stack([picture.image for picture in found]), np.array(labels, np.uint8)


def _writer_digest(writer: str) -> bytes:
    return hashlib.sha256(writer.encode()).digest()


def _folders(folder: Path) -> list[Path]:
    return [path for path in list_entries(folder) if path.is_dir()]
