"""Training images deformed at random, so that the network never sees the same one twice.

Shifted, turned, scaled, sheared and bent (Simard, Steinkraus and Platt, "Best practices for
convolutional neural networks applied to visual document analysis", 2003).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import csr_array

from stages.network.activations import Floats

# Images that share one deformation: one for each image would cost many times as much to work out.
# Larger groups are cheaper still, and do as well on MNIST, but not where data is small and batches
# are too (bundled digits, batches of 32, 40 epochs: 95.5 % with groups of 16, 94.8 % with 32).
GROUP = 16
# Images that are worked on together: 512 at once would not fit the processor's caches, and took
# three times as long for each.
AT_ONCE = 8 * GROUP
# Pixels over which an elastic deformation is smooth.
SMOOTHNESS = 4.0


@dataclass(frozen=True)
class Augmentation:
    """How far images are deformed, at most; 0 everywhere for not at all.

    Attributes
    ----------
    shift
        Pixels, in each direction.
    rotation
        Degrees, either way.
    scale
        Part by which width and height, each for itself, grow or shrink.
    shear
        Part of the height by which the top moves against the bottom, either way.
    elastic
        Pixels, root mean square, by which each point is moved down and right on its own.
    """

    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0

    def __bool__(self) -> bool:
        return any((self.shift, self.rotation, self.scale, self.shear, self.elastic))

    def apply(self, images: np.ndarray, rng: np.random.Generator, out: Floats) -> None:
        """Deform images, each group in its own way, and scale them to 0 to 1.

        Parameters
        ----------
        images
            uint8, (n, rows, columns).
        rng
            Where the deformations come from.
        out
            float32, (n, rows * columns), 0 to 1, to be written.
        """
        if not self:
            flat = images.reshape(len(images), -1)
            np.multiply(flat, np.float32(1 / 255), out=out, dtype=np.float32)
            return
        for start in range(0, len(images), AT_ONCE):
            self._apply(images[start : start + AT_ONCE], rng, out[start : start + AT_ONCE])

    def _apply(self, images: np.ndarray, rng: np.random.Generator, out: Floats) -> None:
        count, rows, columns = images.shape
        groups = -(-count // GROUP)
        # Pixel by pixel, each with the images of a group side by side: so one product with a sparse
        # matrix, which says what each pixel is made of, deforms them all. A border of one pixel
        # without ink stands for all beyond the edge.
        bordered = np.zeros((groups, rows + 2, columns + 2, GROUP), np.float32)
        for group in range(groups):
            members = images[group * GROUP : (group + 1) * GROUP]
            # Turned as bytes first: a quarter of what floats would have to move crosswise.
            turned = np.ascontiguousarray(members.reshape(len(members), -1).T)
            bordered[group, 1:-1, 1:-1, : len(members)] = turned.reshape(rows, columns, -1)
        moves = interpolation(*self.sources(groups, rows, columns, rng))
        moved = (moves @ bordered.reshape(-1, GROUP)).reshape(groups, rows * columns, GROUP)
        for group in range(groups):
            members = out[group * GROUP : (group + 1) * GROUP]
            members[:] = moved[group, :, : len(members)].T

    def sources(
        self, groups: int, rows: int, columns: int, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Draw at random where each pixel comes from.

        Returns
        -------
        tuple of ndarray
            Row and column, fractions of pixels, float32, each (groups, rows, columns).
        """
        down = np.arange(rows, dtype=np.float32)[:, None] - np.float32((rows - 1) / 2)
        right = np.arange(columns, dtype=np.float32) - np.float32((columns - 1) / 2)

        reaches = [self.rotation, self.shear, self.scale, self.scale, self.shift, self.shift]
        drawn = rng.uniform(-1, 1, (len(reaches), groups)) * np.array(reaches)[:, None]
        turn, shear, taller, wider, lower, further = drawn.astype(np.float32)[..., None, None]

        angle = np.deg2rad(turn)
        sine, cosine = np.sin(angle), np.cos(angle)
        from_row = (1 + taller) * (cosine * down - sine * right)
        from_column = (1 + wider) * (sine * down + cosine * right) + shear * down
        from_row += lower + np.float32((rows - 1) / 2)
        from_column += further + np.float32((columns - 1) / 2)
        if self.elastic:
            bent = smooth_noise(2 * groups, rows, columns, rng)
            strength = rng.uniform(0, self.elastic, (groups, 1, 1)).astype(np.float32)
            from_row += strength * bent[:groups]
            from_column += strength * bent[groups:]
        return from_row, from_column


