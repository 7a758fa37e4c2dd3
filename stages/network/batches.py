"""Batches: images in random order, brought to the form that a network takes."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from stages.network.activations import Floats
from stages.network.augmentation import NO_AUGMENTATION, Augmentation

# Images that are shuffled together, and how many of them stand side by side in the file. Where
# there are no more than a window, all are shuffled; where there are more, a window of pieces from
# all over the file keeps reading local, so that images may stay on the disk.
WINDOW = 1 << 16
PIECE = 1 << 10


def shuffled(count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the numbers of all images in random order, a window at a time.

    Parameters
    ----------
    count
        How many images there are.
    rng
        Where the order comes from.

    Yields
    ------
    ndarray
        int64, at most `WINDOW` long; each number below `count` comes once.
    """
    if count <= WINDOW:
        yield rng.permutation(count)
        return
    starts = rng.permutation(np.arange(0, count, PIECE))
    pieces = WINDOW // PIECE
    for first in range(0, len(starts), pieces):
        window = np.add.outer(starts[first : first + pieces], np.arange(PIECE)).ravel()
        yield rng.permutation(window[window < count])


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    size: int,
    order: np.random.Generator,
    bends: np.random.Generator,
    deformation: Augmentation = NO_AUGMENTATION,
    skip: int = 0,
) -> Iterator[tuple[Floats, np.ndarray]]:
    """Yield all images once, in random order.

    What is drawn from `bends` for a batch is drawn when that batch is asked for, not before: so
    its state after a batch, with the number of batches to `skip`, is enough to go on from there.

    Parameters
    ----------
    images
        uint8, (n, rows, columns); never held as floats but for one batch.
    labels
        uint8, (n,).
    size
        Images a batch; the last may have fewer.
    order
        Where the order comes from.
    bends
        Where the deformations come from.
    deformation
        How far the images are deformed.
    skip
        How many batches, the first, to leave out.

    Yields
    ------
    pixels : ndarray
        float32, (size, rows * columns + 1), 0 to 1, the last column 1. The same memory each time:
        use it before the next.
    labels : ndarray
        int64, (size,).
    """
    # A plain view: a memory map would be asked for its file at every slice.
    images = np.asarray(images)
    size = min(size, len(images))
    gathered = np.empty((size, *images.shape[1:]), np.uint8)
    pixels = np.ones((size, images[0].size + 1), np.float32)
    for chosen in islice(_cut(shuffled(len(images), order), size), skip, None):
        count = len(chosen)
        # Straight into memory that is there, where `images[chosen] / 255` would ask for new.
        # "clip" lets NumPy do without a buffer; no number is out of range.
        images.take(chosen, axis=0, out=gathered[:count], mode="clip")
        deformation.apply(gathered[:count], bends, out=pixels[:count, :-1])
        yield pixels[:count], labels[chosen].astype(np.int64)


def _cut(windows: Iterator[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Cut windows into pieces of a size; what is left of one goes before the next."""
    rest = np.empty(0, np.int64)
    for window in windows:
        order = np.concatenate([rest, window])
        whole = len(order) - len(order) % size
        yield from order[:whole].reshape(-1, size)
        rest = order[whole:]
    if len(rest):
        yield rest
