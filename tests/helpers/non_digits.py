"""Pictures that show no digit, made up: scribbles, crosses, outlines of hands, and letters.

Letters that could be read as digits (B, D, G, I, O, Q, S, Z and the like) are left out.
"""

from collections.abc import Callable
from functools import cache

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.interpolate import make_interp_spline
from scipy.ndimage import gaussian_filter, map_coordinates, zoom

from stages.pictures.mnist_format import to_mnist_format

_SIDE = 110  # pixels of a drawing
_LETTERS = "ACEFHKMNPRTUVWXYadehkmnruvwxy"
_FONTS = ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "STIXGeneral")


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Draw one long smooth line through random points."""
    n_points = int(rng.integers(7, 16))
    points = rng.uniform(15, _SIDE - 15, (n_points, 2))
    curve = make_interp_spline(np.arange(n_points), points)
    return _lines([curve(np.linspace(0, n_points - 1, 40 * n_points))], rng)


def cross(rng: np.random.Generator) -> np.ndarray:
    """Draw two or three straight lines that cross near their middles, at any angle."""
    n_lines = int(rng.integers(2, 4))
    turn = rng.uniform(0, np.pi)
    lines = []
    for index in range(n_lines):
        angle = turn + np.pi * index / n_lines + rng.normal(0, 0.12)
        direction = np.array([np.cos(angle), np.sin(angle)])
        middle = _SIDE / 2 + rng.normal(0, 4, 2)
        reach = rng.uniform(30, 45, (2, 1)) * [[-1], [1]]
        lines.append(middle + reach * direction)
    return _lines(lines, rng)


def hand(rng: np.random.Generator) -> np.ndarray:
    """Draw the outline of a hand with its fingers spread."""
    outline = [np.array([-15.0, 45.0])]
    directions = np.radians([-160, -115, -92, -70, -45]) + rng.normal(0, 0.06, 5)
    lengths = np.array([38, 50, 55, 50, 40]) * rng.uniform(0.85, 1.1, 5)
    for direction, length in zip(directions, lengths, strict=True):
        along = np.array([np.cos(direction), np.sin(direction)])
        across = np.array([-along[1], along[0]])
        width = rng.uniform(3.5, 5.5)
        root = 21 * along
        for side, distance in ((-1, 0), (-1, 0.9), (0, 1), (1, 0.9), (1, 0)):
            outline.append(root + side * width * across + distance * (length - 21) * along)
    outline.append(np.array([15.0, 45.0]))
    points = np.array(outline) * rng.choice([-1, 1], 2) ** [1, 0]  # a left or a right hand
    angle = rng.normal(0, 0.3)
    rotation = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return _lines([points @ rotation + _SIDE / 2], rng, pen=(3, 7))


def letter(rng: np.random.Generator) -> np.ndarray:
    """Draw a letter of a font, distorted as if by hand."""
    drawing = Image.new("L", (_SIDE, _SIDE))
    font = _font(str(rng.choice(_FONTS)))
    character = str(rng.choice(list(_LETTERS)))
    ImageDraw.Draw(drawing).text((_SIDE / 2, _SIDE / 2), character, 255, font, anchor="mm")
    return _distorted(np.asarray(drawing) / 255, rng)


NON_DIGITS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "scribble": scribble,
    "cross": cross,
    "hand": hand,
    "letter": letter,
}


def make(kind: str, n_images: int, seed: int) -> np.ndarray:
    """Make images of one kind in MNIST's format, uint8 (n_images, 28, 28)."""
    draw, rng = NON_DIGITS[kind], np.random.default_rng([seed, list(NON_DIGITS).index(kind)])
    return np.array([to_mnist_format(draw(rng), digit_size=20) for _ in range(n_images)])


def _lines(
    lines: list[np.ndarray], rng: np.random.Generator, pen: tuple[int, int] = (6, 13)
) -> np.ndarray:
    """Draw lines, each (points, 2), with a pen of random width; ink, 0 to 1."""
    drawing = Image.new("L", (_SIDE, _SIDE))
    width = int(rng.integers(*pen))
    for line in lines:
        points = [tuple(point) for point in line.tolist()]
        ImageDraw.Draw(drawing).line(points, 255, width, joint="curve")
    return _distorted(np.asarray(drawing) / 255, rng)


def _distorted(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Displace the pixels smoothly by a few of them, and soften the edges."""
    displacement = [zoom(rng.normal(0, 5, (5, 5)), _SIDE / 5) for _ in range(2)]
    warped = map_coordinates(ink, np.indices(ink.shape) + displacement, order=1)
    return np.asarray(gaussian_filter(warped, 1.5))


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    folder = mpl.get_data_path()
    return ImageFont.truetype(f"{folder}/fonts/ttf/{name}.ttf", 75)
