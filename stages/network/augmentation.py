"""Data augmentation: training images are transformed at random, anew in each epoch.

Shift, rotation, scaling, shear and elastic distortion (Simard, Steinkraus and Platt, "Best
practices for convolutional neural networks applied to visual document analysis", 2003).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy  # its parts load when they are first used: scipy.sparse takes half a second

from stages.network.activations import Floats
from stages.network.strokes import add_strokes

# Images that share one transformation: one for each image would take many times as long to
# compute. Larger groups are cheaper still, and as good on MNIST, but not where data and batches are
# small (scikit-learn's digits, batches of 32, 40 epochs: 95.5 % with groups of 16, 94.8 % with 32).
GROUP_SIZE = 16
# Images that are transformed together. The arrays for more are so large that the C library gives
# their memory back to the system each time: 128 at once took twice as long for each.
CHUNK_SIZE = 4 * GROUP_SIZE
# Standard deviation, in pixels, of the Gaussian that smooths elastic distortions.
SIGMA = 4.0


@dataclass(frozen=True)
class Augmentation:
    """How far images are transformed, at most.

    Attributes
    ----------
    shift
        Pixels, along each axis.
    rotation
        Degrees, either way.
    scale
        Fraction, below 1, by which height and width, independently, grow or shrink.
    shear
        Fraction of the height by which the top moves against the bottom, either way.
    elastic
        Pixels: standard deviation of the displacement of each point, along each axis.
    flags
        Fraction of the ones and sevens that get a flag, a foot or a bar; for digits alone.
    """

    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    flags: float = 0.0

    def apply(
        self, images: np.ndarray, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> Floats:
        """Transform images, each group in its own way, and scale them to 0 to 1.

        Parameters
        ----------
        images
            uint8, (n, rows, columns); changed in place where flags are drawn.
        rng
            Generator of the transformations.
        labels
            (n,); without them no flags are drawn.

        Returns
        -------
        ndarray
            float32, (n, rows * columns).
        """
        if self.flags and labels is not None:
            add_strokes(images, labels, self.flags, rng)
        out: Floats = np.empty((len(images), images[0].size), np.float32)
        for start in range(0, len(images), CHUNK_SIZE):
            chunk = slice(start, start + CHUNK_SIZE)
            self._warp(images[chunk], rng, out[chunk])
        return out

    def _warp(self, images: np.ndarray, rng: np.random.Generator, out: Floats) -> None:
        n_images, rows, columns = images.shape
        n_groups = -(-n_images // GROUP_SIZE)
        # Pixel by pixel, each with the images of a group side by side: one product with a sparse
        # matrix, which holds what each pixel is mixed from, transforms them all. A border of one
        # pixel without ink stands for all beyond the edge.
        padded = np.zeros((n_groups, rows + 2, columns + 2, GROUP_SIZE), np.float32)
        for group in range(n_groups):
            group_images = images[group * GROUP_SIZE : (group + 1) * GROUP_SIZE]
            # Transposed as bytes first: a quarter of the memory traffic of floats.
            transposed = np.ascontiguousarray(group_images.reshape(len(group_images), -1).T)
            padded[group, 1:-1, 1:-1, : len(group_images)] = transposed.reshape(rows, columns, -1)
        warp = bilinear_matrix(*self.source_coordinates(n_groups, rows, columns, rng))
        warped = (warp @ padded.reshape(-1, GROUP_SIZE)).reshape(n_groups, -1, GROUP_SIZE)
        for group in range(n_groups):
            group_out = out[group * GROUP_SIZE : (group + 1) * GROUP_SIZE]
            group_out[:] = warped[group, :, : len(group_out)].T

    def source_coordinates(
        self, n_groups: int, rows: int, columns: int, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Draw at random where each pixel comes from.

        Returns
        -------
        tuple of ndarray
            Row and column in pixels, float32, each (n_groups, rows, columns).
        """
        y = np.arange(rows, dtype=np.float32)[:, None] - np.float32((rows - 1) / 2)
        x = np.arange(columns, dtype=np.float32) - np.float32((columns - 1) / 2)

        strengths = [self.rotation, self.shear, self.scale, self.scale, self.shift, self.shift]
        drawn = rng.uniform(-1, 1, (len(strengths), n_groups)) * np.array(strengths)[:, None]
        degrees, shear, scale_y, scale_x, shift_y, shift_x = drawn.astype(np.float32)[
            ..., None, None
        ]

        angle = np.deg2rad(degrees)
        sine, cosine = np.sin(angle), np.cos(angle)
        source_y = (1 + scale_y) * (cosine * y - sine * x)
        source_x = (1 + scale_x) * (sine * y + cosine * x) + shear * y
        source_y += shift_y + np.float32((rows - 1) / 2)
        source_x += shift_x + np.float32((columns - 1) / 2)
        if self.elastic:
            displacement = smooth_noise(2 * n_groups, rows, columns, rng)
            strength = rng.uniform(0, self.elastic, (n_groups, 1, 1)).astype(np.float32)
            source_y += strength * displacement[:n_groups]
            source_x += strength * displacement[n_groups:]
        return source_y, source_x


