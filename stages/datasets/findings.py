"""Findings: what a dataset has that makes training fail, or its accuracy worth little."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from stages.datasets.images import BLOCK, MIN_HIGHEST, background
from stages.datasets.labels import listed

# Brightness of a background that a network learns well from.
_MAX_DARK = 64
# A class has few images if the largest has more than this many times as many.
_FEW = 10


def findings(
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    classes: Sequence[str],
) -> Iterator[str]:
    """Yield a sentence for each thing that makes training fail, or its accuracy worth little.

    Images are uint8, (n, rows, columns), n at least 1, labels class indices, uint8, (n,).
    """
    yield from _of_images(train_images, test_images)
    n_train, n_test = (
        np.bincount(labels, minlength=len(classes)) for labels in (train_labels, test_labels)
    )

    def counted(numbers: np.ndarray, mask: np.ndarray) -> str:
        indices = np.flatnonzero(mask).tolist()
        return listed([f"{classes[index]} ({numbers[index]:,})" for index in indices])

    if (n_train == 0).any():
        yield f"classes without training images: {counted(n_test, n_train == 0)} in test"
    if (n_test == 0).any():
        yield f"classes without test images: {counted(n_train, n_test == 0)} in training"
    is_few = (n_train > 0) & (_FEW * n_train < n_train.max())
    if is_few.any():
        yield (
            f"classes with few training images, where another has {n_train.max():,}:"
            f" {counted(n_train, is_few)}: add some, or they may never be predicted"
        )


def _of_images(train_images: np.ndarray, test_images: np.ndarray) -> Iterator[str]:
    high = max(train_images.max(), test_images.max())
    if high < MIN_HIGHEST:
        yield f"pixels are from 0 to {high} instead of 255: a network learns little from them"
    if (rim := background(train_images)) > _MAX_DARK:
        yield (
            f"the background of the training images has brightness {rim:.0f} of 255, but a network"
            " learns best from light ink on 0: subtract the background, or gather the images as"
            " pictures, of which it is removed"
        )
    known: set[bytes] = set()
    for split, images in (("training", train_images), ("test", test_images)):
        digests = _digests(images)
        if n_blank := len(images) - len(digests):
            yield f"{n_blank:,} of {len(images):,} {split} images are blank: delete them"
        if n_known := sum(digest in known for digest in digests):
            yield (
                f"{n_known:,} of {len(images):,} test images are among the training images too:"
                " the accuracy will be too good"
            )
        known = set(digests)


def _digests(images: np.ndarray) -> list[bytes]:
    """Hash the images that are not blank."""
    digests = []
    for start in range(0, len(images), BLOCK):
        block = np.asarray(images[start : start + BLOCK]).reshape(-1, images[0].size)
        drawn = block[(block != block[:, :1]).any(axis=1)]
        digests += [blake2b(image, digest_size=16).digest() for image in drawn]
    return digests
