"""Fetches a dataset's files from the first source that has valid ones."""

import gzip
import hashlib
import io
import re
import shutil
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from stages.datasets.catalogue import CATALOGUE, FILES, Dataset, RemoteFile, find
from stages.datasets.errors import DatasetError, SourceError
from stages.datasets.sources import Limits, read_source
from stages.runtime.files import atomic_write

# A server chooses parts of an error's text.
_MAX_ERROR_LENGTH = 200
_LIMITS = Limits()
_LOCAL = Limits(deadline=86_400, max_bytes=1 << 50)  # files on this computer, of any size
_NO_NETWORK = (
    "Without network access, put the file into a folder '{name}' and name the folder above it with"
    " --mirror or DATASET_MIRROR, or use the dataset that needs none (dataset: mnist-5k in"
    " params.yaml)."
)


def obtain(name: str, own_folder: Path, folder: Path, mirror: str | None) -> Iterator[str]:
    """Fetch the files of a dataset: downloaded, gathered in `own_folder`, or in this package.

    The parameters, errors and lines are those of `fetch`.
    """
    dataset = find(name, own_folder)
    if dataset.files[0].urls:
        return fetch(name, dataset, folder, mirror)
    # A folder with one folder per dataset, as a mirror is.
    local = Path(__file__).parent if name in CATALOGUE else own_folder
    return fetch(name, dataset, folder, str(local), _LOCAL)


def fetch(
    name: str, dataset: Dataset, folder: Path, mirror: str | None, limits: Limits = _LIMITS
) -> Iterator[str]:
    """Fetch a dataset's missing files into `folder`; each is verified, then renamed into place.

    A `mirror`, a directory or URL with one folder per dataset, is tried before the dataset's own
    mirrors. A file there may be unpacked, and may be called `train-images.idx3-ubyte` as well. The
    limits are for each attempt to fetch a file from one source.

    Yields
    ------
    str
        For each file, once it is there, a line that says where it came from.

    Raises
    ------
    DatasetError
        If no source has a valid file; the message names each source and its error.
    """
    for file_name, file in zip(FILES, dataset.files, strict=True):
        path = folder / file_name
        if path.is_file() and _checksum_error(path, file) is None:
            yield f"{path}: already there"
            continue
        plain = file_name.removesuffix(".gz")
        dotted = plain.replace("-idx", ".idx")
        names = (file_name, plain, f"{dotted}.gz", dotted) if mirror else ()
        sources = [f"{str(mirror).rstrip('/')}/{name}/{spelling}" for spelling in names]
        errors = []
        for source in [*sources, *file.urls]:
            try:
                _fetch_file(source, path, file, limits)
            except SourceError as error:
                reason = textwrap.shorten(str(error), _MAX_ERROR_LENGTH)
                errors.append(f"  {_mask_password(source)}: {reason}")
            else:
                yield f"{path}: fetched from {_mask_password(source)}"
                break
        else:
            advice = _NO_NETWORK.format(name=name) if file.urls else "Gather the dataset again."
            raise DatasetError(
                "\n".join([f"{file_name} could not be fetched from any source:", *errors, advice])
            )


def _fetch_file(source: str, path: Path, expected: RemoteFile, limits: Limits) -> None:
    with atomic_write(path) as new_path:
        _copy(source, new_path, path.name, limits)
        _pack(new_path, expected)
        if error_text := _checksum_error(new_path, expected):
            raise SourceError(error_text)


def _checksum_error(path: Path, expected: RemoteFile) -> str | None:
    """Say how a gzipped file differs from its checksum; None if it is valid."""
    opener = gzip.GzipFile if expected.of == "content" else io.FileIO
    try:
        with opener(path) as file:
            hexdigest = hashlib.file_digest(file, expected.algorithm).hexdigest()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"not a complete gzip file ({error})"
    if hexdigest == expected.hexdigest:
        return None
    return (
        f"wrong content: its {expected.algorithm.upper()} starts with {hexdigest[:8]}"
        f" instead of {expected.hexdigest[:8]}"
    )


def _copy(source: str, target: Path, name: str, limits: Limits) -> None:
    """Write a source's bytes to a file, with a progress bar."""
    # `disable=None`: no bar where there is no terminal.
    bar = tqdm(desc=name.partition(".")[0], unit="B", unit_scale=True, disable=None)
    with target.open("wb") as file, bar:
        for chunk in read_source(source, limits):
            file.write(chunk.data)
            bar.total = chunk.total_bytes
            bar.update(len(chunk.data))


def _pack(path: Path, expected: RemoteFile) -> None:
    """Compress a file in place if it starts as an IDX file does."""
    with path.open("rb") as file:
        if file.read(2) != b"\0\0":
            return
    if expected.of == "archive":
        raise SourceError("is unpacked, but the checksum is that of the .gz file: put that there")
    unpacked = path.rename(path.with_suffix(".unpacked"))
    with unpacked.open("rb") as content, gzip.GzipFile(path, "wb", 6, mtime=0) as archive:
        shutil.copyfileobj(content, archive)
    unpacked.unlink()


def _mask_password(text: str) -> str:
    """Hide user and password of a URL, whatever characters they have."""
    return re.sub(r"(?<=://).*@", "***@", text, flags=re.DOTALL)
