"""The pen of the demo page: as wide as the strokes of the dataset's images."""

import numpy as np

# Pixels of an image. Images without strokes, such as those of clothes, get the widest pen.
_MIN_WIDTH, _MAX_WIDTH = 2.0, 4.0


def pen_width(images: np.ndarray) -> float:
    """Measure how wide the strokes in images are.

    A stroke has two edges, each as long as the stroke: its area divided by half their length is
    its width. The length of all edges is the sum of the gradient's magnitude.

    Parameters
    ----------
    images
        uint8, (n, rows, columns), 0 (no ink) to 255 (full).

    Returns
    -------
    float
        Pixels, 2 to 4: the median over the images that are not empty.
    """
    ink = np.pad(images[images.any(axis=(1, 2))], ((0, 0), (1, 1), (1, 1))) / np.float32(255)
    if len(ink) == 0:
        return _MIN_WIDTH
    down, right = np.diff(ink, axis=1)[:, :, :-1], np.diff(ink, axis=2)[:, :-1]
    edges = np.hypot(down, right).sum(axis=(1, 2))
    width = float(np.median(2 * ink.sum(axis=(1, 2)) / edges))
    return round(min(max(width, _MIN_WIDTH), _MAX_WIDTH), 1)
