"""Fetching a dataset's files from the first source that has the right ones."""

import gzip
import hashlib
import io
import signal
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from stages.datasets.catalogue import FILES, Checksum, Dataset
from stages.datasets.errors import DatasetError
from stages.runtime.files import atomic_write

_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Limits:
    """What a file may cost at one source, before the next is tried.

    Attributes
    ----------
    connection
        Seconds to wait for a connection.
    silence
        Seconds to wait for the next bytes.
    total
        Seconds for all of it, for there are servers that send a byte now and then.
    size
        Bytes. The largest file of the catalogue has 26 MB: what is longer is something else.
    """

    connection: float = 10.0
    silence: float = 30.0
    total: float = 600.0
    size: int = 64 << 20


LIMITS = Limits()


class SourceError(Exception):
    """A source did not give the right file; the message is what it said."""


def fault(path: Path, fingerprint: Checksum) -> str | None:
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


def fetch(
    name: str, dataset: Dataset, folder: Path, mirror: str | None, limits: Limits = LIMITS
) -> Iterator[str]:
    """Fetch the files of a dataset that are not there yet; each is verified before it has its name.

    To be called from the main thread, for it sets the process's alarm (`signal.setitimer`).

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
    limits
        What a file may cost at one source.

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
        base = _fetch_from_first(name, bases, path, fingerprint, limits)
        yield f"{path}: fetched from {base}"


def _fetch_from_first(
    name: str, bases: list[str], path: Path, fingerprint: Checksum, limits: Limits
) -> str:
    """Fetch one file and return the base it came from."""
    said = []
    for base in bases:
        try:
            with atomic_write(path) as beside, _within(limits.total):
                _copy(base + path.name, beside, limits)
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


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise `SourceError` once so many seconds have gone by, whatever is being waited for.

    Only an alarm does that: a time limit of `requests` is for the next byte, so that a server
    which drips its headers holds it for days.
    """

    def give_up(number: int, frame: FrameType | None) -> None:
        raise SourceError(f"not done within {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    # Again after each further second: an error that is raised amid a clean-up may get lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _copy(source: str, target: Path, limits: Limits) -> None:
    """Copy a file from a URL or a path, or raise `SourceError`."""
    try:
        is_url = urlsplit(source).scheme in ("http", "https")
    except ValueError as error:
        raise SourceError(f"not an address: {error}") from error
    if is_url:
        _download(source, target, limits)
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 - a fault of the target is another matter
    except OSError as error:
        raise SourceError(str(error.strerror).lower()) from error
    with file:
        _write(iter(lambda: file.read(_CHUNK_BYTES), b""), target, None, limits)


def _download(url: str, target: Path, limits: Limits) -> None:
    import requests
    from urllib3.exceptions import HTTPError

    try:
        with requests.get(
            url,
            stream=True,
            timeout=(limits.connection, limits.silence),
            headers={"Accept-Encoding": "identity"},
        ) as response:
            response.raise_for_status()
            # As they come: a server that calls the .gz itself an encoding would have it undone.
            chunks = response.raw.stream(_CHUNK_BYTES, decode_content=False)
            _write(chunks, target, response.raw.length_remaining, limits)
    except requests.HTTPError as error:
        raise SourceError(f"{error.response.status_code} {error.response.reason}") from error
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        raise SourceError(_in_short(error, limits)) from error


def _write(chunks: Iterable[bytes], target: Path, length: int | None, limits: Limits) -> None:
    """Write bytes, with a bar that goes to their length if that is known."""
    from tqdm import tqdm

    if length and length > limits.size:
        raise SourceError(f"claims to have {length:,} bytes, more than {limits.size:,}, given up")
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
        for chunk in chunks:
            file.write(chunk)
            bar.update(len(chunk))
            if file.tell() > limits.size:
                raise SourceError(f"longer than {limits.size:,} bytes, given up")


def _in_short(error: Exception, limits: Limits) -> str:
    """Name a network fault in a few words: what requests says of one wraps three layers."""
    import requests
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {limits.connection:g} seconds"
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return f"nothing came for {limits.silence:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not to be trusted"
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle"
    if isinstance(error, requests.ConnectionError | ProtocolError):
        return "no connection, or it broke off"
    return f"{type(error).__name__}: {error}"
