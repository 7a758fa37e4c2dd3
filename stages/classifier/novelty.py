"""Novelty: whether an image is unlike all that a network has learnt from, such as a scribble.

A network must name a class for whatever it sees, often with high confidence. So a function of the
pixels is fitted that tells training images from outliers: outlier exposure (Hendrycks, Mazeika,
Dietterich, "Deep anomaly detection with outlier exposure", 2019). The outliers are made of the
training images themselves, distorted, overlaid or joined, so that no other images are needed. The
function is quadratic in the first principal components, fitted by ridge regression.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stages.network.activations import Floats
from stages.network.augmentation import Augmentation
from stages.network.batches import to_inputs

# Largest fraction of the validation images that may count as novel.
MAX_NOVEL_FRACTION = 0.01
# How far the limit is above the score it is taken from. Rounding, which depends on the processor,
# changes scores by less; scores are about -1 for training images, 1 for outliers.
_MARGIN = 1e-3
# More are no better. With few images there are fewer components: about half their square are the
# weights to fit, and more weights than a quarter of the images would overfit.
_MAX_COMPONENTS = 40
# Training images that are used, the first ones; more are no better, and take time.
_MAX_IMAGES = 10_000
# Images whose products of components are in memory at the same time.
_BLOCK_IMAGES = 1000
# Pixels of an MNIST image. Fewer images are used where they are larger: pixels are the limit.
_PIXELS = 28 * 28
_RIDGE = 1e-4
# Smallest variance of a component: it avoids division by 0 where all images are alike.
_MIN_VARIANCE = 1e-6
_DISTORTION = Augmentation(rotation=180, scale=0.2, shear=0.3, elastic=5)


@dataclass(frozen=True)
class Novelty:
    """A score of images, above a limit for those that are novel.

    Attributes
    ----------
    components
        float32, (k, pixels + 1): the first k principal components, each divided by its standard
        deviation; the last column is for a constant input of 1, as in a layer.
    quadratic
        float32, (k + 1, k + 1): the score is the quadratic form of the component values and 1.
    limit
        Images with a higher score are novel.
    """

    components: Floats
    quadratic: Floats
    limit: float

    def scores(self, images: np.ndarray) -> Floats:
        """Compute the score, float32 (n,), of images, uint8 (n, rows, columns)."""
        scores = np.empty(len(images), np.float32)
        for block in _blocks(images):
            values = _component_values(self.components, images[block])
            scores[block] = ((values @ self.quadratic) * values).sum(axis=1)
        return scores

    def is_novel(self, images: np.ndarray) -> np.ndarray:
        """Tell, bool (n,), which of the images, uint8 (n, rows, columns), are novel."""
        novel: np.ndarray = self.scores(images) > self.limit
        return novel


def fit(
    images: np.ndarray, validation_images: np.ndarray | None, rng: np.random.Generator
) -> Novelty | None:
    """Fit the score on training images, and its limit on validation images.

    The limit is the smallest above which no more than `MAX_NOVEL_FRACTION` of the validation
    images are. So small a fraction needs many images: with less than one above it, none is fitted.

    Parameters
    ----------
    images
        Training images, uint8, (n, rows, columns).
    validation_images
        The same; without them, the last tenth of the training images.
    rng
        Generator of the outliers.

    Returns
    -------
    Novelty or None
        None with fewer than 1 / `MAX_NOVEL_FRACTION` validation images.
    """
    if validation_images is None:
        images, validation_images = np.split(images, [len(images) * 9 // 10])
    n_novel = int(MAX_NOVEL_FRACTION * len(validation_images))
    if n_novel == 0:
        return None
    images = images[: no_more_pixels(_MAX_IMAGES, images)]
    components = _principal_components(images, rng)
    weights = _ridge_regression(components, images, _outliers(images, rng))
    quadratic = np.zeros(2 * (len(components) + 1,), np.float32)
    quadratic[np.triu_indices(len(quadratic))] = weights
    scores = np.sort(Novelty(components, quadratic, np.inf).scores(validation_images))
    return Novelty(components, quadratic, float(scores[-1 - n_novel] + _MARGIN))


def no_more_pixels(n_images: int, images: np.ndarray) -> int:
    """Return how many of the images have no more pixels than a number of MNIST's; at least 1."""
    return max(1, n_images * _PIXELS // max(_PIXELS, math.prod(images.shape[1:])))


def _blocks(images: np.ndarray) -> Iterator[slice]:
    n_images = no_more_pixels(_BLOCK_IMAGES, images)
    for start in range(0, len(images), n_images):
        yield slice(start, start + n_images)


def _component_values(components: Floats, images: np.ndarray) -> Floats:
    """Compute the values of the components, and 1: float32, (n, k + 1)."""
    values: Floats = np.ones((len(images), len(components) + 1), np.float32)
    values[:, :-1] = to_inputs(images) @ components[:, :-1].T + components[:, -1]
    return values


def _principal_components(images: np.ndarray, rng: np.random.Generator) -> Floats:
    """Find the components by subspace iteration from a random start (Halko and others, 2011)."""
    flat = to_inputs(images)
    mean = flat.mean(axis=0)
    flat -= mean
    n_components = min(_MAX_COMPONENTS, max(1, math.isqrt(len(images) // 2)))
    basis = rng.standard_normal((flat.shape[1], n_components + 10), np.float32)
    for _ in range(4):
        basis, _ = np.linalg.qr(flat.T @ (flat @ basis))
    values = flat @ basis
    variances, rotation = np.linalg.eigh(values.T @ values / np.float32(len(images)))
    largest = slice(-n_components, None)
    stds = np.sqrt(np.maximum(variances[largest], _MIN_VARIANCE))
    components = (basis @ rotation[:, largest] / stds).T
    return np.column_stack([components, -components @ mean])


def augment(images: np.ndarray, augmentation: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Transform images, uint8 (n, rows, columns), to images of the same type and shape."""
    pixels = augmentation.apply(images, rng)
    augmented: np.ndarray = np.rint(255 * pixels.reshape(images.shape)).astype(np.uint8)
    return augmented


def _outliers(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make as many outliers as there are images: distorted, overlaid, joined, and lone bars."""
    outliers = augment(images, _DISTORTION, rng)
    others = images[rng.permutation(len(images))]
    kinds = rng.integers(13, size=len(images)) // 2  # 0 and 1 stay distorted; the fewest are bars
    rows, columns = images.shape[1:]
    overlaid = (kinds == 2) | (kinds == 3)
    outliers[overlaid] = np.maximum(outliers, others)[overlaid]
    top, left = np.arange(rows)[:, None] < rows // 2, np.arange(columns) < columns // 2
    outliers[kinds == 4] = np.where(top, images, others)[kinds == 4]
    outliers[kinds == 5] = np.where(left, images, others)[kinds == 5]
    outliers[kinds == 6] = _bars(int((kinds == 6).sum()), rows, columns, rng)
    return _moved_to_centres_of(images, outliers)


def _bars(n_images: int, rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a straight bar in each image, rather level than upright: a piece of a broken digit."""
    angles = np.deg2rad(rng.uniform(-45, 45, (n_images, 1, 1)))
    lengths = rng.uniform(0.5, 0.75, (n_images, 1, 1)) * columns
    widths = rng.uniform(0.05, 0.25, (n_images, 1, 1)) * rows
    y, x = np.arange(rows)[:, None] - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2
    along, across = x * np.cos(angles) + y * np.sin(angles), y * np.cos(angles) - x * np.sin(angles)
    ends, sides = (
        np.clip(size / 2 + 0.5 - np.abs(distance), 0, 1)
        for size, distance in ((lengths, along), (widths, across))
    )
    return np.rint(255 * ends * sides).astype(np.uint8)


def _moved_to_centres_of(images: np.ndarray, outliers: np.ndarray) -> np.ndarray:
    """Move outliers by whole pixels to the centres of mass of images: place must not tell them."""
    rows, columns = images.shape[1:]
    shifts = np.rint(_centres_of_mass(images) - _centres_of_mass(outliers)).astype(int)
    row_indices = (np.arange(rows) - shifts[:, :1]) % rows
    column_indices = (np.arange(columns) - shifts[:, 1:]) % columns
    numbers = np.arange(len(images))[:, None, None]
    moved: np.ndarray = outliers[numbers, row_indices[:, :, None], column_indices[:, None, :]]
    return moved


def _centres_of_mass(images: np.ndarray) -> np.ndarray:
    """Compute row and column of each centre of mass, (n, 2)."""
    by_row, by_column = images.sum(axis=2, dtype=float), images.sum(axis=1, dtype=float)
    mass = np.maximum(by_row.sum(axis=1), 1)
    rows, columns = (sums @ np.arange(sums.shape[1]) / mass for sums in (by_row, by_column))
    return np.column_stack([rows, columns])


def _ridge_regression(components: Floats, images: np.ndarray, outliers: np.ndarray) -> Floats:
    """Fit the products of component values to -1 for images and 1 for outliers."""
    upper = np.triu_indices(len(components) + 1)
    gram = np.zeros(2 * (len(upper[0]),))
    moments = np.zeros(len(upper[0]))
    for target, source in ((-1, images), (1, outliers)):
        for block in _blocks(source):
            values = _component_values(components, source[block])
            products = (values[:, :, None] * values[:, None, :])[:, upper[0], upper[1]]
            gram += products.T @ products
            moments += target * products.sum(axis=0)
    gram[np.diag_indices_from(gram)] *= 1 + _RIDGE
    gram[np.diag_indices_from(gram)] += _RIDGE
    return np.asarray(np.linalg.solve(gram, moments), np.float32)
