"""Labels: what they can be, and the classes that they stand for."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stages.datasets.class_names import are_character_codes, natural_order
from stages.datasets.errors import DatasetError

_MAX_LISTED = 10


def label_column(labels: np.ndarray, name: str) -> np.ndarray:
    """Check that labels are whole numbers of any type, or text, (n,), and return them.

    QMNIST's are int32, (n, columns): the class, the writer and others. Messages begin with `name`.
    """
    is_qmnist = labels.ndim == 2 and labels.dtype == np.int32 and labels.shape[1] > 0
    column: np.ndarray = labels[:, 0] if is_qmnist else labels
    if column.ndim != 1 or column.dtype.kind not in "iuU":
        raise DatasetError(
            f"{name}: holds {labels.dtype} in {labels.ndim} dimensions, but labels must be uint8 in"
            " 1 dimension, or whole numbers of another type"
        )
    return column


def to_class_indices(labels: np.ndarray, n_classes: int, name: str) -> np.ndarray:
    """Bring labels that are class indices, of any integer type or QMNIST's, to uint8, (n,)."""
    column = label_column(labels, name)
    invalid = np.flatnonzero((column < 0) | (column >= n_classes))
    if len(invalid):
        raise DatasetError(
            f"{name}: label {column[invalid[0]]} of image {invalid[0]} is not one of the dataset's"
            f" {n_classes} classes (0 to {n_classes - 1})"
        )
    return column.astype(np.uint8)


def to_classes(
    parts: Mapping[str, np.ndarray],
    names: Mapping[str, str] | None,
    on_note: Callable[[str], object],
) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Convert labels to class indices, and name the classes.

    `parts` are labels, whole numbers or text, (n,), by "training" and the like. Without `names`, by
    label, the labels are the names, or the characters of which all of them are the codes. `on_note`
    is called with a sentence if numbers are not class indices already.

    Returns
    -------
    classes : tuple of str
        Names of the classes, in the natural order of the labels.
    labels : list of ndarray
        Class indices of each part, uint8, (n,).

    Raises
    ------
    DatasetError
        If a label has no name, or the parts count from different numbers.
    """
    columns = {part: _as_numbers(column) for part, column in parts.items()}
    values = np.unique(np.concatenate([*columns.values()]))
    are_numbers = values.dtype.kind != "U"
    if are_numbers:
        _check_start(columns)
    texts: list[str] = values.astype(str).tolist()
    order = sorted(range(len(texts)), key=lambda index: natural_order(texts[index]))
    if names is not None:
        if missing := [text for text in texts if text not in names]:
            raise DatasetError(f"the file of class names has no name for label {missing[0]}")
        texts = [names[text] for text in texts]
    elif are_numbers and are_character_codes(values.tolist()):
        on_note(f"labels are the codes of characters: {texts[0]} is {chr(values[0])}")
        texts = list(map(chr, values))
    elif are_numbers and not np.array_equal(values, np.arange(len(values))):
        on_note(f"labels are {_ranges(values)}: {len(values)} classes, which are named by them")
    ranks = np.argsort(order).astype(np.uint8)
    return tuple(texts[index] for index in order), [
        ranks[np.searchsorted(values, column.astype(values.dtype))] for column in columns.values()
    ]


def listed(items: Sequence[str]) -> str:
    """List items with commas, the first ten if there are more."""
    rest = [f"{len(items) - _MAX_LISTED} more"] if len(items) > _MAX_LISTED else []
    return ", ".join([*items[:_MAX_LISTED], *rest])


def _as_numbers(labels: np.ndarray) -> np.ndarray:
    """Convert text that holds whole numbers, all of it, to int64."""
    try:
        return labels.astype(np.int64)
    except ValueError:
        return labels


def _check_start(columns: Mapping[str, np.ndarray]) -> None:
    """Refuse labels that are counted from another number in another part."""
    values = {part: np.unique(column) for part, column in columns.items()}
    first, *rest = values.values()
    for other in rest:
        if len(first) == len(other) and np.ptp(first - other) == 0 and first[0] != other[0]:
            counts = " and ".join(f"{_ranges(labels)} in {part}" for part, labels in values.items())
            raise DatasetError(f"labels are {counts}: count them from the same number in both")


def _ranges(values: np.ndarray) -> str:
    """Describe sorted whole numbers, as in "0 to 4, 25 to 29"."""
    runs = np.split(values, np.flatnonzero(np.diff(values) != 1) + 1)
    return listed([f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs])
