"""The digits that scikit-learn contains, brought to MNIST's format.

They are the test set of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, UCI
Machine Learning Repository, 1998): 1,797 digits, 8 x 8, values 0 to 16, grouped by writer. UCI
speaks of 13 people; the sequence of the labels shows 14 groups of 124 to 130 digits.
"""

from pathlib import Path

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import (
    CATALOGUE,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
)
from stages.pictures.mnist_format import centre_on_canvas
from stages.runtime.files import atomic_write

# The last images in their original order: most are by people who wrote none of the first.
# Shuffling would lose that.
TEST_SIZE = 360

# Enlarging smoothly blurs the strokes; this contrast around this grey gives ink like MNIST's.
_CONTRAST = 3.0
_CONTRAST_CENTRE = 0.6


def load() -> tuple[np.ndarray, np.ndarray]:
    """Load the digits in their original order.

    Returns
    -------
    images : ndarray
        uint8, (1797, 28, 28), in MNIST's format.
    labels : ndarray
        uint8, (1797,).
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.stack([_enlarge(image / 16) for image in digits.images])
    return images, digits.target.astype(np.uint8)


def write(folder: Path) -> None:
    """Write the digits as the four IDX files that MNIST has.

    Parameters
    ----------
    folder
        Where the files go; the last 360 images are the test set.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    images, labels = load()
    arrays = {
        TRAIN_IMAGES: images[:-TEST_SIZE],
        TRAIN_LABELS: labels[:-TEST_SIZE],
        TEST_IMAGES: images[-TEST_SIZE:],
        TEST_LABELS: labels[-TEST_SIZE:],
    }
    for name, array in arrays.items():
        with atomic_write(folder / name) as new_path:
            idx.write_gzipped(array, new_path)


def _enlarge(image: np.ndarray) -> np.ndarray:
    """Bring an image, (8, 8), ink from 0 (none) to 1 (full), to MNIST's format."""
    from scipy import ndimage

    zoom = CATALOGUE["digits"].digit_size / len(image)
    enlarged = ndimage.zoom(image, zoom, order=3, mode="nearest", grid_mode=True)
    ink = np.clip((enlarged - _CONTRAST_CENTRE) * _CONTRAST + _CONTRAST_CENTRE, 0, 1)
    return centre_on_canvas(np.rint(255 * ink).astype(np.uint8))