NO_AUGMENTATION = Augmentation()


def smooth_noise(count: int, rows: int, columns: int, rng: np.random.Generator) -> Floats:
    """Draw fields of normal noise that is smooth over `SMOOTHNESS` pixels, of deviation 1.

    Bumps of Gauss's shape and random height on a coarse grid: as smooth as noise on every pixel
    that is blurred, for a tenth of the random numbers.

    Returns
    -------
    ndarray
        float32, (count, rows, columns).
    """
    down, right = _bumps(rows), _bumps(columns)
    heights = rng.standard_normal((count, down.shape[1], right.shape[1]), np.float32)
    # Each product is too small for BLAS to call more threads, which would fight the network's.
    return np.asarray(down @ heights @ right.T, np.float32)


def _below(number: int) -> np.float32:
    return np.float32(np.nextafter(np.float32(number), np.float32(0)))


@cache
def _bumps(length: int) -> Floats:
    """Give the share of each bump at each place, (length, bumps), its squares summing to 1."""
    centres = np.arange(-2 * SMOOTHNESS, length + 2 * SMOOTHNESS, SMOOTHNESS)
    distance = np.subtract.outer(np.arange(length), centres) / SMOOTHNESS
    shares = np.exp(-(distance**2) / 2)
    shares /= np.sqrt((shares**2).sum(axis=1, keepdims=True))
    return np.asarray(shares, np.float32)


def interpolation(from_row: Floats, from_column: Floats) -> csr_array:
    """Make the matrix that mixes each pixel from the nearest four, and divides by 255.

    Parameters
    ----------
    from_row, from_column
        float32, (groups, rows, columns): where each pixel comes from.

    Returns
    -------
    csr_array
        float32, (groups * rows * columns, groups * (rows + 2) * (columns + 2)), four weights a row:
        what it mixes has a border of one pixel around each image.
    """
    groups, rows, columns = from_row.shape
    width = columns + 2
    # With the border, nothing lies outside.
    row = np.clip(from_row + 1, 0, _below(rows + 1))
    column = np.clip(from_column + 1, 0, _below(columns + 1))
    # Whole numbers, but floats as well: NumPy is slow where types are mixed.
    top, left = np.floor(row), np.floor(column)
    row -= top
    column -= left

    # The four products of (1 - down, down) and (1 - right, right), of which one is worked out and
    # the others follow.
    down, right = row * np.float32(1 / 255), column * np.float32(1 / 255)
    weights = np.empty((*row.shape, 4), np.float32)
    both = down * column
    np.subtract(down, both, out=weights[..., 2])
    right -= both
    np.subtract(np.float32(1 / 255) - down, right, out=weights[..., 0])
    weights[..., 1] = right
    weights[..., 3] = both

    corner = top.astype(np.int32)
    corner *= width
    corner += left.astype(np.int32)
    corner += np.arange(groups, dtype=np.int32)[:, None, None] * ((rows + 2) * width)
    places = np.empty((*row.shape, 4), np.int32)
    # One by one, in two fifths of the time of adding all four at once.
    for index, step in enumerate((0, 1, width, width + 1)):
        np.add(corner, step, out=places[..., index])

    ends = np.arange(0, weights.size + 1, 4, dtype=np.int32)
    shape = (row.size, groups * (rows + 2) * width)
    return csr_array((weights.ravel(), places.ravel(), ends), shape=shape)
