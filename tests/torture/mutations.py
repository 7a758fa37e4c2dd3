"""Mutations of valid files, and the readers that are given them."""

import random
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Values at which sizes overflow or memory runs out.
NUMBERS = [0, 1, 2, 9, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64]
TEXTS = [b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"true", b"[]", b"{}", b'""', b"9" * 30]
TEXTS += [
    b"!!int x",
    b"2024-13-45",
    b"2024-01-13",
    b".inf",
    b"0x" + b"f" * 4000,
    b"&a [*a]",
    b"*a",
    b"- ",
    b"\xc2\x9b",
]
TEXTS += [b"[" * 2000, b"O", b"|V9", b"<f8", b"True", b"..", b"/etc/passwd", b"\x00", b"\xff\xfe"]


@dataclass
class Target:
    """A reader, and the files that it is given.

    Attributes
    ----------
    name
        Name of the format.
    seeds
        Content of small, valid files.
    read
        Reads a file. Raises one of `REFUSALS`, or `AssertionError` if the result is wrong.
    wraps
        Ways to turn mutated bytes into a file: unchanged, or repaired to pass the first checks.
    max_bytes
        Memory that it may take, beside the size of the file.
    share
        How many files it is given, for each that the others are given.
    names
        Words, one of which an error must have; without any, the path of the file.
    prepare
        Makes what the reader needs, in the folder of the file.
    """

    name: str
    seeds: list[bytes]
    read: Callable[[Path], None]
    wraps: list[Callable[[bytes], bytes]]
    max_bytes: int = 64 << 20
    share: float = 1.0
    names: tuple[str, ...] = ()
    prepare: Callable[[Path], object] = lambda folder: None


def mutated(target: Target, rng: random.Random) -> bytes:
    """Mutate a seed."""
    data = bytearray(rng.choice(target.seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        rng.choice(MUTATIONS)(data, target, rng)
    return rng.choice(target.wraps)(bytes(data))


def _flip(data: bytearray, target: Target, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set_number(data: bytearray, target: Target, rng: random.Random) -> None:
    form = rng.choice((">B", ">H", "<H", ">I", "<I", "<Q"))
    size = struct.calcsize(form)
    at = rng.randrange(max(1, min(len(data), 40) if rng.random() < 0.7 else len(data)))
    data[at : at + size] = struct.pack(form, rng.choice(NUMBERS) % 256**size)


def _set_text(data: bytearray, target: Target, rng: random.Random) -> None:
    matches = list(re.finditer(rb"\d+|\"[^\"]*\"|'[^']*'|\w+", data))
    if matches:
        match = rng.choice(matches)
        new = rng.choice(TEXTS) if rng.random() < 0.5 else str(rng.choice(NUMBERS)).encode()
        data[match.start() : match.end()] = new


def _set_text_of_same_length(data: bytearray, target: Target, rng: random.Random) -> None:
    all_matches = re.finditer(rb"[\d.]+|\"[^\"]*\"|\w+", data)
    matches = [match for match in all_matches if len(match[0]) < 40]
    if matches:
        match = rng.choice(matches)
        new = rng.choice([*TEXTS, *(str(number).encode() for number in NUMBERS)])
        size = len(match[0])
        data[match.start() : match.end()] = new[:size].ljust(size)


def _cut(data: bytearray, target: Target, rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _delete(data: bytearray, target: Target, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.randrange(20)]


def _repeat(data: bytearray, target: Target, rng: random.Random) -> None:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.randrange(200)]
    at = rng.randrange(len(data) + 1)
    data[at:at] = piece * rng.choice((1, 1, 2, 50))


def _insert(data: bytearray, target: Target, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randrange(1, 20))


def _splice(data: bytearray, target: Target, rng: random.Random) -> None:
    other = rng.choice(target.seeds)
    data[rng.randrange(len(data) + 1) :] = other[rng.randrange(len(other) + 1) :]


def _noise(data: bytearray, target: Target, rng: random.Random) -> None:
    data[:] = rng.randbytes(rng.randrange(300))


MUTATIONS = [
    _flip,
    _set_number,
    _set_text,
    _set_text_of_same_length,
    _cut,
    _delete,
    _repeat,
    _insert,
    _splice,
]
MUTATIONS = MUTATIONS * 4 + [_noise]


def unchanged(data: bytes) -> bytes:
    return data
