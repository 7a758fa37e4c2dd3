"""Checksums of gzipped files."""

import gzip
import hashlib
import io
import zlib
from pathlib import Path

from stages.datasets.catalogue import RemoteFile
from stages.datasets.errors import SourceError


def checksum_error(path: Path, expected: RemoteFile) -> str | None:
    """Say how a file differs from its checksum; None if it is valid."""
    try:
        hexdigest = digest(path, expected.algorithm, expected.of)
    except SourceError as error:
        return str(error)
    if hexdigest == expected.hexdigest:
        return None
    return (
        f"wrong content: its {expected.algorithm.upper()} starts with {hexdigest[:8]}"
        f" instead of {expected.hexdigest[:8]}"
    )


def digest(path: Path, algorithm: str, of: str) -> str:
    """Hash a gzipped file: the "archive", or its "content"; the hash is hexadecimal.

    Raises
    ------
    SourceError
        If it is not a complete gzip file.
    """
    opener = gzip.GzipFile if of == "content" else io.FileIO
    try:
        with opener(path) as file:
            return hashlib.file_digest(file, algorithm).hexdigest()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"not a complete gzip file ({error})") from error
