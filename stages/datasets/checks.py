"""What is checked of a dataset's images and labels, and what is said of those that look wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b

import numpy as np

from stages.datasets.class_names import are_character_codes, natural_order
from stages.datasets.errors import DatasetError

_BLOCK = 4096  # images looked at together
_N_MEASURED = 10_000  # images that tell how light the background is
# Pixels are 0 to 255: if none reaches the first, all are stretched. A background between the other
# two is neither dark nor light.
_MIN_HIGHEST, _MAX_DARK, _MIN_LIGHT = 128, 64, 191
# A class has few images if the largest has more than this many times as many.
_FEW = 10
_MAX_LISTED = 10


def check_pair(images: np.ndarray, images_name: str, labels: np.ndarray, labels_name: str) -> None:
    """Check that there are images, (n, rows, columns), and as many labels, (n,).

    Raises
    ------
    DatasetError
        If there are no images, or another number of labels; the message has the files' names.
    """
    if images.size == 0:
        raise DatasetError(f"{images_name}: holds no images, or images without pixels")
    if len(images) != len(labels):
        raise DatasetError(
            f"{labels_name}: holds {len(labels)} labels, but {images_name} holds {len(images)}"
            " images: the two belong to different datasets"
        )


def check_same_shape(train_images: np.ndarray, split: str, images: np.ndarray) -> None:
    """Check that the images of a split have as many rows and columns as the training images.

    Raises
    ------
    DatasetError
        If they have not.
    """
    train, other = (" x ".join(map(str, array.shape[1:])) for array in (train_images, images))
    if train != other:
        raise DatasetError(
            f"training images have {train} pixels, but {split} images {other}: they belong to"
            " different datasets, or one of the two was scaled"
        )


def label_column(labels: np.ndarray, name: str) -> np.ndarray:
    """Return labels as one column.

    Parameters
    ----------
    labels
        Whole numbers of any type, or text, (n,); or int32, (n, columns), as QMNIST stores them,
        with the class in the first column, then the writer and others.
    name
        Their file, for error messages.

    Returns
    -------
    ndarray
        (n,).

    Raises
    ------
    DatasetError
        If they are none of these.
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
    """Bring labels that are class indices, of any integer type or QMNIST's, to uint8, (n,).

    Raises
    ------
    DatasetError
        For the first that is not from 0 to `n_classes` - 1; the message has the file's name.
    """
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

    Parameters
    ----------
    parts
        Labels, whole numbers or text, (n,); by "training" and the like.
    names
        Names by label. Without them the labels are the names, or the characters of which all of
        them are the codes.
    on_note
        Called with a sentence if numbers are not class indices already.

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
    labels = [_as_numbers(part) for part in parts.values()]
    are_text = any(part.dtype.kind == "U" for part in labels)
    values = np.unique(np.concatenate(labels))
    texts: list[str] = values.astype(str).tolist()
    order = sorted(range(len(texts)), key=lambda index: natural_order(texts[index]))
    if not are_text:
        _check_start(dict(zip(parts, map(np.unique, labels), strict=True)))
    if names is not None:
        if missing := [text for text in texts if text not in names]:
            raise DatasetError(f"the file of class names has no name for label {missing[0]}")
        texts = [names[text] for text in texts]
    elif not are_text and are_character_codes(values.tolist()):
        on_note(f"labels are the codes of characters: {texts[0]} is {chr(values[0])}")
        texts = list(map(chr, values))
    elif not are_text and not np.array_equal(values, np.arange(len(values))):
        on_note(f"labels are {_ranges(values)}: {len(values)} classes, which are named by them")
    ranks = np.argsort(order).astype(np.uint8)
    return tuple(texts[index] for index in order), [
        ranks[np.searchsorted(values, part.astype(values.dtype))] for part in labels
    ]


def to_ink(parts: Mapping[str, np.ndarray], on_note: Callable[[str], object]) -> list[np.ndarray]:
    """Bring images to bytes, light on dark, all in the same way.

    Parameters
    ----------
    parts
        Numbers, (n, rows, columns), n at least 1; by "training" and the like.
    on_note
        Called with a sentence for each thing that was changed.

    Returns
    -------
    list of ndarray
        uint8, C order, 0 (background) to 255 (ink). Images that are so already are not changed.

    Raises
    ------
    DatasetError
        If pixels are neither 0 to 1 nor 0 to 255, or the parts disagree.
    """
    highest = {part: _highest(part, images) for part, images in parts.items()}
    high = max(highest.values())
    if min(highest.values()) < _MIN_HIGHEST <= high:
        raise DatasetError(f"pixels are from 0 to {_each(highest)}: bring all images to 0 to 255")
    scale = 255 / max(high, 1) if high < _MIN_HIGHEST else 1
    if scale > 1:
        on_note(f"pixels are from 0 to {high:g} instead of 255: they are stretched")
    rims = {part: scale * _background(images) for part, images in parts.items()}
    are_light = {rim > _MIN_LIGHT for rim in rims.values()}
    if len(are_light) > 1:
        raise DatasetError(f"the background has brightness {_each(rims)}: invert some of them")
    if True in are_light:
        on_note(f"images are dark on light (background {_each(rims)}): they are inverted")
    return [_to_bytes(images, scale, True in are_light) for images in parts.values()]


