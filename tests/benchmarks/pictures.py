"""`python -m tests.benchmarks.pictures`: the accuracy on test images that are picture files.

Test images in data/npy are transformed, written as PNG, read as `predict` reads them, and
classified with models/model.safetensors: all of them in disguises, each further than the last, and
some in each kind of picture that people take. It takes about half an hour.

    python -m tests.benchmarks.pictures --disguised 10000 --each 100 --seed 1
"""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np
from PIL import Image

from stages.classifier import model_file
from stages.datasets import arrays
from stages.network.ensemble import Ensemble
from stages.pictures import reader as pictures
from stages.pictures.errors import PictureError
from stages.training.split import Data
from tests.helpers.made_drawings import DRAWINGS
from tests.helpers.made_photos import PHOTOS
from tests.helpers.made_pictures import KINDS

SIDE = 1000


def inverted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 255 - image


def enlarged(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    large = Image.fromarray(inverted(image, rng)).resize((280, 280), Image.Resampling.BICUBIC)
    return np.asarray(large)


def shifted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    page = np.full((SIDE, SIDE), 255, np.uint8)
    top, left = rng.integers(SIDE - 280 + 1, size=2)
    page[top : top + 280, left : left + 280] = enlarged(image, rng)
    return page


def lit(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light the page from a random side: the darkest corner has 40 % of the light."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    slope = np.sin(angle) * y + np.cos(angle) * x
    light = 0.7 + 0.3 * slope / np.abs(slope).max()
    lit_page: np.ndarray = np.rint(shifted(image, rng) * light).astype(np.uint8)
    return lit_page


DISGUISES = {
    "PNG": lambda image, rng: image,
    "and inverted": inverted,
    "and 10 times as large": enlarged,
    "and somewhere on a page": shifted,
    "and lit by a gradient": lit,
}


MADE = {**KINDS, **PHOTOS, **DRAWINGS}


def through_a_file(job: tuple[str, list[int], np.ndarray]) -> np.ndarray:
    """Write and read an image; one that shows nothing to the reader is empty."""
    name, seed, image = job
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        made = (DISGUISES | MADE)[name](image, np.random.default_rng(seed))
        Image.fromarray(made).save(path, compress_level=1)
        try:
            return pictures.read(path, digit_size=20)
        except PictureError:
            return np.zeros_like(image)


def measure(
    pool: ProcessPoolExecutor,
    ensemble: Ensemble,
    name: str,
    indices: np.ndarray,
    data: Data,
    seed: int,
) -> tuple[int, int]:
    """Print, and return, how many images are correct, themselves and as pictures."""
    images, labels = np.array(data.images[indices]), data.labels[indices]
    jobs = [(name, [seed, int(i)], image) for i, image in zip(indices, images, strict=True)]
    read = np.stack(list(pool.map(through_a_file, jobs, chunksize=10)))
    plain, made = (
        int((ensemble.predict_proba(inputs).argmax(axis=1) == labels).sum())
        for inputs in (images, read)
    )
    unchanged = (read == images).all(axis=(1, 2)).mean()
    print(
        f"| {name} | {plain / len(indices):.2%} | {made / len(indices):.2%} | {unchanged:.1%} |",
        flush=True,
    )
    return plain, made


@click.command()
@click.option("--disguised", default=10_000, help="Images in each disguise.")
@click.option("--each", default=100, help="Images in each kind of picture.")
@click.option("--seed", default=1, help="Random seed of the pictures.")
def main(disguised: int, each: int, seed: int) -> None:
    """Measure the reader with models/model.safetensors."""
    data = Data(*arrays.load(Path("data/npy"), "test"))
    ensemble = model_file.load(Path("models/model.safetensors")).ensemble
    print("| picture | as an array | as a picture | unchanged |\n|---|---|---|---|")
    with ProcessPoolExecutor() as pool:
        for name in DISGUISES if disguised else ():
            measure(pool, ensemble, name, np.arange(disguised), data, seed)
        counts = []
        for number, name in enumerate(MADE if each else ()):
            rng = np.random.default_rng([seed, number])
            indices = rng.permutation(len(data.images))[:each]
            counts.append(measure(pool, ensemble, name, indices, data, seed))
    if counts:
        plain, made = np.sum(counts, axis=0) / (each * len(counts))
        print(f"| all kinds | {plain:.2%} | {made:.2%} | |")


if __name__ == "__main__":
    main()
