"""Photos and scans of single digits, made from images in MNIST's format.

Each kind of `PHOTOS` is a function of an image and a random generator, as in `made_pictures`.
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from tests.helpers.made_pictures import Picture, enlarge, write


def pen(image: np.ndarray, rng: np.random.Generator, height: float) -> np.ndarray:
    """Write a digit of a height with one of three pens."""
    return write(image, round(height), str(rng.choice(["thin", "plain", "thick"])))


def put(ink: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Put ink somewhere near the middle of a page of a shape, which grows if it must."""
    shape = (max(shape[0], ink.shape[0] + 20), max(shape[1], ink.shape[1] + 20))
    page = np.zeros(shape)
    top, left = (
        int((length - size) * rng.uniform(0.35, 0.65))
        for length, size in zip(shape, ink.shape, strict=True)
    )
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def as_picture(values: np.ndarray) -> Picture:
    """Convert from 0 to 1 to bytes."""
    picture: Picture = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
    return picture


def as_jpeg(picture: Picture, quality: int) -> Picture:
    """Compress a picture as JPEG and read it again."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def light(shape: tuple[int, int], rng: np.random.Generator, darkest: float) -> np.ndarray:
    """Uneven light: a slope, a lamp and, in half of the photos, the soft edge of a shadow."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    lamp_y, lamp_x = rng.uniform(-1, 1, 2)
    values = along + 1.5 * np.exp(-((y - lamp_y) ** 2) - (x - lamp_x) ** 2)
    if rng.random() < 0.5:
        turn = angle + rng.uniform(0.5, 2)
        distance = np.cos(turn) * x + np.sin(turn) * y - rng.uniform(-0.6, 0.6)
        values += rng.uniform(0.3, 0.8) / (1 + np.exp(-distance / rng.uniform(0.05, 0.3)))
    values -= values.min()
    brightness: np.ndarray = darkest + (1 - darkest) * values / values.max()
    return brightness


def exposure(
    ink: np.ndarray, rng: np.random.Generator, contrast: float = 0.7, darkest: float = 0.6
) -> Picture:
    """Photograph ink on paper: light, focus, the grain of the sensor, JPEG."""
    paper = rng.uniform(0.75, 0.97)
    seen = ndimage.gaussian_filter(paper * (1 - contrast * ink), rng.uniform(0.5, 1.5))
    grain = ndimage.gaussian_filter(rng.normal(0, 0.03, ink.shape), rng.uniform(0.4, 1))
    lit = seen * light(ink.shape, rng, darkest) + grain
    return as_jpeg(as_picture(lit), int(rng.integers(50, 95)))


def phone(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Seen from the side, with perspective, in uneven light."""
    side = int(rng.integers(500, 1000))
    page = put(pen(image, rng, side * rng.uniform(0.3, 0.6)), (side, side), rng)
    corners = [(0, 0), (0, side), (side, side), (side, 0)]
    inward = [(1, 1), (1, -1), (-1, -1), (-1, 1)]
    depth = rng.uniform(0, 0.12, (4, 2)) * side
    quad = np.array(corners) + np.array(inward) * depth
    turned = Image.fromarray(as_picture(page)).transform(
        (side, side),
        Image.Transform.QUAD,
        [float(value) for value in quad.ravel()],
        Image.Resampling.BICUBIC,
    )
    return exposure(np.asarray(turned) / 255, rng, rng.uniform(0.5, 0.85), rng.uniform(0.3, 0.7))


def ruled_paper(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """On a line of ruled paper, whose lines are fainter than the pen."""
    return _on_lines(image, rng, is_graph=False)


def graph_paper(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """On squared paper, over several squares or in one."""
    return _on_lines(image, rng, is_graph=True)


def _on_lines(image: np.ndarray, rng: np.random.Generator, is_graph: bool) -> Picture:
    shape = (int(rng.integers(300, 600)), int(rng.integers(300, 600)))
    height = min(shape) * rng.uniform(0.35, 0.65)
    page = put(pen(image, rng, height), shape, rng)
    spacing = height * (rng.uniform(0.2, 0.6) if is_graph else rng.uniform(0.8, 1.4))
    canvas = Image.new("L", (page.shape[1], page.shape[0]))
    draw = ImageDraw.Draw(canvas)
    tilt, width = rng.uniform(-0.03, 0.03), int(rng.integers(1, 4))
    phase_y, phase_x = rng.uniform(0, spacing, 2)
    for at in np.arange(phase_y - 40, page.shape[0] + 40, spacing):
        draw.line((0, at, page.shape[1], at + tilt * page.shape[1]), 255, width)
    for at in np.arange(phase_x - 40, page.shape[1] + 40, spacing) if is_graph else ():
        draw.line((at, 0, at - tilt * page.shape[0], page.shape[0]), 255, width)
    lines = rng.uniform(0.2, 0.6) * np.asarray(canvas) / 255
    return exposure(np.maximum(page, lines), rng, rng.uniform(0.55, 0.85))


def pencil(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Grey, faint and grainy strokes."""
    side = int(rng.integers(200, 700))
    page = put(pen(image, rng, side * rng.uniform(0.4, 0.7)), (side, side), rng)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, page.shape), rng.uniform(0.6, 1.5))
    pressed = page * np.clip(0.8 + 0.6 * grain / grain.std() * 0.4, 0.1, 1)
    return exposure(pressed, rng, rng.uniform(0.18, 0.4), 0.75)


