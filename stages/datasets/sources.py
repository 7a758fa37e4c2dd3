"""Reads a file from one source, a URL or a path, within limits and whatever the source does."""

import queue
import threading
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from stages.datasets.errors import SourceError

_CHUNK_BYTES = 1 << 16
_MAX_REDIRECTS = 10


@dataclass(frozen=True)
class Limits:
    """What one source may take before it is abandoned and the next is tried; times in seconds."""

    connect_timeout: float = 10.0
    read_timeout: float = 30.0  # for the next bytes
    deadline: float = 600.0  # for the whole file: some servers send a byte now and then
    max_bytes: int = 64 << 20  # the largest file of the catalogue has 26 MB, unpacked 47 MB


class Chunk(NamedTuple):
    """The next bytes of a file, and the size of the whole file, or None if it is unknown."""

    data: bytes
    total_bytes: int | None


def read_source(source: str, limits: Limits) -> Generator[Chunk, None, None]:
    """Read a URL (http or https) or a path in a thread, which is abandoned at the deadline.

    No timeout of `requests` covers a name server that does not answer, or a server that sends its
    headers byte by byte. The thread ends once it notices, or with the process.

    Yields
    ------
    Chunk
        The bytes as they are stored, whatever content encoding a server claims.

    Raises
    ------
    SourceError
        If the source fails in any way, or exceeds a limit.
    """
    received: queue.SimpleQueue[Chunk | SourceError | None] = queue.SimpleQueue()
    abandoned = threading.Event()

    def read() -> None:
        n_bytes = 0
        is_url = source.lower().startswith(("http://", "https://"))
        try:
            with closing((_read_url if is_url else _read_path)(source, limits)) as chunks:
                for chunk in chunks:
                    n_bytes += len(chunk.data)
                    if n_bytes > limits.max_bytes:
                        raise SourceError(f"longer than {limits.max_bytes:,} bytes")
                    if abandoned.is_set():
                        return
                    received.put(chunk)
            received.put(None)
        # A source can make a library raise anything.
        except Exception as error:
            received.put(error if isinstance(error, SourceError) else _describe(error, limits))

    end = time.monotonic() + limits.deadline
    try:
        threading.Thread(target=read, daemon=True).start()
        while chunk := received.get(timeout=max(0, end - time.monotonic())):
            if isinstance(chunk, SourceError):
                raise chunk
            yield chunk
            if time.monotonic() > end:
                raise queue.Empty
    except queue.Empty:
        raise SourceError(f"not complete within {limits.deadline:g} seconds") from None
    finally:
        abandoned.set()


def _read_path(source: str, _limits: Limits) -> Generator[Chunk, None, None]:
    with Path(source).open("rb") as file:
        while data := file.read(_CHUNK_BYTES):
            yield Chunk(data, None)


def _read_url(source: str, limits: Limits) -> Generator[Chunk, None, None]:
    with _Session() as session, closing(_open(session, source, limits)) as response:
        response.raise_for_status()
        total = response.raw.length_remaining
        if total and total > limits.max_bytes:
            raise SourceError(f"claims to have {total:,} bytes, more than {limits.max_bytes:,}")
        # `read1` reads what has arrived. `read` would take a chunk of length -1 for "all".
        while data := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            yield Chunk(data, total)


class _Session(requests.Session):
    """A session that leaves redirects to its caller.

    `requests` reads the whole body of a redirect into memory, even if told not to follow it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that there is no redirect."""


def _open(session: requests.Session, url: str, limits: Limits) -> requests.Response:
    """Send the request and follow redirects, whose bodies are not read."""
    for _ in range(_MAX_REDIRECTS + 1):
        response = session.get(
            url,
            stream=True,
            timeout=(limits.connect_timeout, limits.read_timeout),
            headers={"Accept-Encoding": "identity"},
        )
        location = requests.Session.get_redirect_target(session, response)
        if location is None:
            return response
        response.close()
        url = urljoin(url, location)
    raise SourceError(f"more than {_MAX_REDIRECTS} redirects")


def _describe(error: Exception, limits: Limits) -> SourceError:
    """Describe an error in a few words: the text of `requests` wraps three layers."""
    match error:
        case requests.HTTPError():
            return SourceError(f"{error.response.status_code} {error.response.reason}")
        case requests.ConnectTimeout():
            return SourceError(f"no connection within {limits.connect_timeout:g} seconds")
        case requests.Timeout() | ReadTimeoutError():
            return SourceError(f"no data for {limits.read_timeout:g} seconds")
        case requests.exceptions.SSLError():
            return SourceError("its certificate is not trusted")
        case requests.ConnectionError() | ProtocolError():
            return SourceError("no connection, or the connection was lost")
        case OSError(strerror=str(reason)) if not isinstance(error, requests.RequestException):
            return SourceError(reason.lower())
    return SourceError(f"failed ({type(error).__name__})")  # its text may quote a password
