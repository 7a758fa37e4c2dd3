"""Fetches a dataset's files from the first source that has valid ones."""

import gzip
import hashlib
import io
import re
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path

from stages.datasets import known_checksums
from stages.datasets.catalogue import FILES, Algorithm, Checksum, Dataset, Of
from stages.datasets.errors import DatasetError, SourceError
from stages.datasets.sources import read_source
from stages.datasets.transfer import LIMITS, Limits
from stages.runtime.files import atomic_write

# A server chooses parts of an error's text.
_MAX_ERROR_LENGTH = 200


def checksum_error(path: Path, checksum: Checksum) -> str | None:
    """Compare a file with its checksum.

    Parameters
    ----------
    path
        The file.
    checksum
        Checksum of the valid file.

    Returns
    -------
    str or None
        How the file differs, or None if it is valid.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    try:
        hexdigest = digest(path, checksum.algorithm, checksum.of)
    except SourceError as error:
        return str(error)
    if hexdigest != checksum.hexdigest:
        return (
            f"wrong content: its {checksum.algorithm.upper()} starts with {hexdigest[:8]}"
            f" instead of {checksum.hexdigest[:8]}"
        )
    return None


def digest(path: Path, algorithm: Algorithm, of: Of) -> str:
    """Hash a gzipped file.

    Parameters
    ----------
    path
        The file.
    algorithm, of
        As in a `Checksum`.

    Returns
    -------
    str
        Hexadecimal.

    Raises
    ------
    SourceError
        If it is not a complete gzip file.
    OSError
        If it cannot be read.
    """
    opener = gzip.GzipFile if of == "content" else io.FileIO
    try:
        with opener(path) as file:
            return hashlib.file_digest(file, algorithm).hexdigest()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"not a complete gzip file ({error})") from error


def fetch(
    name: str,
    dataset: Dataset,
    folder: Path,
    mirror: str | None,
    limits: Limits = LIMITS,
    known_path: Path | None = None,
) -> Iterator[str]:
    """Fetch a dataset's missing files; each is verified, then renamed into place.

    Parameters
    ----------
    name
        The dataset's name: the folder of a `mirror` that has its files.
    dataset
        What to fetch.
    folder
        Where the files go.
    mirror
        A directory or URL with one folder per dataset, tried before the dataset's own mirrors.
    limits
        Limits of each attempt to fetch a file from one source.
    known_path
        File with the checksums that were learnt at first downloads. Without it, a file that has no
        checksum is fetched each time, and trusted.

    Yields
    ------
    str
        For each file, once it is there, a line that says where it came from.

    Raises
    ------
    DatasetError
        If no source has a valid file; the message names each source and its error.
    OSError
        If a file cannot be written.
    """
    known = known_checksums.read(known_path, name) if known_path else {}
    for file_name, file in zip(FILES, dataset.files, strict=True):
        path = folder / file_name
        checksum = file.checksum or known.get(file_name)
        if checksum and path.is_file() and checksum_error(path, checksum) is None:
            yield f"{path}: already there"
            continue
        sources = [f"{mirror.rstrip('/')}/{name}/{file_name}"] if mirror else []
        source = _fetch_from_first(name, [*sources, *file.urls], path, checksum, limits)
        yield f"{path}: fetched from {_mask_password(source)}"
        if checksum is None and known_path:
            learnt = Checksum("sha256", "content", digest(path, "sha256", "content"))
            known_checksums.add(known_path, name, file_name, learnt)
            yield (
                f"{path}: nobody publishes its checksum, so this first download is trusted; its"
                f" SHA-256 is now in {known_path}, and later downloads must have the same content"
            )


def _fetch_from_first(
    name: str, sources: list[str], path: Path, checksum: Checksum | None, limits: Limits
) -> str:
    """Fetch one file and return its source."""
    errors = []
    for source in sources:
        try:
            with atomic_write(path) as new_path:
                _copy(source, new_path, path.name, limits)
                if checksum is None:
                    digest(new_path, "sha256", "content")  # a complete archive at least
                elif error_text := checksum_error(new_path, checksum):
                    raise SourceError(error_text)
        except SourceError as error:
            reason = textwrap.shorten(str(error), _MAX_ERROR_LENGTH)
            errors.append(f"  {_mask_password(source)}: {reason}")
        else:
            return source
    raise DatasetError(
        f"{path.name} could not be fetched from any source:\n"
        + "\n".join(errors)
        + f"\nWithout network access, put the file into a folder '{name}' and name the folder"
        " above it with --mirror or DATASET_MIRROR, or use the dataset that needs none (dataset:"
        " mnist-5k in params.yaml)."
    )


def _copy(source: str, target: Path, name: str, limits: Limits) -> None:
    """Write a source's bytes to a file, with a progress bar."""
    from tqdm import tqdm

    # `disable=None`: no bar where there is no terminal.
    bar = tqdm(desc=name.partition(".")[0], unit="B", unit_scale=True, disable=None)
    with target.open("wb") as file, bar:
        for chunk in read_source(source, limits):
            file.write(chunk.data)
            bar.total = chunk.total_bytes
            bar.update(len(chunk.data))


def _mask_password(text: str) -> str:
    """Hide user and password of a URL, whatever characters they have."""
    return re.sub(r"(?<=://).*@", "***@", text, flags=re.DOTALL)
