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
    sorted by class, so that a class would be missing from a part, it is the last of each class.

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
    if not n_validation:
        return data, None
    is_validation = np.arange(n_images) >= n_images - n_validation
    if _missing_classes(data.labels, is_validation):
        by_class = _last_of_each_class(data.labels, validation_fraction)
        if by_class.any() and not by_class.all():
            is_train = ~by_class
            return (
                Data(data.images[is_train], data.labels[is_train]),
                Data(data.images[by_class], data.labels[by_class]),
            )
    n_train = n_images - n_validation
    return (
        Data(data.images[:n_train], data.labels[:n_train]),
        Data(data.images[n_train:], data.labels[n_train:]),
    )


def _missing_classes(labels: np.ndarray, mask: np.ndarray) -> bool:
    """Tell whether a class that occurs is missing where the mask is true, or where it is false."""
    occurring = np.unique(labels)
    return any(len(np.unique(labels[part])) < len(occurring) for part in (mask, ~mask))


def _last_of_each_class(labels: np.ndarray, fraction: float) -> np.ndarray:
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        indices = np.flatnonzero(labels == label)
        n = min(max(1, round(fraction * len(indices))), len(indices) - 1)
        mask[indices[len(indices) - n :]] = True
    return mask
