"""Pictures of single digits as people take them, made from images in MNIST's format.

Each kind of `KINDS` is a function of an image and a random generator that gives a picture with one
thing that is hard to read in it. `page` puts many digits on one picture.
"""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

Picture = np.ndarray  # uint8, (rows, columns) or (rows, columns, 3)
SIDE = 360  # pixels of a picture
STRUCTURE = np.ones((3, 3))


def enlarge(image: np.ndarray, size: int) -> np.ndarray:
    """Crop a digit and enlarge it smoothly to a size; float, 0 (paper) to 1 (full ink)."""
    inked = np.argwhere(image > 50)
    (top, left), (bottom, right) = inked.min(axis=0), inked.max(axis=0) + 1
    cropped = np.pad(image[top:bottom, left:right], 1)
    scale = size / max(bottom - top, right - left)
    rows, columns = (round(length * scale) for length in cropped.shape)
    large = Image.fromarray(cropped).resize((columns, rows), Image.Resampling.BICUBIC)
    values = np.asarray(large) / 255
    # Faint strokes must not fall to pieces.
    n_pieces = ndimage.label(cropped > 50, STRUCTURE)[1]
    is_broken = ndimage.label(values > 0.5, STRUCTURE)[1] > n_pieces
    sharpened: np.ndarray = np.clip((values - (0.25 if is_broken else 0.5)) * 4 + 0.5, 0, 1)
    return sharpened


def write(image: np.ndarray, height: int, font: str = "plain") -> np.ndarray:
    """Enlarge a digit with thin, plain or thick strokes."""
    ink = enlarge(image, height)
    if font == "thin":
        return dilate(np.pad(thinned(ink > 0.5), 9), max(1, round(height / 55)))
    return with_stroke_width(ink, 0.13 * height) if font == "thick" else ink


def with_stroke_width(ink: np.ndarray, width: float) -> np.ndarray:
    """Dilate ink to strokes of about a width, as far as no hole closes and no pieces touch."""
    inside = ink > 0.5
    # Across a stroke, the mean distance to its edge is a quarter of its width.
    radius = round((width - 4 * ndimage.distance_transform_edt(inside)[inside].mean()) / 2)
    padded = np.pad(inside, max(0, radius) + 2)
    for smaller in range(radius, 0, -1):
        dilated = dilate(padded, smaller)
        if topology(dilated) == topology(padded):
            return dilated
    return dilate(padded, 0)


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """Dilate by a disk, with soft edges."""
    dilated = ndimage.distance_transform_edt(~mask) <= radius + 0.3
    smooth: np.ndarray = ndimage.gaussian_filter(dilated.astype(float), 1)
    return smooth


def topology(ink: np.ndarray) -> tuple[int, int]:
    """Count pieces and holes."""
    inside = np.pad(ink > 0.5, 1)
    return ndimage.label(inside, STRUCTURE)[1], ndimage.label(~inside)[1]


