"""Tensor files: arrays by name, and metadata as JSON, in safetensors' format."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

# All metadata is one text under one key: safetensors writes several keys in an order that changes
# from run to run, and the same content must give the same bytes.
_KEY = "metadata"
# What reading a file can raise whose content is not what this project writes.
MALFORMED = (
    AttributeError,
    KeyError,
    OverflowError,
    TypeError,
    ValueError,
    RecursionError,
    SafetensorError,
)


def to_bytes(tensors: dict[str, np.ndarray], metadata: Any) -> bytes:
    """Return the content of a file: arrays in C order, and what JSON can hold."""
    content: bytes = save(tensors, {_KEY: json.dumps(metadata)})
    return content


def from_bytes(content: bytes) -> tuple[dict[str, np.ndarray], Any]:
    """Read what was given to `to_bytes`; whoever reads it must expect one of `MALFORMED`.

    Each array has memory of its own.
    """
    n_header_bytes = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + n_header_bytes])
    return load(content), json.loads(header["__metadata__"][_KEY])


def read(path: Path) -> tuple[dict[str, np.ndarray], Any]:
    """Read a file as `from_bytes` does its content."""
    return from_bytes(path.read_bytes())