def blurred_pen(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A blue pen on paper, out of focus or shaken, in colour."""
    side = int(rng.integers(150, 600))
    page = put(pen(image, rng, side * rng.uniform(0.4, 0.7)), (side, side), rng)
    blur = side * rng.uniform(0.004, 0.014)
    page = ndimage.gaussian_filter(page, (blur, blur * rng.uniform(0.5, 1.5)))[:, :, np.newaxis]
    paper, blue = rng.uniform(0.75, 0.95, 3), np.array([0.15, 0.2, 0.6]) * rng.uniform(0.6, 1.2)
    lit = (paper * (1 - page) + blue * page) * light(page.shape[:2], rng, 0.6)[:, :, np.newaxis]
    return as_jpeg(as_picture(lit + rng.normal(0, 0.015, lit.shape)), 80)


def strong_jpeg(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Compressed until blocks show."""
    side = int(rng.integers(60, 400))
    page = put(pen(image, rng, side * rng.uniform(0.4, 0.75)), (side, side), rng)
    return as_jpeg(as_picture(1 - rng.uniform(0.5, 1) * page), int(rng.integers(4, 25)))


def photocopy(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Black and white only, ragged edges, dots of dust, and white dots in the strokes."""
    side = int(rng.integers(100, 500))
    page = put(pen(image, rng, side * rng.uniform(0.4, 0.75)), (side, side), rng)
    noise = ndimage.gaussian_filter(rng.normal(0, 1, page.shape), 1)
    black = page + 0.18 * noise / noise.std() > 0.5
    flipped = rng.random(page.shape) < rng.uniform(0.0005, 0.01)
    return as_picture((black == flipped).astype(float))


def sheet_on_table(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A light sheet, seen whole, on a darker table, at an angle."""
    side = int(rng.integers(400, 900))
    sheet_side = side * rng.uniform(0.55, 0.85)
    y, x = np.mgrid[:side, :side] - side / 2
    angle = rng.uniform(-0.12, 0.12)
    across, down = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    half_y, half_x = sheet_side / 2 * rng.uniform(0.7, 1.1, 2)
    table = (np.abs(across) > half_x) | (np.abs(down) > half_y)
    page = put(pen(image, rng, sheet_side * rng.uniform(0.25, 0.5)), (side, side), rng)
    wood = rng.uniform(0.4, 0.9) + 0.1 * ndimage.gaussian_filter(
        rng.normal(0, 9, page.shape), (1, 15)
    )
    return exposure(np.where(table, np.clip(wood, 0, 1), page), rng, 0.8)


def neighbours(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Cut out of a row: parts of the digits beside it at the rim."""
    height = rng.uniform(100, 250)
    ink = pen(image, rng, height)
    page = put(ink, (int(1.5 * height), int(1.4 * height)), rng)
    for is_left in (True, False):
        beside = pen(np.roll(image[::-1], 1, 0), rng, height)
        depth = int(rng.uniform(0, 0.1) * page.shape[1])
        top = int((page.shape[0] - beside.shape[0]) * rng.uniform(0.3, 0.7))
        rows = slice(max(top, 0), max(top, 0) + beside.shape[0])
        strip = beside[: page[rows].shape[0], -depth:] if is_left else beside[:, :depth]
        if depth and is_left:
            page[rows, :depth] = np.maximum(page[rows, :depth], strip[:, :depth])
        elif depth:
            right = page[rows, -depth:]
            page[rows, -depth:] = np.maximum(right, strip[: right.shape[0], : right.shape[1]])
    return exposure(page, rng, rng.uniform(0.6, 0.85))


def blackboard(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Chalk on a dark green or black board with smears."""
    side = int(rng.integers(250, 700))
    page = put(pen(image, rng, side * rng.uniform(0.35, 0.65)), (side, side), rng)
    chalk = page * np.clip(rng.normal(0.85, 0.15, page.shape), 0, 1)
    smears = ndimage.gaussian_filter(rng.normal(0, 1, page.shape), side / 15)
    board = 0.15 + 0.06 * smears / np.abs(smears).max()
    colour = np.array([0.7, 1.0, 0.8]) if rng.random() < 0.5 else np.ones(3)
    seen = board[:, :, np.newaxis] * colour + 0.7 * chalk[:, :, np.newaxis]
    lit = ndimage.gaussian_filter(seen, (1, 1, 0)) * light(page.shape, rng, 0.6)[:, :, np.newaxis]
    return as_jpeg(as_picture(lit + rng.normal(0, 0.02, lit.shape)), 75)


def small_scan(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A crop of few pixels out of a grey scan, with an uneven margin."""
    rows = int(rng.integers(24, 70))
    ink = enlarge(image, 240)
    page = np.pad(ink, [tuple(rng.integers(5, 70, 2).tolist()) for _ in range(2)])
    grey = as_picture(0.9 - rng.uniform(0.4, 0.8) * page + rng.normal(0, 0.02, page.shape))
    columns = max(8, round(rows * page.shape[1] / page.shape[0]))
    return np.asarray(Image.fromarray(grey).resize((columns, rows), Image.Resampling.BOX))


PHOTOS: dict[str, Callable[[np.ndarray, np.random.Generator], Picture]] = {
    "phone photo": phone,
    "ruled paper": ruled_paper,
    "graph paper": graph_paper,
    "pencil": pencil,
    "blurred pen": blurred_pen,
    "strong JPEG": strong_jpeg,
    "photocopy": photocopy,
    "sheet on a table": sheet_on_table,
    "neighbours": neighbours,
    "blackboard": blackboard,
    "small scan": small_scan,
}
