"""Pixels: uint8 in the arrays, float32 from 0 to 1 in the network."""

import numpy as np

from stages.network.activations import Floats


def scale_pixels(images: np.ndarray, out: Floats) -> None:
    """Write images, uint8 (n, rows, columns), as float32 from 0 to 1 into (n, rows * columns)."""
    flat = images.reshape(len(images), -1)
    np.multiply(flat, np.float32(1 / 255), out=out, dtype=np.float32)
