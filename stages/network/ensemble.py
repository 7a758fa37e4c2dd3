"""Committees: networks that learnt apart, and answer with the mean of their outputs.

Each errs in its own way, so that the mean errs less (Hansen and Salamon, "Neural network
ensembles", 1990). A network alone is a committee of one.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from stages.network.activations import Floats
from stages.network.mlp import MLP
from stages.network.training import EpochMetrics


class Ensemble:
    """Networks that answer together.

    Parameters
    ----------
    networks
        At least one; all take the same images and have the same loss.
    """

    def __init__(self, networks: Sequence[MLP]) -> None:
        self.networks = tuple(networks)
        self.loss = self.networks[0].loss

    def outputs(self, images: np.ndarray) -> Floats:
        """Compute the mean outputs, float32 (n, classes), for images, uint8 (n, rows, columns)."""
        total = self.networks[0].outputs(images)
        for network in self.networks[1:]:
            total += network.outputs(images)
        total /= len(self.networks)
        return total

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Tell which part, 0 to 1, of images, uint8 (n, rows, columns), gets its label, (n,)."""
        return float((self.outputs(images).argmax(axis=1) == labels).mean())


def train_ensemble(trainings: Sequence[Iterator[EpochMetrics]]) -> Iterator[EpochMetrics]:
    """Train several networks side by side, an epoch at a time.

    Each has a thread of its own, and BLAS has one in each, so that no two fight over a core. One
    network alone has BLAS with the two threads that `products.py` gives it.

    Parameters
    ----------
    trainings
        What `train` returned for each network.

    Yields
    ------
    EpochMetrics
        The mean over the networks.
    """
    if len(trainings) == 1:
        yield from trainings[0]
        return
    threads = min(len(trainings), os.cpu_count() or 1)
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        while epochs := [epoch for epoch in pool.map(_next, trainings) if epoch]:
            yield EpochMetrics.mean(epochs)


def _next(training: Iterator[EpochMetrics]) -> EpochMetrics | None:
    return next(training, None)
