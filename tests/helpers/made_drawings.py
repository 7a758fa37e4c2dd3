"""Drawings of single digits as programs save them, made from images in MNIST's format.

Each kind of `DRAWINGS` is a function of an image and a random generator, as in `made_pictures`.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy import ndimage

from tests.helpers.made_photos import as_jpeg, as_picture, exposure, pen, put
from tests.helpers.made_pictures import Picture, enlarge, thinned, topology


def brush(image: np.ndarray, height: float, width: float, is_smooth: bool = True) -> np.ndarray:
    """Draw along the middle of a digit's strokes with a round brush, as far as holes stay open."""
    scale = max(1, height / 120)
    middle = thinned(np.pad(enlarge(image, round(height / scale)) > 0.5, 2))
    distance = ndimage.distance_transform_edt(~np.pad(middle, round(width / scale)))
    size = [round(length * scale) for length in distance.shape[::-1]]
    large = Image.fromarray(distance.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    distance = np.maximum(np.asarray(large) * scale - scale / 2, 0)
    for radius in np.arange(width / 2, scale, -max(1, width / 10)):
        if topology(distance <= radius) == topology(distance <= scale):
            break
    else:
        radius = width / 2 if width < 2 * scale else scale
    ink: np.ndarray = np.clip(radius + 0.5 - distance, 0, 1)
    rows, columns = (np.flatnonzero(ink.max(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ink if is_smooth else (ink > 0.5).astype(float)


def fat_brush(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A brush of an eighth to a third of the digit's height; clean, blurred, JPEG or a photo."""
    side = int(rng.integers(100, 600))
    height = side * rng.uniform(0.5, 0.85)
    ink = brush(image, height, height * rng.uniform(1 / 8, 1 / 3), rng.random() < 0.7)
    page = put(ink, (side, side), rng)
    finish = rng.integers(4)
    if finish == 0:
        return as_picture(1 - page)
    if finish == 1:
        return as_picture(1 - ndimage.gaussian_filter(page, side * rng.uniform(0.002, 0.015)))
    if finish == 2:
        return as_jpeg(as_picture(1 - page), int(rng.integers(20, 80)))
    return exposure(page, rng, rng.uniform(0.5, 0.9))


def thin_line(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Lines of one or two pixels in a large picture."""
    side = int(rng.integers(250, 1600))
    width = float(rng.choice([1, 1.5, 2, 3]))
    ink = brush(image, side * rng.uniform(0.3, 0.75), width, rng.random() < 0.5)
    return as_picture(1 - put(ink, (side, side), rng))


def few_pixels(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Drawn with a brush of one to three pixels in 14 to 64 pixels, hard or smooth."""
    side = int(rng.integers(14, 65))
    height = min(side * rng.uniform(0.6, 0.95), side - 2)
    width = float(rng.choice([1, 1, 2, 3])) * max(1, side / 28)
    large = brush(image, 8 * height, 8 * width)
    rows, columns = (max(1, round(length / 8)) for length in large.shape)
    small = Image.fromarray(as_picture(large)).resize((columns, rows), Image.Resampling.BOX)
    ink = np.asarray(small) / 255
    if rng.random() < 0.5:
        ink = (ink > 0.4).astype(float)
    page = np.zeros((side, side))
    ink = ink[:side, :side]
    top, left = (int(rng.integers(0, side - length + 1)) for length in ink.shape)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return as_picture(page if rng.random() < 0.5 else 1 - page)


def white_on_black(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """White on black, of any size, from the brush to JPEG."""
    side = int(rng.integers(60, 700))
    ink = brush(image, side * rng.uniform(0.4, 0.85), side * rng.uniform(0.02, 0.1))
    picture = as_picture(put(ink, (side, side), rng))
    return as_jpeg(picture, 75) if rng.random() < 0.5 else picture


def transparent(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Ink of any colour on a transparent background; its pixels' own colour is black or white."""
    side = int(rng.integers(60, 600))
    ink = brush(image, side * rng.uniform(0.4, 0.8), side * rng.uniform(0.02, 0.1))
    page = put(ink, (side, side), rng)
    colour = rng.choice([(0, 0, 0), (1, 1, 1), (0.1, 0.2, 0.8), (0.9, 0.1, 0.1)], axis=0)
    below = float(rng.integers(2))
    picture = np.where(page[:, :, np.newaxis] > 0, colour, below)
    return as_picture(np.concatenate([picture, page[:, :, np.newaxis]], axis=2))


def paint(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A brush of one colour on paper of another, as different in lightness as eyes need."""
    side = int(rng.integers(100, 800))
    height = side * rng.uniform(0.35, 0.85)
    ink = brush(image, height, height * rng.uniform(0.03, 0.16), rng.random() < 0.6)
    page = put(ink, (side, side), rng)[:, :, np.newaxis]
    weights = np.array([0.299, 0.587, 0.114])
    paper = np.ones(3) if rng.random() < 0.5 else rng.random(3)
    colour = rng.random(3)
    while abs((colour - paper) @ weights) < 0.25:
        paper, colour = rng.random((2, 3))
    return as_picture(paper * (1 - page) + colour * page)


def to_the_rim(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Cropped to the digit, which reaches the rim on all sides."""
    height = rng.uniform(40, 500)
    ink = brush(image, height, height * rng.uniform(0.06, 0.16))
    picture = as_picture(1 - rng.uniform(0.6, 1) * ink)
    return exposure(ink, rng) if rng.random() < 0.3 else picture


def corner(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Small, in a corner."""
    side = int(rng.integers(200, 900))
    ink = pen(image, rng, side * rng.uniform(0.12, 0.35))
    gap = int(side * rng.uniform(0.02, 0.08))
    page = np.zeros((side, side))
    rows, columns = (
        slice(gap, gap + n) if rng.random() < 0.5 else slice(side - gap - n, side - gap)
        for n in ink.shape
    )
    page[rows, columns] = ink
    return as_picture(1 - 0.9 * page)


def very_large(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A photo of 4000 x 3000 pixels with a digit of 300 to 1200."""
    page = put(pen(image, rng, rng.uniform(75, 300)), (750, 1000), rng)
    photo = Image.fromarray(exposure(page, rng, 0.75))
    return np.asarray(photo.resize((4000, 3000), Image.Resampling.BICUBIC))


def plotted(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """An image of MNIST, enlarged with hard or soft pixels, inside a white margin or none."""
    scale = int(rng.integers(3, 20))
    filters = [Image.Resampling.NEAREST, Image.Resampling.BILINEAR]
    size = (28 * scale, 28 * scale)
    large = np.asarray(Image.fromarray(image).resize(size, filters[int(rng.integers(2))]))
    is_inverted = rng.random() < 0.5
    square = 255 - large if is_inverted else large
    margin = int(rng.choice([0, 0, 1, 5])) * scale
    return np.pad(square, margin, constant_values=255)


DRAWINGS: dict[str, Callable[[np.ndarray, np.random.Generator], Picture]] = {
    "fat brush": fat_brush,
    "thin line": thin_line,
    "few pixels": few_pixels,
    "white on black": white_on_black,
    "transparent": transparent,
    "paint program": paint,
    "cropped to the rim": to_the_rim,
    "in a corner": corner,
    "4000 x 3000 pixels": very_large,
    "plotted": plotted,
}
