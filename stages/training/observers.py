"""Observers of the training loop: the check for divergence, and snapshots for the demo page."""

import math
from collections.abc import Collection

import numpy as np

from stages.network.mlp import MAX_ABS_WEIGHT, MLP
from stages.training.config import TrainingConfig
from stages.training.errors import TrainingError
from stages.training.loop import TrainingState
from stages.training.snapshots import Snapshot


class DivergenceCheck:
    """Ends training when the loss is not finite any more, or weights explode.

    Parameters
    ----------
    network
        The network that is trained.
    config
        How it is trained.
    n_train
        Number of training images.
    """

    def __init__(self, network: MLP, config: TrainingConfig, n_train: int) -> None:
        self._network, self._config, self._n_train = network, config, n_train

    def __call__(self, state: TrainingState) -> None:
        """Check the loss, and at the end of an epoch the weights.

        Raises
        ------
        TrainingError
            If training has diverged.
        """
        if not math.isfinite(state.loss_sum):
            raise _diverged("the loss is not a finite number any more", self._config, state)
        if state.samples_seen == self._n_train:
            _check_weights(self._network, self._config, state)


class SnapshotRecorder:
    """Keeps snapshots of a network in `TrainingState.snapshots`.

    Parameters
    ----------
    network
        The network that is trained.
    config
        How it is trained.
    n_train
        Number of training images.
    steps
        After which steps a snapshot is taken; 0 is the start.
    state
        The state before the next batch, which may be a resumed one.
    """

    def __init__(
        self,
        network: MLP,
        config: TrainingConfig,
        n_train: int,
        steps: Collection[int],
        state: TrainingState,
    ) -> None:
        self._network, self._config, self._n_train = network, config, n_train
        self._steps = steps
        if state.n_steps == 0:
            self(state)

    def __call__(self, state: TrainingState) -> None:
        """Take a snapshot, if this step is one of `steps`."""
        if state.n_steps in self._steps:
            _check_weights(self._network, self._config, state)
            epochs = len(state.epochs) + state.samples_seen / self._n_train
            state.snapshots.append(Snapshot.of(self._network, state.n_steps, epochs))


def _check_weights(network: MLP, config: TrainingConfig, state: TrainingState) -> None:
    if not all(np.abs(layer.weights).max() < MAX_ABS_WEIGHT for layer in network.layers):
        raise _diverged(f"weights have grown beyond {MAX_ABS_WEIGHT:.0e}", config, state)


def _diverged(what: str, config: TrainingConfig, state: TrainingState) -> TrainingError:
    return TrainingError(
        f"training has diverged in epoch {len(state.epochs) + 1} of {config.epochs}: {what}; lower"
        f" train.learning_rate (it is {config.learning_rate:g}), to a tenth at first"
    )
