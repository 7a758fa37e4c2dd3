"""Batches: images in random order, augmented, as the network takes them."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from stages.network.activations import Floats
from stages.network.augmentation import Augmentation

# Size of the shuffle buffer, and of the blocks of neighbouring images that fill it. Up to
# SHUFFLE_BUFFER images are all shuffled together; of more, a buffer is filled with blocks from all
# over the file, which keeps reading local: images may stay on disk.
SHUFFLE_BUFFER = 1 << 16
BLOCK = 1 << 10


def shuffled_batches(
    n_images: int, batch_size: int, shuffle_rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the indices of all images in random order, a batch at a time.

    Parameters
    ----------
    n_images
        Number of images.
    batch_size
        Indices of a batch; the last one may be smaller.
    shuffle_rng
        Generator of the order.

    Yields
    ------
    ndarray
        int64, (batch_size,); each index below `n_images` comes once.
    """
    starts = np.arange(0, n_images, BLOCK)
    if n_images > SHUFFLE_BUFFER:
        starts = shuffle_rng.permutation(starts)
    n_blocks = SHUFFLE_BUFFER // BLOCK
    rest = np.empty(0, np.int64)
    for first in range(0, len(starts), n_blocks):
        indices = np.add.outer(starts[first : first + n_blocks], np.arange(BLOCK)).ravel()
        shuffled = shuffle_rng.permutation(indices[indices < n_images])
        indices = np.concatenate([rest, shuffled])
        n_whole = len(indices) - len(indices) % batch_size
        yield from indices[:n_whole].reshape(-1, batch_size)
        rest = indices[n_whole:]
    if len(rest):
        yield rest


def iterate_batches(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    shuffle_rng: np.random.Generator,
    augmentation_rng: np.random.Generator,
    augmentation: Augmentation | None = None,
    skip: int = 0,
) -> Iterator[tuple[Floats, np.ndarray]]:
    """Yield all images once, in random order, a batch at a time.

    The augmentation of a batch is drawn when that batch is asked for, and not before: the state of
    `augmentation_rng` after a batch, and the number of batches to skip, are enough to resume.

    Parameters
    ----------
    images
        uint8, (n, rows, columns); never held as floats but for one batch.
    labels
        uint8, (n,).
    batch_size
        Images of a batch; the last one may be smaller.
    shuffle_rng
        Generator of the order.
    augmentation_rng
        Generator of the augmentation.
    augmentation
        How far images are transformed, if they are.
    skip
        Number of batches, the first, to leave out.

    Yields
    ------
    inputs : ndarray
        float32, (batch_size, rows * columns), 0 to 1.
    labels : ndarray
        int64, (batch_size,).
    """
    images = np.asarray(images)  # a memory map would be asked for its file at every slice
    for indices in islice(shuffled_batches(len(images), batch_size, shuffle_rng), skip, None):
        if augmentation:
            inputs = augmentation.apply(images[indices], augmentation_rng, labels[indices])
        else:
            inputs = to_inputs(images[indices])
        yield inputs, labels[indices].astype(np.int64)


def to_inputs(images: np.ndarray) -> Floats:
    """Return images, uint8 (n, rows, columns), as inputs, float32 (n, pixels), 0 to 1."""
    pixels = images.reshape(len(images), -1)
    inputs: Floats = np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)
    return inputs
