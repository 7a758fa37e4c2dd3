"""Fetches a dataset's files from the first source that has valid ones."""

import gzip
import hashlib
import io
import re
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path

from stages.datasets.catalogue import FILES, Checksum, Dataset
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
    opener = gzip.GzipFile if checksum.of == "content" else io.FileIO
    try:
        with opener(path) as file:
            hexdigest = hashlib.file_digest(file, checksum.algorithm).hexdigest()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"not a complete gzip file ({error})"
    if hexdigest != checksum.hexdigest:
        return (
            f"wrong content: its {checksum.algorithm.upper()} starts with {hexdigest[:8]}"
            f" instead of {checksum.hexdigest[:8]}"
        )
    return None


def fetch(
    name: str, dataset: Dataset, folder: Path, mirror: str | None, limits: Limits = LIMITS
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
    base_urls = list(dataset.mirrors)
    if mirror:
        base_urls.insert(0, f"{mirror.rstrip('/')}/{name}/")
    for file_name, checksum in zip(FILES, dataset.checksums, strict=True):
        path = folder / file_name
        if path.is_file() and checksum_error(path, checksum) is None:
            yield f"{path}: already there"
            continue
        base_url = _fetch_from_first(name, base_urls, path, checksum, limits)
        yield f"{path}: fetched from {_mask_password(base_url)}"


def _fetch_from_first(
    name: str, base_urls: list[str], path: Path, checksum: Checksum, limits: Limits
) -> str:
    """Fetch one file and return the base URL of its source."""
    errors = []
    for base_url in base_urls:
        source = base_url + path.name
        try:
            with atomic_write(path) as new_path:
                _copy(source, new_path, path.name, limits)
                if error_text := checksum_error(new_path, checksum):
                    raise SourceError(error_text)
        except SourceError as error:
            reason = textwrap.shorten(str(error), _MAX_ERROR_LENGTH)
            errors.append(f"  {_mask_password(source)}: {reason}")
        else:
            return base_url
    raise DatasetError(
        f"{path.name} could not be fetched from any source:\n"
        + "\n".join(errors)
        + f"\nWithout network access, put the file into a folder '{name}' and name the folder"
        " above it with --mirror or DATASET_MIRROR, or use the bundled digits (dataset: digits in"
        " params.yaml)."
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
