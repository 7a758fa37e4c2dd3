"""The digits that need no network: scikit-learn's, brought to MNIST's own form.

They are the test part of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, UCI
Machine Learning Repository, 1998): 1,797 digits by 13 people, 8 x 8, values 0 to 16, grouped by
writer.
"""

from pathlib import Path

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from stages.runtime.files import atomic_write

# The last images in their own order: most are by people of whom none is among the first, which
# shuffling would undo.
TEST_SIZE = 360

_SIDE = 28
_BOX = 20
# Enlarging smoothly blurs the strokes; this much contrast around this grey gives ink like MNIST's.
_CONTRAST = 3.0
_CONTRAST_CENTRE = 0.6


def to_mnist_form(image: np.ndarray) -> np.ndarray:
    """Enlarge a digit to MNIST's 20 x 20 box and centre it by mass in 28 x 28.

    Parameters
    ----------
    image
        Float, (8, 8), ink from 0 (none) to 1 (full).

    Returns
    -------
    ndarray
        uint8, (28, 28), ink from 0 to 255.
    """
    from scipy import ndimage

    enlarged = ndimage.zoom(image, _BOX / len(image), order=3, mode="nearest", grid_mode=True)
    ink = np.clip((enlarged - _CONTRAST_CENTRE) * _CONTRAST + _CONTRAST_CENTRE, 0, 1)
    middle = (_SIDE - 1) / 2
    margin = _SIDE - _BOX
    top, left = (
        int(np.clip(round(middle - centre), 0, margin)) for centre in ndimage.center_of_mass(ink)
    )
    page = np.zeros((_SIDE, _SIDE), np.uint8)
    page[top : top + _BOX, left : left + _BOX] = np.rint(ink * 255)
    return page


def write(folder: Path) -> None:
    """Write the bundled digits as the four IDX files that MNIST has.

    Parameters
    ----------
    folder
        Where the files go; the last 360 images are the test part.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.stack([to_mnist_form(image / 16) for image in digits.images])
    labels = digits.target.astype(np.uint8)
    parts = {
        TRAIN_IMAGES: images[:-TEST_SIZE],
        TRAIN_LABELS: labels[:-TEST_SIZE],
        TEST_IMAGES: images[-TEST_SIZE:],
        TEST_LABELS: labels[-TEST_SIZE:],
    }
    for name, array in parts.items():
        with atomic_write(folder / name) as beside:
            idx.write_gzipped(array, beside)
