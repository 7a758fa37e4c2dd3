"""Checksums of gzipped files."""

import gzip
import hashlib
import io
import zlib
from pathlib import Path

from stages.datasets.catalogue import Algorithm, Checksum, Of
from stages.datasets.errors import SourceError


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
