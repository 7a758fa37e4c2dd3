"""Pictures of five letters, drawn with strokes, as a person would collect them."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

# Polylines of each letter in a unit square.
STROKES = {
    "A": [[(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)], [(0.2, 0.65), (0.8, 0.65)]],
    "H": [[(0.0, 0.0), (0.0, 1.0)], [(1.0, 0.0), (1.0, 1.0)], [(0.0, 0.5), (1.0, 0.5)]],
    "L": [[(0.0, 0.0), (0.0, 1.0), (0.8, 1.0)]],
    "T": [[(0.0, 0.0), (1.0, 0.0)], [(0.5, 0.0), (0.5, 1.0)]],
    "Z": [[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]],
}


def draw(letter: str, rng: np.random.Generator, size: int = 110) -> Image.Image:
    """Draw a letter as a grey picture, dark on light, each time a little differently."""
    picture = Image.new("L", (size, size), int(rng.integers(220, 255)))
    pen = ImageDraw.Draw(picture)
    shape = 0.5 * size * np.eye(2) + rng.normal(0, 0.05 * size, (2, 2))
    corner = rng.uniform(0.15 * size, 0.3 * size, 2)
    ink, width = int(rng.integers(0, 60)), round(rng.uniform(0.05, 0.09) * size)
    for stroke in STROKES[letter]:
        points = corner + np.array(stroke) @ shape + rng.normal(0, 0.015 * size, (len(stroke), 2))
        pen.line([(float(x), float(y)) for x, y in points], fill=ink, width=width, joint="curve")
    return picture


def write_folder(folder: Path, n: int, classes: dict[str, str] | None = None) -> Path:
    """Write `n` pictures of each letter into a folder per class; `classes` renames the letters."""
    rng = np.random.default_rng(1)
    for letter in STROKES if classes is None else classes:
        class_folder = folder / (letter if classes is None else classes[letter])
        class_folder.mkdir(parents=True)
        for number in range(1, n + 1):
            draw(letter, rng).save(class_folder / f"{number}.png")
    return folder


def to_arrays(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `n` of each letter as MNIST has them: uint8 (n, 28, 28), and labels from 0."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(STROKES), dtype=np.uint8), n))
    names = list(STROKES)
    images = [255 - np.asarray(draw(names[label], rng, size=28)) for label in labels]
    return np.stack(images), labels
