"""Training of ensembles: each network in its own thread, with generators of its own."""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np

from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.parallel import one_thread
from stages.training.checkpoint_manager import CheckpointManager
from stages.training.config import TrainingConfig
from stages.training.errors import TrainingError
from stages.training.loop import EpochMetrics, Observer, TrainingState, train
from stages.training.observers import require_convergence, take_snapshot
from stages.training.snapshots import snapshot_steps
from stages.training.split import Data


def random_ensemble(
    config: TrainingConfig, image_shape: tuple[int, ...], n_classes: int
) -> Ensemble:
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
    TrainingError
        If the weights, and the velocities of training, are more than the machine's memory.
    """
    sizes = (math.prod(image_shape), *config.hidden, n_classes)
    _check_memory(config.ensemble_size * sum((n + 1) * m for n, m in pairwise(sizes)))
    return Ensemble(
        [
            MLP.random(sizes, config.activation, config.loss, rng, config.initialisation)
            for rng in _rngs(config)
        ]
    )


def train_ensemble(
    ensemble: Ensemble,
    data: Data,
    validation: Data | None,
    config: TrainingConfig,
    observers: Sequence[Observer] = (),
    checkpoints: CheckpointManager | None = None,
    n_snapshots: int = 0,
) -> Iterator[EpochMetrics]:
    """Train the networks of an ensemble in place, an epoch at a time.

    Parameters
    ----------
    ensemble
        As `random_ensemble` made it.
    data, validation, config
        Passed on to `loop.train`.
    observers
        Called after each batch of each network, from the thread that trains it.
    checkpoints
        What training resumes from, and is saved to.
    n_snapshots
        Number of snapshots of the first network.

    Returns
    -------
    iterator of EpochMetrics
        After each epoch, the mean over the networks. Checkpoints are restored at once, the epochs
        are trained as they are taken from the iterator.

    Raises
    ------
    TrainingError
        If training diverges.
    """
    n_train = len(data.images)
    n_steps = config.epochs * math.ceil(n_train / config.batch_size)
    epochs = []
    for index, (network, rng) in enumerate(zip(ensemble.networks, _rngs(config), strict=True)):
        state = checkpoints.resume(network) if checkpoints else TrainingState()
        own: list[Observer] = [partial(require_convergence, network, config, n_train)]
        if index == 0:
            steps = snapshot_steps(n_snapshots, n_steps)
            own.append(partial(take_snapshot, network, config, n_train, steps))
            if state.n_steps == 0:
                own[-1](state)  # the start, before the first batch
        own += observers
        if checkpoints:
            own.append(checkpoints.observer(index))
        epochs.append(train(network, data, validation, config, rng, own, state))
    return epochs[0] if len(epochs) == 1 else _side_by_side(epochs)


def _side_by_side(epochs: Sequence[Iterator[EpochMetrics]]) -> Iterator[EpochMetrics]:
    """Take an epoch of each network at a time, and yield the mean of their metrics."""
    with ThreadPoolExecutor(min(len(epochs), os.cpu_count() or 1)) as pool:
        while of_networks := [metrics for metrics in pool.map(_next, epochs) if metrics]:
            yield EpochMetrics.mean(of_networks)


def _check_memory(n_weights: int) -> None:
    """Fail early: Linux overcommits memory, and kills the process that uses it."""
    n_bytes = 2 * np.dtype(np.float32).itemsize * n_weights
    if hasattr(os, "sysconf"):
        n_bytes_of_machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if n_bytes > n_bytes_of_machine:
            raise TrainingError(
                f"to train {n_weights:,} weights takes {n_bytes / 1e9:,.0f} GB of memory, and this"
                f" machine has {n_bytes_of_machine / 1e9:,.0f}: use smaller layers or ensembles"
            )


def _rngs(config: TrainingConfig) -> list[np.random.Generator]:
    """Make the generator of each network: of its weights, and of its batches."""
    return np.random.default_rng(config.seed).spawn(config.ensemble_size)


def _next(epochs: Iterator[EpochMetrics]) -> EpochMetrics | None:
    with one_thread():
        return next(epochs, None)
