import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import hypothesis.extra.numpy as st_numpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.datasets import idx
from stages.datasets.errors import DatasetError

TYPES = {
    0x08: ("B", np.uint8, 200),
    0x09: ("b", np.int8, -100),
    0x0B: ("h", np.int16, -300),
    0x0C: ("i", np.int32, -70_000),
    0x0D: ("f", np.float32, 0.5),
    0x0E: ("d", np.float64, 0.1),
}


def convert(content: bytes, folder: Path) -> np.ndarray:
    (folder / "source").write_bytes(content)
    idx.convert_to_npy(folder / "source", folder / "target.npy")
    array: np.ndarray = np.load(folder / "target.npy", allow_pickle=False)
    return array


@pytest.mark.parametrize("code", TYPES)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_bytes_written_by_hand_of_every_type(
    code: int, compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    letter, dtype, value = TYPES[code]
    data = struct.pack(f">BBBBII6{letter}", 0, 0, code, 2, 2, 3, *[0, 1, 2, 3, 4, value])
    array = convert(compress(data), tmp_path)
    assert array.dtype == dtype
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, np.array([[0, 1, 2], [3, 4, value]], dtype))


@given(
    st.sampled_from([np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]).flatmap(
        lambda dtype: st_numpy.arrays(
            dtype, st_numpy.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
        )
    )
)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("idx")
    idx.write_gzipped(array, folder / "array.gz")
    idx.convert_to_npy(folder / "array.gz", folder / "array.npy")
    read = np.load(folder / "array.npy", allow_pickle=False)
    assert (read.dtype, read.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(read, array)


def test_array_larger_than_one_chunk(tmp_path: Path) -> None:
    array = np.random.default_rng(1).standard_normal(200_003)
    idx.write_gzipped(array, tmp_path / "array.gz")
    idx.convert_to_npy(tmp_path / "array.gz", tmp_path / "array.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "array.npy"), array)


VALID = struct.pack(">BBBBII6B", 0, 0, 8, 2, 2, 3, *range(6))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"<html>", "3c 68 74 6d"),
        (b"\0\0\x0a\x01\0\0\0\x01\0", "00 00 0a 01 instead of 00 00, an element type .08, 09,"),
        (b"\0\0\x08\xff" + bytes(1020), "255 dimensions"),
        (VALID[:7], "ends at byte 7"),
        (VALID[:-1], "1 are missing"),
        (VALID + b"x", "longer than the 6 bytes"),
        (gzip.compress(VALID, mtime=0)[:-3], "gzip archive is broken"),
        (b"\x1f\x8b" + bytes(20), "gzip archive is broken"),
        (struct.pack(">BBBBIII", 0, 0, 14, 3, 2**31, 2**31, 2**31), "more than a file of 16"),
        (struct.pack(">BBBBII", 0, 0, 8, 2, 2**31, 2**31), "more than a file of 12 bytes can hold"),
        (struct.pack(">BBBBIII", 0, 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), "more than a file of 16"),
    ],
)
def test_invalid_file_is_named_with_its_error(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=message) as error:
        convert(content, tmp_path)
    assert str(tmp_path / "source") in str(error.value)


def test_same_array_gives_same_bytes(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.uint8)
    for name in ("one.gz", "two.gz"):
        idx.write_gzipped(array, tmp_path / name)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
