"""Train one entrant with one seed, and print seconds and test accuracy after each epoch as JSON.

Usage: `python -m tests.benchmarks.league.run ENTRANT SEED LIMIT SPLIT`. An entrant is a generator
function, named by its module and its name, and optionally a recipe: `pytorch:mlp:quick`. It trains
for an epoch at a time and yields a function that classifies images. Its time counts compilation
and excludes imports and the measurement of accuracies.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path("data/benchmark/mnist")
Classify = Callable[[np.ndarray], np.ndarray]
Entrant = Callable[..., Iterator[Classify]]


def recipe(name: str) -> dict[str, Any]:
    """Read the parameters of a recipe: sections `train` and `augment`."""
    from ruamel.yaml import YAML

    read = YAML(typ="safe").load
    params: dict[str, Any] = read(Path("params.yaml"))
    own = read(Path("recipes") / f"{name}.yaml")
    return {section: params[section] | own.get(section, {}) for section in ("train", "augment")}


def arrays(split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load what to learn from and what to measure on: MNIST's two parts, or the first in two."""
    images, labels = (np.load(DATA / f"train_{name}.npy") for name in ("images", "labels"))
    if split == "validation":
        return images[:50_000], labels[:50_000], images[50_000:], labels[50_000:]
    return images, labels, *(np.load(DATA / f"test_{name}.npy") for name in ("images", "labels"))


def main() -> None:
    entrant, seed, limit, split = sys.argv[1:]
    module, function, *recipes = entrant.split(":")
    train: Entrant = getattr(importlib.import_module(f"tests.benchmarks.league.{module}"), function)
    images, labels, test_images, test_labels = arrays(split)
    epochs = train(images, labels, int(seed), *map(recipe, recipes))
    curve: list[tuple[float, float]] = []
    seconds, start = 0.0, time.perf_counter()
    for classify in epochs:
        seconds += time.perf_counter() - start
        curve.append((seconds, float(np.mean(classify(test_images) == test_labels))))
        if seconds >= float(limit):
            break
        start = time.perf_counter()
    print(json.dumps(curve))


if __name__ == "__main__":
    main()
