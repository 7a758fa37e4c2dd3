"""Training from the disk: images per second and memory, from 60 thousand to 8.1 million images.

The 8.1 million are made as Infinite MNIST's were (Loosli, Canu and Bottou, 2007): MNIST's own,
deformed. They go straight into a `.npy` file of 6.4 GB, which is kept for the next time.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, manifest_path, write_manifest
from stages.network.augmentation import Augmentation
from stages.network.mlp import MLP
from stages.network.training import Settings, train
from tests.benchmarks.peers import DATA, mnist

SIZES = (60_000, 600_000, 8_100_000)
FOLDER = DATA.parent / "infinite"
_PART = 6_000


def make(folder: Path, count: int) -> None:
    """Write `count` deformed images and their labels, unless they are there."""
    images_path, labels_path = arrays.paths(folder, "train")
    if manifest_path(folder).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = mnist()
    rng = np.random.default_rng(1)
    deformation = Augmentation(shift=1, rotation=8, scale=0.08, shear=0.1, elastic=1)
    many = np.lib.format.open_memmap(images_path, "w+", np.uint8, (count, 28, 28))
    pixels = np.empty((_PART, 784), np.float32)
    for start in tqdm(range(0, count, _PART), desc=f"making {count:,} images", disable=None):
        first = start % len(images)
        deformation.apply(images[first : first + _PART], rng, pixels)
        many[start : start + _PART] = np.rint(pixels * 255).reshape(-1, 28, 28)
    many.flush()
    np.save(labels_path, np.resize(labels, count))
    write_manifest(create_manifest(folder, "mnist", CATALOGUE["mnist"]), folder)


def measure(count: int) -> None:
    """Train an epoch on the first `count` images and print what it took, as JSON."""
    images, labels = arrays.load(FOLDER, "train")
    rng = np.random.default_rng(1)
    network = MLP.random((784, 128, 10), "relu", "cross_entropy", rng)
    settings = Settings(1, 128, 0.05, "none", 0.9, 0.0)
    most, seen = 0, 0

    def look(batch: int) -> None:
        nonlocal most, seen
        seen += batch
        if seen % (1 << 14) < batch:
            most = max(most, _anonymous_kib())

    start = time.perf_counter()
    for _ in train(network, images[:count], labels[:count], settings, rng, on_batch=look):
        pass
    seconds = time.perf_counter() - start
    print(json.dumps({"images_per_second": count / seconds, "anonymous_mib": most / 1024}))


def _anonymous_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])


def main(rounds: int = 3) -> None:
    make(FOLDER, SIZES[-1])
    found: dict[int, list[dict[str, float]]] = {count: [] for count in SIZES}
    for _ in range(rounds):
        for count, measured in found.items():
            command = [sys.executable, "-m", "tests.benchmarks.scale", str(count)]
            done = subprocess.run(command, capture_output=True, check=True)
            measured.append(json.loads(done.stdout))
    print("| images | images per second | of 60,000's | anonymous memory |\n|---|---|---|---|")
    speeds = {
        count: [one["images_per_second"] for one in measured] for count, measured in found.items()
    }
    for count, measured in found.items():
        of_base = np.divide(speeds[count], speeds[SIZES[0]])
        memory = max(one["anonymous_mib"] for one in measured)
        print(
            f"| {count:,} | {np.median(speeds[count]):,.0f} | {np.median(of_base):.2f}"
            f" | {memory:.0f} MiB |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        main()
