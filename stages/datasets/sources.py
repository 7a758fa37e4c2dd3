"""Reads a file from one source, a URL or a path, within limits and whatever the source does."""

import queue
import threading
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from stages.datasets.errors import SourceError
from stages.datasets.transfer import CHUNK_BYTES, Chunk, Limits


def read_source(source: str, limits: Limits) -> Generator[Chunk, None, None]:
    """Read a source in a thread of its own, which is abandoned at the deadline.

    No timeout of `requests` covers a name server that does not answer, or a server that sends its
    headers byte by byte. The thread ends once it notices, or with the process.

    Parameters
    ----------
    source
        A URL (http or https) or a path.
    limits
        What the source may take.

    Yields
    ------
    Chunk
        The next bytes, and the size of the file if it is known.

    Raises
    ------
    SourceError
        If the source fails in any way, or exceeds a limit.
    """
    received: queue.SimpleQueue[Chunk | SourceError | None] = queue.SimpleQueue()
    abandoned = threading.Event()

    def read() -> None:
        n_bytes = 0
        try:
            with closing(_open_source(source, limits)) as chunks:
                for chunk in chunks:
                    n_bytes += len(chunk.data)
                    if n_bytes > limits.max_bytes:
                        raise SourceError(f"longer than {limits.max_bytes:,} bytes")
                    if abandoned.is_set():
                        return
                    received.put(chunk)
            received.put(None)
        except SourceError as error:
            received.put(error)
        except Exception as error:  # a source can make a library raise anything
            received.put(SourceError(f"failed ({type(error).__name__})"))

    end = time.monotonic() + limits.deadline
    threading.Thread(target=read, daemon=True).start()
    try:
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


def _open_source(source: str, limits: Limits) -> Generator[Chunk, None, None]:
    if urlsplit(source).scheme in ("http", "https"):
        from stages.datasets.http_source import read_url

        return read_url(source, limits)
    return _read_path(Path(source))


def _read_path(path: Path) -> Generator[Chunk, None, None]:
    try:
        with path.open("rb") as file:
            while data := file.read(CHUNK_BYTES):
                yield Chunk(data, None)
    except OSError as error:
        raise SourceError(str(error.strerror).lower()) from error
