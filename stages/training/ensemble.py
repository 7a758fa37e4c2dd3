"""Ensembles: networks trained with different seeds, whose outputs are averaged.

Each makes other mistakes, so the mean makes fewer (Hansen and Salamon, "Neural network ensembles",
1990). A single network is an ensemble of one.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Protocol, Self

import numpy as np

from stages.network.activations import Floats
from stages.network.errors import NetworkError
from stages.network.losses import evaluate
from stages.network.mlp import MLP
from stages.network.parallel import one_thread
from stages.training.config import TrainingConfig
from stages.training.loop import Data, EpochMetrics, TrainingState, train


class Ensemble:
    """Networks whose outputs are averaged.

    Parameters
    ----------
    networks
        At least one; all take the same images and have the same loss.
    """

    def __init__(self, networks: Sequence[MLP]) -> None:
        self.networks = tuple(networks)
        self.loss = self.networks[0].loss

    @classmethod
    def random(cls, config: TrainingConfig, image_shape: tuple[int, ...], n_classes: int) -> Self:
        """Make an ensemble with random weights.

        Parameters
        ----------
        config
            Number, layers and seed of the networks.
        image_shape
            Rows and columns of the images.
        n_classes
            Number of outputs.

        Raises
        ------
        NetworkError
            If the weights, and the velocities of training, are more than the machine's memory.
        """
        sizes = (math.prod(image_shape), *config.hidden, n_classes)
        _check_memory(config.ensemble_size * sum((n + 1) * m for n, m in pairwise(sizes)))
        return cls(
            [MLP.random(sizes, config.activation, config.loss, rng) for rng in _rngs(config)]
        )

    def check_compatible(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Check that images and labels fit the networks; errors are those of the MLP's method."""
        self.networks[0].check_compatible(images, labels)

    def outputs(self, images: np.ndarray) -> Floats:
        """Compute the mean outputs, float32 (n, classes), for images, uint8 (n, rows, columns)."""
        total = self.networks[0].outputs(images)
        for network in self.networks[1:]:
            total += network.outputs(images)
        total /= len(self.networks)
        return total

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy, 0 to 1, on images, uint8 (n, rows, columns)."""
        return evaluate(self.loss, self.outputs(images), labels)


class Checkpointer(Protocol):
    """Saves the state of training, and restores it."""

    def resume(self, index: int, network: MLP) -> TrainingState:
        """Restore the network and return its training state: a new one where none is saved."""

    def save_if_due(self, index: int) -> None:
        """Save a network's state if it is time to; called from the thread that trains it."""


def train_ensemble(
    ensemble: Ensemble,
    data: Data,
    validation: Data | None,
    config: TrainingConfig,
    on_batch: Callable[[int], object] = lambda n_images: None,
    checkpointer: Checkpointer | None = None,
) -> Iterator[EpochMetrics]:
    """Train the networks of an ensemble in place, an epoch at a time, each in its own thread.

    Parameters
    ----------
    ensemble
        As `Ensemble.random` made it.
    data, validation, config, on_batch
        As for `training.train`; moments are kept of the first network alone.
    checkpointer
        What training resumes from, and is saved to.

    Returns
    -------
    iterator of EpochMetrics
        After each epoch, the mean over the networks. Checkpoints are restored at once, the epochs
        are trained as they are taken from the iterator.

    Raises
    ------
    NetworkError
        If training diverges.
    """
    epochs = []
    for index, (network, rng) in enumerate(zip(ensemble.networks, _rngs(config), strict=True)):
        state = checkpointer.resume(index, network) if checkpointer else TrainingState()
        after_batch = partial(_after_batch, on_batch, checkpointer, index)
        own_config = config if index == 0 else replace(config, moments=0)
        epochs.append(train(network, data, validation, own_config, rng, after_batch, state))
    return epochs[0] if len(epochs) == 1 else _side_by_side(epochs)


def _side_by_side(epochs: Sequence[Iterator[EpochMetrics]]) -> Iterator[EpochMetrics]:
    """Take an epoch of each network at a time, and yield the mean of their metrics."""
    with ThreadPoolExecutor(min(len(epochs), os.cpu_count() or 1)) as pool:
        while of_networks := [metrics for metrics in pool.map(_next, epochs) if metrics]:
            yield EpochMetrics.mean(of_networks)


def _check_memory(n_weights: int) -> None:
    """Refuse what the system would grant, and kill us for using; Windows grants no such memory."""
    n_bytes = 2 * np.dtype(np.float32).itemsize * n_weights
    if hasattr(os, "sysconf"):
        n_bytes_of_machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if n_bytes > n_bytes_of_machine:
            raise NetworkError(
                f"to train {n_weights:,} weights takes {n_bytes / 1e9:,.0f} GB of memory, and this"
                f" machine has {n_bytes_of_machine / 1e9:,.0f}: use smaller layers or ensembles"
            )


def _rngs(config: TrainingConfig) -> list[np.random.Generator]:
    """Make the generator of each network: of its weights, and of its batches."""
    return np.random.default_rng(config.seed).spawn(config.ensemble_size)


def _after_batch(
    on_batch: Callable[[int], object],
    checkpointer: Checkpointer | None,
    index: int,
    n_images: int,
) -> None:
    on_batch(n_images)
    if checkpointer:
        checkpointer.save_if_due(index)


def _next(epochs: Iterator[EpochMetrics]) -> EpochMetrics | None:
    with one_thread():
        return next(epochs, None)
