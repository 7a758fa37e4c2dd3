"""What is measured side by side: this project, PyTorch, scikit-learn, and the bare products.

Each peer lives in a process of its own, since the threads of one BLAS wait busily for more work
and would take a core from the next one to be measured.
"""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from stages.datasets import arrays

DATA = Path("data/benchmark/mnist")
# Long enough for the threads of the last peer to go to sleep.
_PAUSE = 0.15


@cache
def mnist(part: arrays.Split = "train") -> tuple[np.ndarray, np.ndarray]:
    images, labels = arrays.load(DATA, part)
    return images, labels


def side_by_side(
    peers: Mapping[str, Callable[..., float]], *cases: Sequence[Any], repeats: int = 5
) -> list[dict[str, list[float]]]:
    """Measure peers by turns, after a round that does not count.

    A round goes through all cases, so that a minute in which the machine is busy with something
    else spoils one round of each and not all rounds of one.

    Parameters
    ----------
    peers
        Each measures itself, in seconds.
    cases
        What the peers are called with.
    repeats
        Rounds that count.

    Returns
    -------
    list of dict
        For each case the seconds of each peer, round by round.
    """
    context = multiprocessing.get_context("spawn")
    pools = {name: ProcessPoolExecutor(1, mp_context=context) for name in peers}
    seconds: list[dict[str, list[float]]] = [{name: [] for name in peers} for _ in cases]
    for repeat in range(repeats + 1):
        for case, found in zip(cases, seconds, strict=True):
            for name, measure in peers.items():
                taken = pools[name].submit(measure, *case).result()
                time.sleep(_PAUSE)
                if repeat:
                    found[name].append(taken)
    for pool in pools.values():
        pool.shutdown()
    return seconds


def ratio(seconds: dict[str, list[float]], ours: str, theirs: str) -> float:
    """Give the median ratio of measurements that were made one after the other."""
    pairs = zip(seconds[ours], seconds[theirs], strict=True)
    return statistics.median(one / other for one, other in pairs)


def ours(
    hidden: Sequence[int],
    batch: int,
    activation: str = "relu",
    loss: str = "cross_entropy",
    rate: float = 0.05,
    momentum: float = 0.9,
    epochs: int = 1,
    deformation: Any = None,
) -> float:
    from stages.network.augmentation import NO_AUGMENTATION
    from stages.network.mlp import MLP
    from stages.network.training import Settings, train

    images, labels = mnist()
    rng = np.random.default_rng(1)
    network = MLP.random((784, *hidden, 10), activation, loss, rng)  # type: ignore[arg-type]
    settings = Settings(
        epochs, batch, rate, "constant", momentum, 0.0, deformation or NO_AUGMENTATION
    )
    start = time.perf_counter()
    for _ in train(network, images, labels, settings, rng):
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
    batch: int,
    activation: str = "relu",
    loss: str = "cross_entropy",
    rate: float = 0.05,
    momentum: float = 0.9,
    epochs: int = 1,
) -> float:
    import torch
    from torch import nn

    pixels, labels = _tensors()
    function = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[activation]
    sizes = (784, *hidden, 10)
    layers: list[Any] = []
    for inputs, neurons in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, neurons), function()]
    if loss == "cross_entropy":
        layers.pop()
        cost: Any = nn.CrossEntropyLoss()
    else:
        wished = nn.functional.one_hot(labels, 10).float()
        cost = lambda outputs, wanted: ((outputs - wanted) ** 2).sum() / (2 * len(outputs))  # noqa: E731
    targets = labels if loss == "cross_entropy" else wished
    network = nn.Sequential(*layers)
    optimiser = torch.optim.SGD(network.parameters(), lr=rate, momentum=momentum)
    start = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(pixels))
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            optimiser.zero_grad()
            cost(network(pixels[chosen]), targets[chosen]).backward()
            optimiser.step()
    return time.perf_counter() - start


def bare_products(hidden: Sequence[int], batch: int) -> float:
    """Time the matrix products of an epoch and nothing else, by NumPy's own BLAS."""
    sizes = (784, *hidden, 10)
    rng = np.random.default_rng(1)
    values = [rng.standard_normal((batch, size), np.float32) for size in sizes]
    weights = [rng.standard_normal(pair, np.float32) for pair in itertools.pairwise(sizes)]
    room = [np.empty_like(array) for array in values]
    gradients = [np.empty_like(array) for array in weights]
    start = time.perf_counter()
    for _ in range(60_000 // batch):
        for index, weight in enumerate(weights):
            np.matmul(values[index], weight, out=room[index + 1])
        for index in reversed(range(len(weights))):
            np.matmul(values[index].T, values[index + 1], out=gradients[index])
            if index:
                np.matmul(values[index + 1], weights[index].T, out=room[index])
    return time.perf_counter() - start


def ours_to_975() -> float:
    """Time our training until 97.5 % of the test images are right; measuring does not count."""
    from stages.network.mlp import MLP
    from stages.network.training import Settings, train

    images, labels = mnist()
    test = mnist("test")
    rng = np.random.default_rng(1)
    network = MLP.random((784, 128, 10), "relu", "cross_entropy", rng)
    settings = Settings(
        epochs=2,
        batch_size=64,
        learning_rate=0.1,
        learning_rate_schedule="linear",
        momentum=0.9,
        weight_decay=0.0,
    )
    seconds, start = 0.0, time.perf_counter()
    for _ in train(network, images, labels, settings, rng):
        seconds += time.perf_counter() - start
        if network.accuracy(*test) >= 0.975:
            return seconds
        start = time.perf_counter()
    raise AssertionError("97.5 % not reached")


def scikit_learn_to_975() -> float:
    """Time scikit-learn's the same way: same network, batch and momentum; the best of its rates."""
    from sklearn.neural_network import MLPClassifier

    images, labels = mnist()
    test_images, test_labels = mnist("test")
    pixels, test_pixels = (
        array.reshape(-1, 784).astype(np.float32) / 255 for array in (images, test_images)
    )
    network = MLPClassifier(
        (128,), solver="sgd", batch_size=64, momentum=0.9, learning_rate_init=0.1, random_state=1
    )
    seconds = 0.0
    while True:
        start = time.perf_counter()
        network.partial_fit(pixels, labels, classes=np.arange(10))
        seconds += time.perf_counter() - start
        if network.score(test_pixels, test_labels) >= 0.975:
            return seconds
