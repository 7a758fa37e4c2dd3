"""The IDX format: how MNIST and its relatives store arrays.

Bytes 0 and 1 are zero, byte 2 is the element type, byte 3 the number of dimensions; then each
dimension as a big-endian 32-bit count, then the elements, row by row, big-endian (LeCun, Cortes
and Burges, "The MNIST database of handwritten digits", 1998).
"""

import gzip
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from stages.datasets.content import open_content
from stages.datasets.errors import DatasetError

ELEMENT_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

_CHUNK_BYTES = 1 << 18  # fits into the processor's cache with gzip's window
_MAX_DIMENSIONS = 64  # of a NumPy array
# Deflate's maximum compression ratio, from zlib's documentation.
_MAX_DEFLATE_RATIO = 1032


def _read_header(path: Path, file: BinaryIO) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    """Read the type, in native byte order, and the shape that a file states."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in ELEMENT_TYPES:
        raise DatasetError(
            f"{path}: not an IDX file: it starts with bytes {magic.hex(' ') or '(none)'} instead of"
            f" 00 00, an element type ({', '.join(f'{code:02x}' for code in ELEMENT_TYPES)}) and a"
            " number of dimensions"
        )
    if magic[3] > _MAX_DIMENSIONS:
        raise DatasetError(
            f"{path}: byte 3 states {magic[3]} dimensions, but NumPy has at most {_MAX_DIMENSIONS}"
        )
    counts = file.read(4 * magic[3])
    if len(counts) < 4 * magic[3]:
        raise DatasetError(
            f"{path}: the file ends at byte {4 + len(counts)}, within its dimensions:"
            " delete it and download it again"
        )
    dtype, shape = np.dtype(ELEMENT_TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", counts)
    # NumPy's limit for arrays ignores lengths of 0, and so must this.
    n_bytes = math.prod(max(length, 1) for length in shape) * dtype.itemsize
    if n_bytes > (size := path.stat().st_size) * _MAX_DEFLATE_RATIO:
        raise DatasetError(
            f"{path}: its header states {' x '.join(map(str, shape))} elements, more than a file of"
            f" {size:,} bytes can hold: download the file again"
        )
    return dtype, shape


def _read_elements(
    path: Path, file: BinaryIO, dtype: np.dtype[np.generic], shape: tuple[int, ...]
) -> Iterator[np.ndarray]:
    """Read all elements, chunk by chunk, and refuse a file that has fewer or more."""
    stored = dtype.newbyteorder(">")
    n_bytes = n_missing = math.prod(shape) * dtype.itemsize
    while n_missing:
        chunk = file.read(min(_CHUNK_BYTES, n_missing))
        # A read ends within an element only at the end of the file.
        if not chunk or len(chunk) % stored.itemsize:
            raise DatasetError(
                f"{path}: its header states {n_bytes} bytes of elements, but"
                f" {n_missing - len(chunk)} are missing at the end: download the file again"
            )
        n_missing -= len(chunk)
        yield np.frombuffer(chunk, stored).astype(dtype, copy=False)
    if file.read(1):
        raise DatasetError(
            f"{path}: longer than the {n_bytes} bytes of elements that its header states:"
            " download the file again"
        )


def convert_to_npy(source: Path, target: Path) -> None:
    """Convert an IDX file, gzipped or plain, to a `.npy` file, in constant memory.

    The array has C order and native byte order. After an error the target is incomplete.

    Raises
    ------
    DatasetError
        If `source` is not an IDX file, or holds fewer or more elements than its header states.
    """
    with open_content(source) as file, target.open("wb") as npy:
        dtype, shape = _read_header(source, file)
        np.lib.format.write_array_header_1_0(
            npy, {"descr": dtype.str, "fortran_order": False, "shape": shape}
        )
        for elements in _read_elements(source, file, dtype, shape):
            npy.write(elements.data)


def read(path: Path) -> np.ndarray:
    """Read an IDX file, as `convert_to_npy` does, into memory."""
    with open_content(path) as file:
        dtype, shape = _read_header(path, file)
        chunks = [np.empty(0, dtype), *_read_elements(path, file, dtype, shape)]
    return np.concatenate(chunks).reshape(shape)


def write_gzipped(array: np.ndarray, path: Path) -> None:
    """Write an array of one of `ELEMENT_TYPES` as a gzipped IDX file; same array, same bytes."""
    codes = {np.dtype(name): code for code, name in ELEMENT_TYPES.items()}
    code = codes[array.dtype.newbyteorder("=")]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    # No name and no time in the gzip header, which would differ between runs. Compressing at level
    # 9 takes up to fifteen times as long as at 6, for 2 % less.
    with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as archive:
        archive.write(header)
        archive.write(array.astype(array.dtype.newbyteorder(">")).tobytes())
