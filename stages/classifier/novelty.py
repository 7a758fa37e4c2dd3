"""Novelty: whether an image is unlike all that a network has learnt from, such as a scribble.

A network must name a class for whatever it sees, often with high confidence. So a function of the
pixels is fitted that tells training images from outliers: outlier exposure (Hendrycks, Mazeika,
Dietterich, "Deep anomaly detection with outlier exposure", 2019). The outliers are made of the
training images themselves, distorted, overlaid or joined, so that no other images are needed. The
function is quadratic in the first principal components, fitted by ridge regression.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stages.network.activations import Floats
from stages.network.augmentation import Augmentation
from stages.network.batches import to_inputs
from stages.training.split import Data

# Fraction, at most, of the images that the limit is fitted on, which are novel.
MAX_NOVEL_FRACTION = 0.01
_N_COMPONENTS = 40
# Training images that are used, the first ones; more are no better, and take time.
_MAX_IMAGES = 10_000
# To fewer, augmented copies are added: on the 1,300 bundled digits alone the score overfits, and
# 40 % of the digits that are drawn on the demo page are novel.
_MIN_IMAGES = 5_000
_COPIES = Augmentation(shift=1, rotation=15, scale=0.2, shear=0.3, elastic=2.5)
_RIDGE = 1e-4
# Components with less variance, of 1 a pixel, are those of images that are all alike.
_MIN_VARIANCE = 1e-6
# Images whose products of components are in memory at the same time.
_BLOCK = 1000
_DISTORTION = Augmentation(rotation=180, scale=0.2, shear=0.3, elastic=5)


@dataclass(frozen=True)
class Novelty:
    """A score of images, above 0 for those that are novel.

    Attributes
    ----------
    components
        float32, (k, pixels + 1): the first k principal components, each divided by its standard
        deviation; the last column is for a constant input of 1, as in a layer.
    quadratic
        float32, (k + 1, k + 1): the score is the quadratic form of the component values and 1.
    """

    components: Floats
    quadratic: Floats

    def scores(self, images: np.ndarray) -> Floats:
        """Compute the score, float32 (n,), of images, uint8 (n, rows, columns)."""
        scores = np.empty(len(images), np.float32)
        for start in range(0, len(images), _BLOCK):
            values = _component_values(self.components, images[start : start + _BLOCK])
            scores[start : start + _BLOCK] = ((values @ self.quadratic) * values).sum(axis=1)
        return scores

    def is_novel(self, images: np.ndarray) -> np.ndarray:
        """Tell, bool (n,), which of the images, uint8 (n, rows, columns), are novel."""
        novel: np.ndarray = self.scores(images) > 0
        return novel


def fit(data: Data, validation: Data | None, rng: np.random.Generator) -> Novelty:
    """Fit the score on training images, and its limit on validation images.

    The limit is the smallest above which no more than `MAX_NOVEL_FRACTION` of the images are.

    Parameters
    ----------
    data, validation
        Training and validation images; without validation images the limit is that of the
        training images.
    rng
        Generator of the outliers, and of augmented copies.
    """
    originals = np.asarray(data.images[:_MAX_IMAGES])
    images = _with_copies(originals, rng)
    components = _principal_components(images, rng)
    weights = _ridge_regression(components, images, _outliers(images, rng))
    quadratic = np.zeros(2 * (len(components) + 1,), np.float32)
    quadratic[np.triu_indices(len(quadratic))] = weights
    novelty = Novelty(components, quadratic)
    scores = np.sort(novelty.scores(validation.images if validation else originals))
    quadratic[-1, -1] -= scores[-1 - int(MAX_NOVEL_FRACTION * len(scores))]
    return novelty


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
    basis = rng.standard_normal((flat.shape[1], _N_COMPONENTS + 10), np.float32)
    for _ in range(4):
        basis, _ = np.linalg.qr(flat.T @ (flat @ basis))
    values = flat @ basis
    variances, rotation = np.linalg.eigh(values.T @ values / np.float32(len(images)))
    largest = slice(-_N_COMPONENTS, None)
    stds = np.sqrt(np.maximum(variances[largest], _MIN_VARIANCE))
    components = (basis @ rotation[:, largest] / stds).T
    return np.column_stack([components, -components @ mean])


def _with_copies(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add augmented copies until there are `_MIN_IMAGES`."""
    if len(images) >= _MIN_IMAGES:
        return images
    copies = images[np.arange(len(images), _MIN_IMAGES) % len(images)]
    return np.concatenate([images, _augment(copies, _COPIES, rng)])


def _augment(
    images: np.ndarray, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Transform images, uint8 (n, rows, columns), to images of the same type and shape."""
    pixels: Floats = np.empty((len(images), images[0].size), np.float32)
    augmentation.apply(images, rng, pixels)
    augmented: np.ndarray = np.rint(255 * pixels.reshape(images.shape)).astype(np.uint8)
    return augmented


def _outliers(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make as many outliers as there are images: a third each distorted, overlaid and joined."""
    outliers = _augment(images, _DISTORTION, rng)
    others = images[rng.permutation(len(images))]
    kinds = rng.integers(6, size=len(images))  # 0 and 1 stay distorted
    rows, columns = images.shape[1:]
    overlaid = (kinds == 2) | (kinds == 3)
    outliers[overlaid] = np.maximum(outliers, others)[overlaid]
    top, left = np.arange(rows)[:, None] < rows // 2, np.arange(columns) < columns // 2
    outliers[kinds == 4] = np.where(top, images, others)[kinds == 4]
    outliers[kinds == 5] = np.where(left, images, others)[kinds == 5]
    return _moved_to_centres_of(images, outliers)


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
    for target, block in _blocks(images, outliers):
        values = _component_values(components, block)
        products = (values[:, :, None] * values[:, None, :])[:, upper[0], upper[1]]
        gram += products.T @ products
        moments += target * products.sum(axis=0)
    gram[np.diag_indices_from(gram)] *= 1 + _RIDGE
    gram[np.diag_indices_from(gram)] += _RIDGE
    return np.asarray(np.linalg.solve(gram, moments), np.float32)


def _blocks(images: np.ndarray, outliers: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for target, source in ((-1, images), (1, outliers)):
        for start in range(0, len(source), _BLOCK):
            yield target, source[start : start + _BLOCK]
