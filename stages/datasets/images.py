"""Images: what they can be, and how any others become light ink on black."""

from collections.abc import Callable, Mapping

import numpy as np

from stages.datasets.errors import DatasetError

BLOCK = 4096  # images looked at together
# If no pixel reaches this, all are stretched.
MIN_HIGHEST = 128
# Brightness of a background from which on images are inverted.
_MIN_LIGHT = 192
_N_MEASURED = 10_000  # images that tell how light the background is


def check_pair(images: np.ndarray, images_name: str, labels: np.ndarray, labels_name: str) -> None:
    """Check that images are uint8, (n, rows, columns), n at least 1, and labels uint8, (n,)."""
    for array, name, n_dimensions, shape in (
        (images, images_name, 3, "(n, rows, columns)"),
        (labels, labels_name, 1, "(n,)"),
    ):
        is_right = array.ndim == n_dimensions and array.dtype == np.uint8
        if not is_right or not array.flags.c_contiguous:
            raise DatasetError(
                f"{name}: holds {array.dtype} in {array.ndim} dimensions, but must hold uint8 of"
                f" shape {shape}, in C order"
            )
    check_sizes(images, images_name, labels, labels_name)


def check_sizes(images: np.ndarray, images_name: str, labels: np.ndarray, labels_name: str) -> None:
    """Check that there are images, (n, rows, columns), and as many labels, (n,)."""
    if images.size == 0:
        raise DatasetError(f"{images_name}: holds no images, or images without pixels")
    if len(images) != len(labels):
        raise DatasetError(
            f"{labels_name}: holds {len(labels)} labels, but {images_name} holds {len(images)}"
            " images: the two belong to different datasets"
        )


def check_same_shape(train_images: np.ndarray, split: str, images: np.ndarray) -> None:
    """Check that the images of a split have as many rows and columns as the training images."""
    train, other = (" x ".join(map(str, array.shape[1:])) for array in (train_images, images))
    if train != other:
        raise DatasetError(
            f"training images have {train} pixels, but {split} images {other}: they belong to"
            " different datasets, or one of the two was scaled"
        )


def to_ink(parts: Mapping[str, np.ndarray], on_note: Callable[[str], object]) -> list[np.ndarray]:
    """Bring images to uint8, C order, 0 (background) to 255 (ink), all in the same way.

    `parts` are numbers, (n, rows, columns), n at least 1, by "training" and the like. `on_note` is
    called with a sentence for each thing that was changed.

    Raises
    ------
    DatasetError
        If pixels are neither 0 to 1 nor 0 to 255, or the parts disagree.
    """
    highest = {part: _highest(part, images) for part, images in parts.items()}
    high = max(highest.values())
    if min(highest.values()) < MIN_HIGHEST <= high:
        raise DatasetError(f"pixels are from 0 to {_each(highest)}: bring all images to 0 to 255")
    scale = 255 / max(high, 1) if high < MIN_HIGHEST else 1
    if scale > 1:
        on_note(f"pixels are from 0 to {high:g} instead of 255: they are stretched")
    rims = {part: scale * background(images) for part, images in parts.items()}
    are_light = {rim >= _MIN_LIGHT for rim in rims.values()}
    if len(are_light) > 1:
        raise DatasetError(f"the background has brightness {_each(rims)}: invert some of them")
    if True in are_light:
        on_note(f"images are dark on light (background {_each(rims)}): they are inverted")
    return [_to_bytes(images, scale, True in are_light) for images in parts.values()]


def background(images: np.ndarray) -> float:
    """Measure how light the background is: the median of the pixels at the rims."""
    some = images[:: -(-len(images) // _N_MEASURED)]
    rims = [some[:, [0, -1]].reshape(len(some), -1), some[:, :, [0, -1]].reshape(len(some), -1)]
    return float(np.median(np.concatenate(rims, axis=1)))


def _highest(part: str, images: np.ndarray) -> float:
    low, high = images.min(), images.max()
    if not 0 <= low <= high <= 255 or high == 0:  # false for NaN too
        raise DatasetError(
            f"the {part} images have pixels from {low:g} to {high:g}, but images are from 0 to 255,"
            " or from 0 to 1"
        )
    return float(high)


def _each(values: Mapping[str, float]) -> str:
    return ", ".join(f"{value:.3g} in the {part} images" for part, value in values.items())


def _to_bytes(images: np.ndarray, scale: float, is_inverted: bool) -> np.ndarray:
    if images.dtype == np.uint8 and scale == 1 and not is_inverted:
        return np.ascontiguousarray(images)
    inked = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BLOCK):
        block = np.rint(scale * images[start : start + BLOCK].astype(np.float32))
        inked[start : start + BLOCK] = 255 - block if is_inverted else block
    return inked
