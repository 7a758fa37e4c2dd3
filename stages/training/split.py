"""Training and validation data."""

from typing import NamedTuple

import numpy as np

from stages.training.errors import TrainingError


class Data(NamedTuple):
    """Images, uint8 (n, rows, columns), and their labels, uint8 (n,)."""

    images: np.ndarray
    labels: np.ndarray


def split_validation(data: Data, validation_fraction: float) -> tuple[Data, Data | None]:
    """Split data into training and validation data.

    The last images are for validation: datasets are often in the order of their writers, and some
    validation images are then by people who wrote none of the training images. Where the data is
    sorted by class, so that a class would be missing from a part, the classes are interleaved
    first, each in its own order.

    Parameters
    ----------
    data
        Images and labels.
    validation_fraction
        0 (none) to below 1.

    Returns
    -------
    train, validation : Data
        Views of `data`, or copies where it is sorted by class. No validation data is None.

    Raises
    ------
    TrainingError
        If no image would be left to train on, or none for validation although some are asked for.
    """
    n_images = len(data.images)
    n_validation = round(n_images * validation_fraction)
    if n_validation == n_images:
        raise TrainingError(
            f"no image is left to train on: train.validation_fraction of {validation_fraction}"
            f" takes all {n_images}"
        )
    if validation_fraction and not n_validation:
        raise TrainingError(
            f"there would be no validation images: {validation_fraction} of {n_images} images;"
            " raise train.validation_fraction, or set it to 0"
        )
    n_train = n_images - n_validation
    # Without validation data too: accuracy and doubt are measured on the first or the last images.
    if _is_sorted_by_class(data.labels, n_train if n_validation else n_images * 9 // 10):
        order = _interleave(data.labels)
        data = Data(data.images[order], data.labels[order])
    train = Data(data.images[:n_train], data.labels[:n_train])
    validation = Data(data.images[n_train:], data.labels[n_train:])
    return train, validation if n_validation else None


def _is_sorted_by_class(labels: np.ndarray, at: int) -> bool:
    """Tell whether a class of two images or more is missing before or after an index."""
    repeated = np.flatnonzero(np.bincount(labels) > 1)
    return not all(np.isin(repeated, part).all() for part in (labels[:at], labels[at:]))


def _interleave(labels: np.ndarray) -> np.ndarray:
    """Order images so that each part of them has all classes; the last ones of a class are last."""
    places = np.zeros(len(labels))
    for label in np.unique(labels):
        places[labels == label] = np.linspace(0, 1, np.count_nonzero(labels == label))
    return np.argsort(places, kind="stable")
