"""Fetching a dataset's files from the first source that has the right ones."""

import gzip
import hashlib
import io
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from stages.datasets.catalogue import FILES, Dataset, Fingerprint
from stages.datasets.errors import DatasetError
from stages.files import written_beside

# The largest file of the catalogue has 26 MB: what is longer than this is something else.
MAX_FILE_BYTES = 64 << 20
# Seconds to wait for a connection, and for the next bytes.
TIMEOUT = (10, 30)
_CHUNK_BYTES = 1 << 16


class SourceError(Exception):
    """A source did not give the right file; the message is what it said."""


def fault(path: Path, fingerprint: Fingerprint) -> str | None:
    """Say in what a file differs from the one that is wanted.

    Parameters
    ----------
    path
        The file.
    fingerprint
        How the right file is known.

    Returns
    -------
    str or None
        What is wrong, or None when the file is right.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    try:
        opener = gzip.GzipFile if fingerprint.of == "content" else io.FileIO
        with opener(path) as file:
            found = hashlib.file_digest(file, fingerprint.algorithm).hexdigest()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"not a whole gzip file ({error})"
    if found != fingerprint.hexdigest:
        return (
            f"wrong content: its {fingerprint.algorithm.upper()} starts with {found[:8]},"
            f" the right one with {fingerprint.hexdigest[:8]}"
        )
    return None


def fetch(name: str, dataset: Dataset, folder: Path, mirror: str | None) -> Iterator[str]:
    """Fetch the files of a dataset that are not there yet; each is verified before it has its name.

    Parameters
    ----------
    name
        The dataset's name: the folder a `mirror` keeps it in.
    dataset
        What to fetch.
    folder
        Where the files go.
    mirror
        A directory or URL with one folder a dataset, tried before the dataset's own mirrors.

    Yields
    ------
    str
        For each file, once it is there, a line that says where it came from.

    Raises
    ------
    DatasetError
        If no source has the right file; the message names each and what it said.
    OSError
        If a file cannot be written.
    """
    bases = list(dataset.mirrors)
    if mirror:
        bases.insert(0, f"{mirror.rstrip('/')}/{name}/")
    for file_name, fingerprint in zip(FILES, dataset.fingerprints, strict=True):
        path = folder / file_name
        if path.is_file() and fault(path, fingerprint) is None:
            yield f"{path}: already there"
            continue
        base = _fetch_from_first(name, bases, path, fingerprint)
        yield f"{path}: fetched from {base}"


def _fetch_from_first(name: str, bases: list[str], path: Path, fingerprint: Fingerprint) -> str:
    """Fetch one file and return the base it came from."""
    said = []
    for base in bases:
        try:
            with written_beside(path) as beside:
                _copy(base + path.name, beside)
                if wrong := fault(beside, fingerprint):
                    raise SourceError(wrong)
        except SourceError as error:
            said.append(f"  {base}{path.name}: {error}")
        else:
            return base
    raise DatasetError(
        f"{path.name} could not be had from any source:\n"
        + "\n".join(said)
        + f"\nTo go on without the network, put the file into a folder '{name}'"
        " somewhere and name the folder above it with --mirror or DATASET_MIRROR, or use"
        " the bundled digits (dataset: digits in params.yaml)."
    )


def _copy(source: str, target: Path) -> None:
    """Copy a file from a URL or a path, or raise `SourceError`."""
    if urlsplit(source).scheme in ("http", "https"):
        _download(source, target)
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 - a fault of the target is another matter
    except OSError as error:
        raise SourceError(str(error.strerror).lower()) from error
    with file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy)


def _download(url: str, target: Path) -> None:
    import requests
    from tqdm import tqdm

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT) as response:
            response.raise_for_status()
            length = int(response.headers.get("Content-Length", 0)) or None
            with (
                target.open("wb") as file,
                tqdm(
                    desc=target.name.strip(".").partition(".")[0],
                    total=length,
                    unit="B",
                    unit_scale=True,
                    disable=None,  # no bar where there is no terminal
                ) as bar,
            ):
                for chunk in response.iter_content(_CHUNK_BYTES):
                    file.write(chunk)
                    bar.update(len(chunk))
                    if file.tell() > MAX_FILE_BYTES:
                        raise SourceError(f"longer than {MAX_FILE_BYTES >> 20} MiB, given up")
    except requests.HTTPError as error:
        raise SourceError(f"{error.response.status_code} {error.response.reason}") from error
    except requests.RequestException as error:
        raise SourceError(_in_short(error)) from error


def _in_short(error: Exception) -> str:
    """Name a network fault in a few words: what requests says of one wraps three layers."""
    import requests

    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {TIMEOUT[0]} seconds"
    if isinstance(error, requests.Timeout):
        return f"nothing came for {TIMEOUT[1]} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not to be trusted"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke off"
    return f"{type(error).__name__}: {error}"
