"""The transfer of a file from one source: its limits, and the chunks that it arrives in."""

from dataclasses import dataclass
from typing import NamedTuple

CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Limits:
    """What one source may take before it is abandoned and the next is tried.

    Attributes
    ----------
    connect_timeout
        Seconds to wait for a connection.
    read_timeout
        Seconds to wait for the next bytes.
    deadline
        Seconds for the whole file: some servers send a byte now and then.
    max_bytes
        Largest size of a file. The largest file of the catalogue has 26 MB.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    deadline: float = 600.0
    max_bytes: int = 64 << 20


LIMITS = Limits()


class Chunk(NamedTuple):
    """A piece of a file.

    Attributes
    ----------
    data
        At most `CHUNK_BYTES` bytes.
    total_bytes
        Size of the whole file, or None if it is unknown.
    """

    data: bytes
    total_bytes: int | None
