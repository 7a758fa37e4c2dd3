"""Zip and tar archives."""

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, cast

from stages.datasets.errors import DatasetError

# What reading a broken archive raises, or one that needs a password (a `RuntimeError`).
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


def unpack(path: Path, folder: Path, name: str) -> None:
    """Write the files of a zip or tar archive into a folder, whatever paths they have.

    Raises
    ------
    DatasetError
        If it is broken, or larger than what is free on the disk.
    """
    rest = free = shutil.disk_usage(folder).free
    try:
        for member, size, content in _members(path):
            rest -= size
            if rest < 0:
                raise DatasetError(f"{name}: holds more than the {free:,} bytes free on the disk")
            place = PureWindowsPath(member)  # knows the separators of every system
            parts = [part for part in place.parts if part not in (place.anchor, "..")]
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
    except _BROKEN as error:
        raise DatasetError(f"{name}: the archive cannot be unpacked ({error})") from error


def _members(path: Path) -> Iterator[tuple[str, int, BinaryIO]]:
    """Open each file of an archive: its path there, its size, its content."""
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as content:
                        yield info.filename, info.file_size, cast(BinaryIO, content)
    else:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile() and (extracted := tar.extractfile(member)):
                    yield member.name, member.size, cast(BinaryIO, extracted)
