"""The IDX format: how MNIST and its relatives store arrays.

Bytes 0 and 1 are zero, byte 2 is the element type, byte 3 the number of dimensions; then each
dimension as a big-endian 32-bit count, then the elements, row by row, big-endian (LeCun, Cortes
and Burges, "The MNIST database of handwritten digits", 1998).
"""

import errno
import gzip
import math
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np

from stages.datasets.content import open_content
from stages.datasets.errors import DatasetError

ELEMENT_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

_CHUNK_BYTES = 1 << 18  # fits into the processor's cache with gzip's window
# Limits of a NumPy array.
_MAX_DIMENSIONS = 64
_MAX_BYTES = 2**63 - 1
# Deflate's maximum compression ratio, from zlib's documentation.
_MAX_DEFLATE_RATIO = 1032


@dataclass(frozen=True)
class Header:
    """Type and shape that an IDX file states.

    Attributes
    ----------
    dtype
        Type of the elements, in native byte order.
    shape
        Length of each dimension.
    """

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    @property
    def data_bytes(self) -> int:
        """Size of the elements that must follow, in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def _read_header(path: Path, file: BinaryIO) -> Header:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DatasetError(
            f"{path}: not an IDX file: it starts with bytes {magic.hex(' ') or '(none)'} instead of"
            " 00 00, an element type and a number of dimensions"
        )
    if magic[2] not in ELEMENT_TYPES:
        known = ", ".join(f"{code:02x}" for code in ELEMENT_TYPES)
        raise DatasetError(
            f"{path}: byte 2 is {magic[2]:02x}, which is no element type of IDX ({known})"
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
    shape = struct.unpack(f">{magic[3]}I", counts)
    return Header(np.dtype(ELEMENT_TYPES[magic[2]]), shape)


def _check_size(source: Path, header: Header, target: Path) -> None:
    """Refuse a header that states an impossible size, before anything is written."""
    lengths = [max(length, 1) for length in header.shape]  # NumPy ignores those of 0
    if math.prod(lengths) * header.dtype.itemsize > _MAX_BYTES:
        raise DatasetError(
            f"{source}: its dimensions, {' x '.join(map(str, header.shape))}, are larger than"
            " any array can be: download the file again"
        )
    size = source.stat().st_size
    if header.data_bytes > size * _MAX_DEFLATE_RATIO:
        raise DatasetError(
            f"{source}: its header states {header.data_bytes:,} bytes of elements, more than a"
            f" file of {size:,} bytes can hold: download the file again"
        )
    free = shutil.disk_usage(target.parent).free
    if header.data_bytes > free:
        raise OSError(
            errno.ENOSPC,
            f"no room for its array of {header.data_bytes:,} bytes, since {free:,} are free on the"
            " disk: free some space",
            str(source),
        )


def convert_to_npy(source: Path, target: Path) -> None:
    """Convert an IDX file to a `.npy` file, chunk by chunk, in constant memory.

    After an error the target is incomplete.

    Parameters
    ----------
    source
        The IDX file, gzipped or plain, of any element type and any number of dimensions.
    target
        The `.npy` file to write: C order, native byte order.

    Raises
    ------
    DatasetError
        If `source` is not an IDX file, or holds fewer or more elements than its header states.
    OSError
        If a file cannot be read or written, or the disk is too full for the elements.
    """
    with open_content(source) as idx, target.open("wb") as npy:
        header = _read_header(source, idx)
        _check_size(source, header, target)
        np.lib.format.write_array_header_1_0(
            npy,
            {"descr": header.dtype.str, "fortran_order": False, "shape": header.shape},
        )
        stored = header.dtype.newbyteorder(">")
        n_missing = header.data_bytes
        while n_missing:
            chunk = idx.read(min(_CHUNK_BYTES, n_missing))
            # A read ends within an element only at the end of the file.
            if not chunk or len(chunk) % stored.itemsize:
                raise DatasetError(
                    f"{source}: its header states {header.data_bytes} bytes of elements, but"
                    f" {n_missing - len(chunk)} are missing at the end: download the file again"
                )
            n_missing -= len(chunk)
            npy.write(np.frombuffer(chunk, stored).astype(header.dtype, copy=False).data)
        if idx.read(1):
            raise DatasetError(
                f"{source}: longer than the {header.data_bytes} bytes of elements that its header"
                " states: download the file again"
            )


def read(path: Path) -> np.ndarray:
    """Read an IDX file into memory.

    Parameters
    ----------
    path
        The IDX file, gzipped or plain, of any element type and any number of dimensions.

    Returns
    -------
    ndarray
        C order, native byte order.

    Raises
    ------
    DatasetError
        If it is not an IDX file, or holds fewer or more elements than its header states.
    OSError
        If the file cannot be read, or there is no room for a temporary copy.
    """
    with TemporaryDirectory() as folder:
        npy = Path(folder) / "array.npy"
        convert_to_npy(path, npy)
        array: np.ndarray = np.load(npy, allow_pickle=False)
    return array


def write_gzipped(array: np.ndarray, path: Path, level: int = 9) -> None:
    """Write an array as a gzipped IDX file; the same array gives the same bytes.

    Parameters
    ----------
    array
        Any shape of at most 64 dimensions, of one of the six types in `ELEMENT_TYPES`.
    path
        The file to write.
    level
        Of compression, 1 to 9; 9 takes up to fifteen times as long as 6, for 2 % less.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    codes = {np.dtype(name): code for code, name in ELEMENT_TYPES.items()}
    code = codes[array.dtype.newbyteorder("=")]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    # No name and no time in the gzip header, which would differ between runs.
    with path.open("wb") as file, gzip.GzipFile("", "wb", level, file, mtime=0) as archive:
        archive.write(header)
        archive.write(array.astype(array.dtype.newbyteorder(">")).tobytes())