def smooth_noise(n_fields: int, rows: int, columns: int, rng: np.random.Generator) -> Floats:
    """Draw fields of normal noise of standard deviation 1, smooth over `SIGMA` pixels.

    Gaussians with random coefficients on a coarse grid: as smooth as white noise that is blurred,
    for a tenth of the random numbers.

    Returns
    -------
    ndarray
        float32, (n_fields, rows, columns).
    """
    basis_y, basis_x = _gaussian_basis(rows), _gaussian_basis(columns)
    coefficients = rng.standard_normal((n_fields, basis_y.shape[1], basis_x.shape[1]), np.float32)
    return np.asarray(basis_y @ coefficients @ basis_x.T, np.float32)


def _next_below(number: int) -> np.float32:
    return np.float32(np.nextafter(np.float32(number), np.float32(0)))


@cache
def _gaussian_basis(length: int) -> Floats:
    """Compute the Gaussians, (length, n_gaussians); at each place their squares sum to 1."""
    centres = np.arange(-2 * SIGMA, length + 2 * SIGMA, SIGMA)
    distance = np.subtract.outer(np.arange(length), centres) / SIGMA
    basis = np.exp(-(distance**2) / 2)
    basis /= np.sqrt((basis**2).sum(axis=1, keepdims=True))
    return np.asarray(basis, np.float32)


def bilinear_matrix(source_y: Floats, source_x: Floats) -> "scipy.sparse.csr_array":
    """Make the matrix that interpolates each pixel from the nearest four, and divides by 255.

    Parameters
    ----------
    source_y, source_x
        float32, (n_groups, rows, columns): where each pixel comes from.

    Returns
    -------
    csr_array
        float32, (n_groups * rows * columns, n_groups * (rows + 2) * (columns + 2)), four weights a
        row: the images that it multiplies have a border of one pixel.
    """
    n_groups, rows, columns = source_y.shape
    width = columns + 2
    # With the border, nothing lies outside.
    y = np.clip(source_y + 1, 0, _next_below(rows + 1))
    x = np.clip(source_x + 1, 0, _next_below(columns + 1))
    # Whole numbers, but kept as floats: NumPy is slow where types are mixed.
    top, left = np.floor(y), np.floor(x)
    y -= top
    x -= left

    # The four products of (1 - y, y) and (1 - x, x), of which one is computed and the others
    # follow by subtraction.
    scaled_y, scaled_x = y * np.float32(1 / 255), x * np.float32(1 / 255)
    weights = np.empty((*y.shape, 4), np.float32)
    bottom_right = scaled_y * x
    np.subtract(scaled_y, bottom_right, out=weights[..., 2])
    scaled_x -= bottom_right
    np.subtract(np.float32(1 / 255) - scaled_y, scaled_x, out=weights[..., 0])
    weights[..., 1] = scaled_x
    weights[..., 3] = bottom_right

    corner = top.astype(np.int32)
    corner *= width
    corner += left.astype(np.int32)
    corner += np.arange(n_groups, dtype=np.int32)[:, None, None] * ((rows + 2) * width)
    indices = np.empty((*y.shape, 4), np.int32)
    # One by one, in two fifths of the time of adding all four at once.
    for index, offset in enumerate((0, 1, width, width + 1)):
        np.add(corner, offset, out=indices[..., index])

    indptr = np.arange(0, weights.size + 1, 4, dtype=np.int32)
    shape = (y.size, n_groups * (rows + 2) * width)
    return scipy.sparse.csr_array((weights.ravel(), indices.ravel(), indptr), shape=shape)
