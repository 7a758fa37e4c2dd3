"""Observers of the training loop: the check for divergence, and snapshots for the demo page."""

import math
from collections.abc import Collection

import numpy as np

from stages.network.mlp import MAX_ABS_WEIGHT, MLP
from stages.training.config import TrainingConfig
from stages.training.errors import TrainingError
from stages.training.loop import TrainingState
from stages.training.snapshots import Snapshot


def require_convergence(
    network: MLP, config: TrainingConfig, n_train: int, state: TrainingState
) -> None:
    """Check the loss after each batch, and the weights at the end of an epoch.

    Parameters
    ----------
    network, config, n_train
        The network that is trained, how, and on how many images.
    state
        After the last batch.

    Raises
    ------
    TrainingError
        If the loss is not finite any more, or weights explode.
    """
    if not math.isfinite(state.loss_sum):
        raise _diverged("the loss is not a finite number any more", config, state)
    if state.samples_seen == n_train:
        _check_weights(network, config, state)


def take_snapshot(
    network: MLP, config: TrainingConfig, n_train: int, steps: Collection[int], state: TrainingState
) -> None:
    """Keep the network in `state.snapshots`, if the number of its steps is one of `steps`."""
    if state.n_steps in steps:
        _check_weights(network, config, state)
        epochs = len(state.epochs) + state.samples_seen / n_train
        state.snapshots.append(Snapshot.of(network, state.n_steps, epochs))


def _check_weights(network: MLP, config: TrainingConfig, state: TrainingState) -> None:
    if not all(np.abs(values).max() < MAX_ABS_WEIGHT for values, _ in network.parameters):
        raise _diverged(f"weights have grown beyond {MAX_ABS_WEIGHT:.0e}", config, state)


def _diverged(what: str, config: TrainingConfig, state: TrainingState) -> TrainingError:
    return TrainingError(
        f"training has diverged in epoch {len(state.epochs) + 1} of {config.epochs}: {what}; lower"
        f" train.learning_rate (it is {config.learning_rate:g}), to a tenth at first"
    )
