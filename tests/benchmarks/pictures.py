"""`python -m tests.benchmarks.pictures`: the accuracy on test images that are picture files.

All test images in data/npy are transformed, each time further, written as PNG, read as `predict`
reads them, and classified with models/model.safetensors. It takes about twenty minutes.
"""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from stages.datasets import arrays, pictures
from stages.network import model_file

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


def through_a_file(job: tuple[str, int, np.ndarray]) -> np.ndarray:
    name, index, image = job
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        disguised = DISGUISES[name](image, np.random.default_rng(index))
        Image.fromarray(disguised).save(path, compress_level=1)
        return pictures.read(path, digit_size=20)


def main() -> None:
    images, labels = arrays.load(Path("data/npy"), "test")
    ensemble = model_file.load(Path("models/model.safetensors")).ensemble
    _, accuracy = ensemble.evaluate(images, labels)
    print(f"arrays: {accuracy:.2%} of {len(images):,}", flush=True)
    with ProcessPoolExecutor() as pool:
        for name in DISGUISES:
            jobs = [(name, index, image) for index, image in enumerate(np.array(images))]
            read = np.stack(list(pool.map(through_a_file, jobs, chunksize=50)))
            unchanged = (read == images).all(axis=(1, 2)).mean()
            _, accuracy = ensemble.evaluate(read, labels)
            print(f"{name}: {accuracy:.2%}, unchanged {unchanged:.1%}", flush=True)


if __name__ == "__main__":
    main()
