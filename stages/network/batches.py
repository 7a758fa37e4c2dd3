"""Batches: images in random order, augmented, as the network takes them."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from stages.network.activations import Floats
from stages.network.augmentation import NO_AUGMENTATION, Augmentation

# Images that are shuffled together, and those of them that are neighbours in the file. Up to
# SHUFFLE_BUFFER images are all shuffled together; of more, a buffer is filled with blocks from all
# over the file, which keeps reading local: images may stay on disk.
SHUFFLE_BUFFER = 1 << 16
BLOCK = 1 << 10


def shuffled_indices(n_images: int, shuffle_rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the indices of all images in random order, a shuffle buffer at a time.

    Parameters
    ----------
    n_images
        Number of images.
    shuffle_rng
        Generator of the order.

    Yields
    ------
    ndarray
        int64, at most `SHUFFLE_BUFFER` long; each index below `n_images` once.
    """
    if n_images <= SHUFFLE_BUFFER:
        yield shuffle_rng.permutation(n_images)
        return
    starts = shuffle_rng.permutation(np.arange(0, n_images, BLOCK))
    n_blocks = SHUFFLE_BUFFER // BLOCK
    for first in range(0, len(starts), n_blocks):
        indices = np.add.outer(starts[first : first + n_blocks], np.arange(BLOCK)).ravel()
        yield shuffle_rng.permutation(indices[indices < n_images])


def iterate_batches(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    shuffle_rng: np.random.Generator,
    augmentation_rng: np.random.Generator,
    augmentation: Augmentation = NO_AUGMENTATION,
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
        How far images are transformed.
    skip
        Number of batches, the first, to leave out.

    Yields
    ------
    inputs : ndarray
        float32, (batch_size, rows * columns), 0 to 1; written again for the next batch.
    labels : ndarray
        int64, (batch_size,).
    """
    # A plain view: a memory map would be asked for its file at every slice.
    images = np.asarray(images)
    batch_images = np.empty((min(batch_size, len(images)), *images.shape[1:]), np.uint8)
    inputs: Floats = np.empty((len(batch_images), images[0].size), np.float32)
    order = _rebatch(shuffled_indices(len(images), shuffle_rng), batch_size)
    for indices in islice(order, skip, None):
        n = len(indices)
        # Into memory that exists, where `images[indices]` would allocate. "clip" lets NumPy do
        # without a buffer; no index is out of range.
        images.take(indices, axis=0, out=batch_images[:n], mode="clip")
        if augmentation:
            augmentation.apply(batch_images[:n], augmentation_rng, out=inputs[:n])
        else:
            to_inputs(batch_images[:n], out=inputs[:n])
        yield inputs[:n], labels[indices].astype(np.int64)


def to_inputs(images: np.ndarray, out: Floats | None = None) -> Floats:
    """Return images, uint8 (n, rows, columns), as inputs, float32 (n, pixels), 0 to 1."""
    pixels = images.reshape(len(images), -1)
    inputs: Floats = np.multiply(pixels, np.float32(1 / 255), out=out, dtype=np.float32)
    return inputs


def _rebatch(buffers: Iterator[np.ndarray], batch_size: int) -> Iterator[np.ndarray]:
    """Cut buffers into batches; what is left of one goes before the next."""
    rest = np.empty(0, np.int64)
    for buffer in buffers:
        indices = np.concatenate([rest, buffer])
        n_whole = len(indices) - len(indices) % batch_size
        yield from indices[:n_whole].reshape(-1, batch_size)
        rest = indices[n_whole:]
    if len(rest):
        yield rest
