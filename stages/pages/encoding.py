"""Arrays as text in a page."""

import base64
import zlib

import numpy as np


def to_base64(array: np.ndarray, dtype: str) -> str:
    """Encode the bytes of an array."""
    return base64.b64encode(np.ascontiguousarray(array, dtype).tobytes()).decode("ascii")


def compress(array: np.ndarray) -> str:
    """Encode the bytes of an array, compressed by zlib."""
    return base64.b64encode(zlib.compress(array.tobytes(), level=9)).decode("ascii")
