"""The IDX format: how MNIST and its relatives store arrays.

Byte 0 and 1 are zero, byte 2 names the element type, byte 3 the number of dimensions; then each
dimension as a big-endian 32-bit count, then the elements, row by row, big-endian (LeCun, Cortes
and Burges, "The MNIST database of handwritten digits", 1998).
"""

import errno
import gzip
import math
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from stages.datasets.errors import DatasetError

ELEMENT_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18  # fits the processor's cache beside gzip's own window
# npy's header must fit numpy's own limits on dimensions and on bytes.
_MAX_DIMENSIONS = 64
_MAX_BYTES = 2**63 - 1
# Deflate makes at most this many bytes of one (zlib's "maximum compression factor").
_MOST_FROM_ONE = 1032


@dataclass(frozen=True)
class Header:
    """What an IDX file says it holds.

    Attributes
    ----------
    dtype
        Type of the elements in this machine's byte order.
    shape
        Length of each dimension.
    """

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    @property
    def data_bytes(self) -> int:
        """How many bytes of elements must follow."""
        return math.prod(self.shape) * self.dtype.itemsize


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open an IDX file, gzipped or plain, and turn a broken archive into a `DatasetError`."""
    with path.open("rb") as start:
        is_gzip = start.read(2) == _GZIP_MAGIC
    try:
        with gzip.open(path) if is_gzip else path.open("rb") as file:
            yield cast(BinaryIO, file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(
            f"{path}: the gzip archive is broken ({error}): delete the file and download it again"
        ) from error


def _read_header(path: Path, file: BinaryIO) -> Header:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DatasetError(
            f"{path}: not an IDX file: it starts with bytes {magic.hex(' ') or '(none)'},"
            " where IDX has 00 00, a type and a number of dimensions"
        )
    if magic[2] not in ELEMENT_TYPES:
        known = ", ".join(f"{code:02x}" for code in ELEMENT_TYPES)
        raise DatasetError(
            f"{path}: byte 2 names element type {magic[2]:02x}, which IDX does not have ({known})"
        )
    if magic[3] > _MAX_DIMENSIONS:
        raise DatasetError(
            f"{path}: byte 3 claims {magic[3]} dimensions; NumPy has at most {_MAX_DIMENSIONS}"
        )
    counts = file.read(4 * magic[3])
    if len(counts) < 4 * magic[3]:
        raise DatasetError(
            f"{path}: the file ends at byte {4 + len(counts)}, amid its list of dimensions:"
            " delete it and download it again"
        )
    shape = struct.unpack(f">{magic[3]}I", counts)
    return Header(np.dtype(ELEMENT_TYPES[magic[2]]), shape)


def _check_size(source: Path, header: Header, target: Path) -> None:
    """Refuse a header that claims more than can be, before a byte of it is written."""
    lengths = [max(length, 1) for length in header.shape]  # NumPy leaves those of 0 out
    if math.prod(lengths) * header.dtype.itemsize > _MAX_BYTES:
        raise DatasetError(
            f"{source}: its dimensions, {' x '.join(map(str, header.shape))}, are more than any"
            " array can have: download the file again"
        )
    size = source.stat().st_size
    if header.data_bytes > size * _MOST_FROM_ONE:
        raise DatasetError(
            f"{source}: the header promises {header.data_bytes:,} bytes of elements, more than a"
            f" file of {size:,} bytes can hold: download the file again"
        )
    free = shutil.disk_usage(target.parent).free
    if header.data_bytes > free:
        raise OSError(
            errno.ENOSPC,
            f"no room for {header.data_bytes:,} bytes of elements, where {free:,} are free",
            str(target.parent),
        )


def convert_to_npy(source: Path, target: Path) -> None:
    """Write the array of an IDX file as `.npy`, a chunk at a time.

    Memory does not grow with the file. A `target` left by an error is not usable.

    Parameters
    ----------
    source
        The IDX file, gzipped or plain, of any element type and any number of dimensions.
    target
        The `.npy` file to write: C order, this machine's byte order.

    Raises
    ------
    DatasetError
        If `source` is no IDX file, or holds fewer or more elements than its header says.
    OSError
        If a file cannot be read or written, or there is no room for the elements.
    """
    with _opened(source) as idx, target.open("wb") as npy:
        header = _read_header(source, idx)
        _check_size(source, header, target)
        np.lib.format.write_array_header_1_0(
            npy,
            {"descr": header.dtype.str, "fortran_order": False, "shape": header.shape},
        )
        stored = header.dtype.newbyteorder(">")
        missing = header.data_bytes
        while missing:
            chunk = idx.read(min(_CHUNK_BYTES, missing))
            # A short read can end amid an element only where the file itself does.
            if not chunk or len(chunk) % stored.itemsize:
                raise DatasetError(
                    f"{source}: the header promises {header.data_bytes} bytes of elements, but"
                    f" {missing - len(chunk)} are missing at the end: download the file again"
                )
            missing -= len(chunk)
            npy.write(np.frombuffer(chunk, stored).astype(header.dtype, copy=False).data)
        if idx.read(1):
            raise DatasetError(
                f"{source}: more follows after the {header.data_bytes} bytes of elements that the"
                " header promises: download the file again"
            )


def write_gzipped(array: np.ndarray, path: Path) -> None:
    """Write an array as a gzipped IDX file, the same bytes each time.

    Parameters
    ----------
    array
        Any shape of at most 64 dimensions, of one of the six types in `ELEMENT_TYPES`.
    path
        The file to write.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    codes = {np.dtype(name): code for code, name in ELEMENT_TYPES.items()}
    code = codes[array.dtype.newbyteorder("=")]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    # No name and no time in the gzip header: both would change the bytes from run to run.
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as archive:
        archive.write(header)
        archive.write(array.astype(array.dtype.newbyteorder(">")).tobytes())
