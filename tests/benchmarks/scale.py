"""Training from the disk: images per second and memory, from 60 thousand to 8.1 million images.

The 8.1 million are MNIST's own, augmented, as in Infinite MNIST (Loosli, Canu and Bottou, 2007).
They are written to a `.npy` file of 6.4 GB, which later runs use again.
"""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, manifest_path, write_manifest
from stages.network.augmentation import Augmentation
from stages.network.mlp import MLP
from stages.training.loop import TrainingState, train
from stages.training.split import Data
from tests.benchmarks.peers import DATA, mnist
from tests.helpers.config import CONFIG

SIZES = (60_000, 600_000, 8_100_000)
FOLDER = DATA.parent / "infinite"
_BLOCK = 6_000


def make(folder: Path, count: int) -> None:
    """Write `count` augmented images and their labels, unless they exist."""
    images_path, labels_path = arrays.paths(folder, "train")
    if manifest_path(folder).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = mnist()
    rng = np.random.default_rng(1)
    augmentation = Augmentation(shift=1, rotation=8, scale=0.08, shear=0.1, elastic=1)
    augmented = np.lib.format.open_memmap(images_path, "w+", np.uint8, (count, 28, 28))
    for start in tqdm(range(0, count, _BLOCK), desc=f"making {count:,} images", disable=None):
        first = start % len(images)
        pixels = augmentation.apply(images[first : first + _BLOCK], rng)
        augmented[start : start + _BLOCK] = np.rint(pixels * 255).reshape(-1, 28, 28)
    augmented.flush()
    np.save(labels_path, np.resize(labels, count))
    write_manifest(create_manifest(folder, "mnist", CATALOGUE["mnist"]), folder)


def measure(count: int) -> None:
    """Train an epoch on the first `count` images, and print speed and memory as JSON."""
    images, labels = arrays.load(FOLDER, "train")
    rng = np.random.default_rng(1)
    network = MLP.random((784, 128, 10), "relu", "cross_entropy", rng)
    config = replace(
        CONFIG,
        epochs=1,
        batch_size=128,
        learning_rate_schedule="constant",
        weight_decay=0,
        augmentation=None,
    )
    peak = 0

    def measure_memory(state: TrainingState) -> None:
        nonlocal peak
        if state.samples_seen % (1 << 14) < state.batch_size:
            peak = max(peak, _anonymous_kib())

    data = Data(images[:count], labels[:count])
    start = time.perf_counter()
    for _ in train(network, data, None, config, rng, [measure_memory]):
        pass
    seconds = time.perf_counter() - start
    print(json.dumps({"images_per_second": count / seconds, "anonymous_mib": peak / 1024}))


def _anonymous_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("RssAnon:")[2].split()[0])


def main(rounds: int = 3) -> None:
    make(FOLDER, SIZES[-1])
    results: dict[int, list[dict[str, float]]] = {count: [] for count in SIZES}
    for _ in range(rounds):
        for count, measured in results.items():
            command = [sys.executable, "-m", "tests.benchmarks.scale", str(count)]
            done = subprocess.run(command, capture_output=True, check=True)
            measured.append(json.loads(done.stdout))
    print("| images | images per second | of 60,000's | anonymous memory |\n|---|---|---|---|")
    speeds = {
        count: [one["images_per_second"] for one in measured] for count, measured in results.items()
    }
    for count, measured in results.items():
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
