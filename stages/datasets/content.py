"""What a file is, told by its first bytes, whatever it is called."""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, cast

from stages.datasets.errors import DatasetError
from stages.runtime.regular_file import require_file

IDX, NPY, CSV, ARCHIVE, PICTURE = "IDX", ".npy", "CSV", "archive", "picture"
ARRAYS = (IDX, NPY, CSV)


class Kind(NamedTuple):
    """What a file is, and what to do with it if it is not read."""

    name: str  # `IDX`, `NPY`, `CSV`, `ARCHIVE` or `PICTURE`, or else a name for messages
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.advice}" if self.advice else self.name


UNKNOWN = Kind(
    "not a picture in a supported format, nor an array", "save it as PNG, JPEG, CSV, .npy or IDX"
)
# Starts of files; the first that fits tells the kind. A Python pickle is never loaded.
_KINDS = [
    (re.compile(start, re.DOTALL | re.IGNORECASE), Kind(*kind))
    for start, *kind in (
        (rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x40]", IDX),
        (rb"\x93NUMPY", NPY),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0|II[*+]\0|MM\0[*+]|RIFF.{4}WEBP", PICTURE),
        (rb".{4}ftypavi[fs]|P[1-6]\s", PICTURE),
        (
            rb"\x80[\x02-\x05]|\([dl]p\d|c(numpy|__builtin__|copy_reg)[\w.]*\n",
            "a Python pickle",
            "it is not read, for reading one runs whatever code it holds: get the same data as"
            " .npz or IDX (mnist.npz has what mnist.pkl.gz has)",
        ),
        (rb"\x89HDF\r\n", "an HDF5 file", "save its arrays with numpy.savez"),
        (rb"MATLAB ", "a MATLAB file", "load it with scipy.io, and save it with numpy.savez"),
        (rb"PAR1", "a Parquet file", "read it with pandas, and save it as CSV or pictures"),
        (rb"PK\x03\x04.{26}(\[Content_Types\]|_rels)", "an Excel file", "save its sheet as CSV"),
        (rb"PK[\x03\x05]|.{257}ustar|BZh[1-9]1AY|\xfd7zXZ", ARCHIVE),
        (rb"Rar!|7z\xbc\xaf", "a RAR or 7z archive", "unpack it first"),
        (
            rb"version https://git-lfs",
            "a Git LFS pointer to a file that is elsewhere",
            "run `git lfs pull` where it was cloned",
        ),
        (
            rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|body|\?xml|!--)",
            "an HTML page",
            "the download was refused perhaps: open its address in a browser",
        ),
        (rb".{4}ftyp(hei|hev|mif1|msf1)", "a HEIC photo", "save it as JPEG"),
        (rb"%PDF", "a PDF file", "save its pages as PNG"),
        (rb"\xff\xfe|\xfe\xff", "text in UTF-16", "save it as UTF-8"),
        # A line of 16 short cells at least.
        (rb"(\xef\xbb\xbf)?([^,;\t\r\n]{0,64}[,;\t]){15}", CSV),
    )
]


def kind_of(path: Path) -> Kind:
    """Tell what a file is; of a gzipped file, what is in it. It has advice if it is not read."""
    with open_content(path) as file:
        start = file.read(512)
    return next((kind for pattern, kind in _KINDS if pattern.match(start)), UNKNOWN)


@contextmanager
def open_content(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file, gzipped or plain.

    Raises
    ------
    DatasetError
        If its gzip archive is broken, here or while it is read.
    """
    require_file(path)
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if is_gzip else path.open("rb") as stream:
            yield cast(io.BufferedReader, stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(
            f"{path}: the gzip archive is broken ({error}): delete the file and download it again"
        ) from error