def disk(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    mask: np.ndarray = np.hypot(y, x) <= radius + 0.3
    return mask


def place(ink: np.ndarray, rng: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """Put ink near the centre of an empty square."""
    page = np.zeros((side, side))
    top, left = (int((side - length) / 2 + rng.uniform(-0.06, 0.06) * side) for length in ink.shape)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def digit(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Write a digit of random size and strokes on a square."""
    height = int(rng.uniform(0.4, 0.62) * SIDE)
    return place(write(image, height, str(rng.choice(["thin", "plain", "thick"]))), rng)


def photograph(ink: np.ndarray, rng: np.random.Generator, light: float = 0.25) -> Picture:
    """Ink on paper, in slightly uneven light, out of focus and with the sensor's noise."""
    rows, columns = ink.shape
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    brightness = 1 - light / 2 * (1 + (np.sin(angle) * y + np.cos(angle) * x) / 1.5)
    paper = rng.uniform(0.8, 0.95)
    blurred = ndimage.gaussian_filter(paper - (paper - 0.2) * ink, 0.8)
    noisy = blurred * brightness + rng.normal(0, 0.012, ink.shape)
    picture: Picture = np.rint(255 * np.clip(noisy, 0, 1)).astype(np.uint8)
    return picture


def lines(
    ends: Sequence[tuple[float, float, float, float]], width: int, side: int = SIDE
) -> np.ndarray:
    """Draw lines from (x, y) to (x, y); float, 0 to 1."""
    canvas = Image.new("L", (side, side))
    for x0, y0, x1, y1 in ends:
        ImageDraw.Draw(canvas).line((x0, y0, x1, y1), fill=255, width=width)
    return np.asarray(canvas) / 255


def plain(image: np.ndarray, rng: np.random.Generator) -> Picture:
    return photograph(digit(image, rng), rng)


def frame(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """The border of a box on one to four sides."""
    ink = digit(image, rng)
    n_sides, end = int(rng.integers(1, 5)), SIDE - 1
    ends = []
    for turned in rng.permutation(4)[:n_sides]:
        at = rng.uniform(0, 0.05) * SIDE
        tilted = at + rng.uniform(-0.015, 0.015) * SIDE
        side = ((0, at, end, tilted), (0, end - at, end, end - tilted))
        both = (*side, *((y0, x0, y1, x1) for x0, y0, x1, y1 in side))
        ends.append(both[turned])
    border = lines(ends, int(rng.integers(3, 12)))
    return photograph(np.maximum(ink, border), rng)


def table_cell(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A cell of a table, whose lines go on beyond its corners."""
    ink = digit(image, rng)
    left, top, right, bottom = rng.uniform(0.03, 0.12, 4) * SIDE
    right, bottom, end = SIDE - right, SIDE - bottom, SIDE - 1
    ends = [(0, top, end, top), (0, bottom, end, bottom)]
    ends += [(left, 0, left, end), (right, 0, right, end)]
    grid = lines(ends, int(rng.integers(2, 6)))
    return photograph(np.maximum(ink, grid), rng)


def dark_edge(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """The dark table beside the sheet, on one or two sides."""
    ink = digit(image, rng)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    distances = [y, 1 - y, x, 1 - x]
    table = np.zeros((SIDE, SIDE))
    for index in rng.permutation(4)[: rng.integers(1, 3)]:
        slope = rng.uniform(-0.05, 0.05) * (x if index < 2 else y)
        edge = rng.uniform(0.03, 0.12) + slope - distances[index]
        table = np.maximum(table, np.clip(edge * 100, 0, 1))
    darkness = rng.uniform(0.6, 1)
    return photograph(np.maximum(ink, darkness * table), rng)


def rim_marks(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Strokes and dots at the rim, parts of what stands beside the digit."""
    ink = digit(image, rng)
    marks = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(marks)
    for _ in range(rng.integers(2, 6)):
        along, depth = rng.uniform(0.05, 0.95), rng.uniform(0, 0.09)
        spread, width = rng.uniform(-0.1, 0.1), int(rng.integers(4, 14))
        start, end = (along, -0.02), (along + spread, depth)
        points = [tuple(np.array(point) * SIDE) for point in (start, end)]
        draw.line(points, fill=255, width=width)
        marks = marks.transpose(Image.Transpose.ROTATE_90)
        draw = ImageDraw.Draw(marks)
    for y, x in rng.uniform(0.02, 0.1, (2, 2)) * SIDE:
        radius = rng.uniform(2, 8)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return photograph(np.maximum(ink, np.asarray(marks) / 255), rng)


def shadow_line(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A long, soft, dark line beside the digit: a fold of the paper or a shadow."""
    ink = digit(image, rng)
    at, tilted = (rng.uniform(0.03, 0.12) * SIDE for _ in range(2))
    line = ndimage.gaussian_filter(lines([(0, at, SIDE, tilted)], int(rng.integers(5, 12))), 3)
    line = np.rot90(line, int(rng.integers(4))) * rng.uniform(0.4, 0.8)
    return photograph(np.maximum(ink, line), rng)


def caption(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A line of small print below the digit."""
    ink = digit(image, rng)
    print_ = Image.new("L", (SIDE, SIDE))
    text = "".join(rng.choice(list("abcdefghijklmnopqrst 0123456789"), rng.integers(4, 16)))
    size = float(rng.uniform(16, 30))
    position = (SIDE / 2, SIDE * rng.uniform(0.93, 0.96))
    ImageDraw.Draw(print_).text(position, text, fill=255, font_size=size, anchor="mm")
    return photograph(np.maximum(ink, np.asarray(print_) / 255), rng)


def fat_strokes(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Strokes of up to a fifth of the digit's height, with all its holes left."""
    height = int(rng.uniform(0.5, 0.75) * SIDE)
    fat = with_stroke_width(enlarge(image, height), 0.2 * height)
    rows, columns = (np.flatnonzero(fat.max(axis=axis) > 0.2) for axis in (1, 0))
    fat = fat[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    margin = int(rng.uniform(0, 0.15) * SIDE)
    return photograph(np.pad(fat, margin) if rng.random() < 0.5 else place(fat, rng, 420), rng)


def pixels(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """A drawing of 28 x 28 or 20 x 20 pixels with lines of one hard pixel, not centred."""
    side = int(rng.choice([28, 20]))
    height = int(rng.integers(round(0.6 * side), side - 1))
    lines_ = np.argwhere(thinned(enlarge(image, 200) > 0.5))
    lines_ -= lines_.min(axis=0)
    y, x = np.rint(lines_ * (height - 1) / lines_.max()).astype(int).T
    skeleton = np.zeros((y.max() + 1, x.max() + 1), bool)
    skeleton[y, x] = True
    skeleton = thinned(np.pad(skeleton, 1))[1:-1, 1:-1]
    page = np.zeros((side, side))
    top, left = (int(rng.integers(1, side - length)) for length in skeleton.shape)
    page[top : top + skeleton.shape[0], left : left + skeleton.shape[1]] = skeleton
    dark = 255 if rng.random() < 0.5 else 0
    return np.where(page > 0, dark, 255 - dark).astype(np.uint8)


def thinned(mask: np.ndarray) -> np.ndarray:
    """Thin strokes to one pixel (Zhang and Suen, "A fast parallel algorithm ...", 1984)."""
    shifts = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
    thin: np.ndarray = mask.copy()
    n_before = -1
    while n_before != thin.sum():
        n_before = thin.sum()
        for is_first in (True, False):
            around = np.stack([np.roll(thin, shift, (0, 1)) for shift in shifts])
            n_around = around.sum(axis=0)
            n_rises = (~around & np.roll(around, -1, axis=0)).sum(axis=0)
            north, east, south, west = around[::2]
            is_corner = (north | west) & east & south if is_first else (east | south) & north & west
            is_edge = (n_around >= 2) & (n_around <= 6) & (n_rises == 1)
            thin &= ~(is_edge & ~is_corner)
    return thin


def coloured(image: np.ndarray, rng: np.random.Generator) -> Picture:
    """Dark green on yellow, or a blue pen out of focus, with speckle over the whole picture."""
    ink = digit(image, rng)
    if rng.random() < 0.5:
        paper, pen, blur = (238, 214, 70), (25, 80, 40), 1.0
    else:
        paper, pen, blur = (225, 225, 230), (60, 70, 170), rng.uniform(2, 5)
    speckle = np.zeros((SIDE, SIDE))
    for _ in range(rng.integers(20, 80)):
        y, x = rng.integers(4, SIDE - 5, 2)
        mark = disk(int(rng.integers(0, 4))) * rng.uniform(0.4, 0.9)
        half = len(mark) // 2
        around = np.s_[y - half : y + half + 1, x - half : x + half + 1]
        speckle[around] = np.maximum(speckle[around], mark)
    mixed = ndimage.gaussian_filter(ink, blur)
    mixed = np.maximum(mixed, ndimage.gaussian_filter(speckle, 0.7))[:, :, np.newaxis]
    grain = ndimage.gaussian_filter(rng.normal(0, 12, (SIDE, SIDE, 1)), (1, 1, 0))
    colour = np.array(paper) * (1 - mixed) + np.array(pen) * mixed + grain
    picture: Picture = np.rint(np.clip(colour, 0, 255)).astype(np.uint8)
    return picture


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], Picture]] = {
    "plain": plain,
    "frame": frame,
    "table cell": table_cell,
    "dark edge": dark_edge,
    "marks at the rim": rim_marks,
    "shadow line": shadow_line,
    "caption": caption,
    "fat strokes": fat_strokes,
    "pixel drawing": pixels,
    "coloured, speckled": coloured,
}


def page(images: np.ndarray, rng: np.random.Generator, n_columns: int = 8) -> Picture:
    """Rows of digits on ruled paper with a frame, in uneven light."""
    row_height, cell_width, margin = 150, 120, 100
    n_rows = -(-len(images) // n_columns)
    shape = (2 * margin + row_height * n_rows, 2 * margin + cell_width * n_columns)
    sheet = np.zeros(shape)
    for index, image in enumerate(images):
        row, column = divmod(index, n_columns)
        ink = write(image, int(rng.uniform(70, 90)), str(rng.choice(["thin", "plain"])))
        free = np.array([row_height, cell_width]) - ink.shape
        top, left = (int(length * rng.uniform(0.4, 0.6)) for length in free)
        top, left = margin + row * row_height + top, margin + column * cell_width + left
        sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    canvas = Image.new("L", shape[::-1])
    draw = ImageDraw.Draw(canvas)
    right, bottom = shape[1] - 20, shape[0] - 20
    for row in range(n_rows):
        y = margin + (row + 1) * row_height - 12
        draw.line((20, y, right, y + rng.uniform(-8, 8)), fill=180, width=2)
    draw.rectangle((20, 20, right, bottom), outline=255, width=5)
    return photograph(np.maximum(sheet, np.asarray(canvas) / 255), rng, light=0.5)
