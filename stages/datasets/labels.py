"""Labels as people store them, brought to class indices."""

from pathlib import Path

import numpy as np

from stages.datasets.errors import DatasetError


def to_class_indices(labels: np.ndarray, path: Path) -> np.ndarray:
    """Bring labels to uint8.

    Parameters
    ----------
    labels
        Whole numbers from 0 to 255: of any integer type, (n,); or int32, (n, columns), as QMNIST
        stores them, with the class in the first column, then the writer and others.
    path
        Their file, for error messages.

    Returns
    -------
    ndarray
        uint8, (n,).

    Raises
    ------
    DatasetError
        If they are none of these.
    """
    is_qmnist = labels.ndim == 2 and labels.dtype == np.int32 and labels.shape[1] > 0
    column = labels[:, 0] if is_qmnist else labels
    if column.ndim != 1 or column.dtype.kind not in "iu":
        raise DatasetError(
            f"{path}: holds {labels.dtype} in {labels.ndim} dimensions, but labels must be uint8 in"
            " 1 dimension, or whole numbers of another type"
        )
    invalid = np.flatnonzero((column < 0) | (column > np.iinfo(np.uint8).max))
    if len(invalid):
        raise DatasetError(
            f"{path}: label {column[invalid[0]]} of image {invalid[0]} is not from 0 to 255"
        )
    return column.astype(np.uint8)


def check_range(labels: np.ndarray, n_classes: int, path: Path) -> None:
    """Check that labels are class indices.

    Parameters
    ----------
    labels
        uint8, (n,).
    n_classes
        Number of classes.
    path
        The labels' file, for error messages.

    Raises
    ------
    DatasetError
        For the first label that is `n_classes` or more.
    """
    invalid = np.flatnonzero(labels >= n_classes)
    if len(invalid):
        raise DatasetError(
            f"{path}: label {labels[invalid[0]]} of image {invalid[0]} is not one of the dataset's"
            f" {n_classes} classes (0 to {n_classes - 1})"
        )
