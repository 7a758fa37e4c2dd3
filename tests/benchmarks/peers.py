"""Training with this project and PyTorch, and bare matrix products: their times.

Each is measured in a process of its own, since the threads of a BLAS wait busily for more work and
would take a core from the next one.
"""

import itertools
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.fetch import fetch
from stages.network.augmentation import Augmentation
from stages.network.names import ActivationName, LossName
from tests.helpers.config import CONFIG

RAW = Path("data/benchmark/mnist/raw")
DATA = RAW.parent
# Seconds after which the threads of the last peer sleep.
_PAUSE = 0.15


def prepare() -> None:
    """Fetch and convert MNIST."""
    for _ in fetch("mnist", CATALOGUE["mnist"], RAW, os.environ.get("DATASET_MIRROR")):
        pass
    arrays.convert(RAW, DATA, "mnist", CATALOGUE["mnist"])


@cache
def mnist(split: arrays.Split = "train") -> tuple[np.ndarray, np.ndarray]:
    images, labels = arrays.load(DATA, split)
    return images, labels


def side_by_side(
    peers: Mapping[str, Callable[..., float]], *cases: Sequence[Any], repeats: int = 5
) -> list[dict[str, list[float]]]:
    """Measure peers in turn, after a round to warm up.

    A round goes through all cases: while the machine is busy with other work, one round of each
    case is affected, and not all rounds of one case.

    Parameters
    ----------
    peers
        Functions that return their own time, in seconds.
    cases
        Arguments of the peers.
    repeats
        Number of rounds, without the first.

    Returns
    -------
    list of dict
        For each case the seconds of each peer, by round.
    """
    context = multiprocessing.get_context("spawn")
    pools = {name: ProcessPoolExecutor(1, mp_context=context) for name in peers}
    seconds: list[dict[str, list[float]]] = [{name: [] for name in peers} for _ in cases]
    for repeat in range(repeats + 1):
        for case, of_case in zip(cases, seconds, strict=True):
            for name, measure in peers.items():
                elapsed = pools[name].submit(measure, *case).result()
                time.sleep(_PAUSE)
                if repeat:
                    of_case[name].append(elapsed)
    for pool in pools.values():
        pool.shutdown()
    return seconds


def ratio(seconds: dict[str, list[float]], ours: str, theirs: str) -> float:
    """Return the median ratio of the times of two peers in the same round."""
    pairs = zip(seconds[ours], seconds[theirs], strict=True)
    return statistics.median(one / other for one, other in pairs)


def ours(
    hidden: Sequence[int],
    batch_size: int,
    activation: ActivationName = "relu",
    loss: LossName = "cross_entropy",
    learning_rate: float = 0.05,
    momentum: float = 0.9,
    epochs: int = 1,
    augmentation: Augmentation | None = None,
) -> float:
    """Time training on MNIST."""
    from stages.network.mlp import MLP
    from stages.training.loop import train
    from stages.training.split import Data

    config = replace(
        CONFIG,
        batch_size=batch_size,
        learning_rate=learning_rate,
        learning_rate_schedule="constant",
        momentum=momentum,
        weight_decay=0,
        epochs=epochs,
        augmentation=augmentation,
    )
    data = Data(*mnist())
    rng = np.random.default_rng(1)
    network = MLP.random((784, *hidden, 10), activation, loss, rng)
    start = time.perf_counter()
    for _ in train(network, data, None, config, rng):
        pass
    return time.perf_counter() - start


@cache
def _tensors() -> Any:
    import torch

    images, labels = mnist()
    pixels = torch.from_numpy(images.reshape(-1, 784).astype(np.float32) / 255)
    return pixels, torch.from_numpy(labels.astype(np.int64))


def pytorch(
    hidden: Sequence[int],
    batch_size: int,
    activation: ActivationName = "relu",
    loss: LossName = "cross_entropy",
    learning_rate: float = 0.05,
    momentum: float = 0.9,
    epochs: int = 1,
) -> float:
    """Time the same training with PyTorch."""
    import torch
    from torch import nn

    pixels, labels = _tensors()
    function = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[activation]
    sizes = (784, *hidden, 10)
    layers: list[Any] = []
    for n_inputs, n_neurons in itertools.pairwise(sizes):
        layers += [nn.Linear(n_inputs, n_neurons), function()]
    criterion: Any
    if loss == "cross_entropy":
        layers.pop()
        criterion, targets = nn.CrossEntropyLoss(), labels
    else:
        criterion, targets = _squared_error, nn.functional.one_hot(labels, 10).float()
    network = nn.Sequential(*layers)
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=momentum)
    start = time.perf_counter()
    for _ in range(epochs):
        shuffled = torch.randperm(len(pixels))
        for first in range(0, len(shuffled), batch_size):
            indices = shuffled[first : first + batch_size]
            optimiser.zero_grad()
            criterion(network(pixels[indices]), targets[indices]).backward()
            optimiser.step()
    return time.perf_counter() - start


def _squared_error(outputs: Any, targets: Any) -> Any:
    return ((outputs - targets) ** 2).sum() / (2 * len(outputs))


def bare_products(hidden: Sequence[int], batch_size: int) -> float:
    """Time the matrix products of an epoch alone, with NumPy's BLAS."""
    sizes = (784, *hidden, 10)
    rng = np.random.default_rng(1)
    activations = [rng.standard_normal((batch_size, size), np.float32) for size in sizes]
    weights = [rng.standard_normal(shape, np.float32) for shape in itertools.pairwise(sizes)]
    deltas = [np.empty_like(array) for array in activations]
    gradients = [np.empty_like(array) for array in weights]
    start = time.perf_counter()
    for _ in range(60_000 // batch_size):
        for index, weight in enumerate(weights):
            np.matmul(activations[index], weight, out=deltas[index + 1])
        for index in reversed(range(len(weights))):
            np.matmul(activations[index].T, activations[index + 1], out=gradients[index])
            if index:
                np.matmul(activations[index + 1], weights[index].T, out=deltas[index])
    return time.perf_counter() - start