def findings(
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    classes: Sequence[str],
) -> Iterator[str]:
    """Look for what makes training fail, or its accuracy worth little.

    Parameters
    ----------
    train_images, test_images
        uint8, (n, rows, columns), n at least 1.
    train_labels, test_labels
        Class indices, uint8, (n,).
    classes
        Names of the classes.

    Yields
    ------
    str
        A sentence with numbers for each thing that was found.
    """
    high = max(train_images.max(), test_images.max())
    if high < _MIN_HIGHEST:
        yield f"pixels are from 0 to {high} instead of 255: a network learns little from them"
    if (rim := _background(train_images)) > _MAX_DARK:
        yield (
            f"the background of the training images has brightness {rim:.0f} of 255: a network"
            " learns best from light ink on 0, as `stages.gather` makes it of pictures"
        )
    digests = {"training": _digests(train_images), "test": _digests(test_images)}
    n_images = {"training": len(train_labels), "test": len(test_labels)}
    for split, found in digests.items():
        if n_blank := n_images[split] - len(found):
            yield f"{n_blank:,} of {n_images[split]:,} {split} images are blank: delete them"
    known = set(digests["training"])
    if n_known := sum(digest in known for digest in digests["test"]):
        yield (
            f"{n_known:,} of {n_images['test']:,} test images are among the training images too:"
            " the accuracy will be too good"
        )
    n_train, n_test = (
        np.bincount(labels, minlength=len(classes)) for labels in (train_labels, test_labels)
    )
    if (n_train == 0).any():
        yield f"classes without training images: {_counted(classes, n_test, n_train == 0)} in test"
    if (n_test == 0).any():
        yield f"classes without test images: {_counted(classes, n_train, n_test == 0)} in training"
    is_few = (n_train > 0) & (_FEW * n_train < n_train.max())
    if is_few.any():
        yield (
            f"classes with few training images, where another has {n_train.max():,}:"
            f" {_counted(classes, n_train, is_few)}: add some, or they may never be predicted"
        )
    n_runs = 1 + np.count_nonzero(np.diff(train_labels))
    if 1 < n_runs == np.count_nonzero(n_train) < len(train_labels):
        n_last = len(np.unique(train_labels[-(len(train_labels) // 10) - 1 :]))
        yield (
            f"the training images are sorted by class: the last tenth has {n_last} of"
            f" {len(classes)} classes"
        )


def _as_numbers(labels: np.ndarray) -> np.ndarray:
    """Convert text that holds whole numbers, all of it, to int64."""
    try:
        return labels.astype(np.int64)
    except ValueError:
        return labels


def _check_start(values: Mapping[str, np.ndarray]) -> None:
    """Refuse labels that are counted from another number in another part."""
    first, *rest = values.values()
    for other in rest:
        if len(first) == len(other) and np.ptp(first - other) == 0 and first[0] != other[0]:
            counts = " and ".join(f"{_ranges(labels)} in {part}" for part, labels in values.items())
            raise DatasetError(f"labels are {counts}: count them from the same number in both")


def _ranges(values: np.ndarray) -> str:
    """Describe sorted whole numbers, as in "0 to 4, 25 to 29"."""
    runs = np.split(values, np.flatnonzero(np.diff(values) != 1) + 1)
    return _listed([f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs])


def _counted(classes: Sequence[str], numbers: np.ndarray, mask: np.ndarray) -> str:
    pairs = zip(classes, numbers, mask, strict=True)
    return _listed([f"{name} ({number:,})" for name, number, is_listed in pairs if is_listed])


def _listed(items: Sequence[str]) -> str:
    rest = [f"{len(items) - _MAX_LISTED} more"] if len(items) > _MAX_LISTED else []
    return ", ".join([*items[:_MAX_LISTED], *rest])


def _each(values: Mapping[str, float]) -> str:
    return ", ".join(f"{value:.3g} in the {part} images" for part, value in values.items())


def _highest(part: str, images: np.ndarray) -> float:
    low, high = images.min(), images.max()
    if not 0 <= low <= high <= 255 or high == 0:  # false for NaN too
        raise DatasetError(
            f"the {part} images have pixels from {low:g} to {high:g}, but images are from 0 to 255,"
            " or from 0 to 1"
        )
    return float(high)


def _background(images: np.ndarray) -> float:
    """Measure how light the background is: the median of the pixels at the rims."""
    some = images[:: -(-len(images) // _N_MEASURED)]
    rims = [some[:, [0, -1]].reshape(len(some), -1), some[:, :, [0, -1]].reshape(len(some), -1)]
    return float(np.median(np.concatenate(rims, axis=1)))


def _to_bytes(images: np.ndarray, scale: float, is_inverted: bool) -> np.ndarray:
    if images.dtype == np.uint8 and scale == 1 and not is_inverted:
        return np.ascontiguousarray(images)
    inked = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _BLOCK):
        block = np.rint(scale * images[start : start + _BLOCK].astype(np.float32))
        inked[start : start + _BLOCK] = 255 - block if is_inverted else block
    return inked


def _digests(images: np.ndarray) -> list[bytes]:
    """Hash the images that are not blank."""
    digests = []
    for start in range(0, len(images), _BLOCK):
        block = np.asarray(images[start : start + _BLOCK]).reshape(-1, images[0].size)
        drawn = block[(block != block[:, :1]).any(axis=1)]
        digests += [blake2b(image, digest_size=16).digest() for image in drawn]
    return digests
