"""The training loop: forward, loss, backward, step, for each batch of each epoch."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from statistics import fmean
from typing import Any, Self

import numpy as np

from stages.network.activations import Floats
from stages.network.batches import iterate_batches
from stages.network.dropout import Dropout
from stages.network.mlp import MLP
from stages.network.optimisers import OPTIMISERS, SCHEDULES, Optimiser
from stages.training.config import TrainingConfig
from stages.training.snapshots import Snapshot
from stages.training.split import Data

# Part of the training images, the first, on which accuracy without augmentation is measured.
CLEAN_FRACTION = 0.1


@dataclass(frozen=True)
class EpochMetrics:
    """The metrics of one epoch.

    Attributes
    ----------
    number
        Number of the epoch, from 1.
    learning_rate
        At the epoch's first batch.
    train_loss, train_accuracy
        Mean over the epoch's batches, augmented as they are, each before its own step.
    clean_train_accuracy
        After the epoch, on the first tenth of the training images, without augmentation.
    validation_loss, validation_accuracy
        After the epoch, on the validation images, with negative outputs as 0 in `squared_error`;
        None without validation data.
    """

    number: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    clean_train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None

    @classmethod
    def mean(cls, networks: Sequence[Self]) -> Self:
        """Average the metrics of several networks after the same epoch."""
        means: dict[str, Any] = {}
        for name in (column.name for column in fields(cls)):
            values = [getattr(metrics, name) for metrics in networks]
            means[name] = None if None in values else fmean(values)
        return cls(**means | {"number": networks[0].number})

    def __str__(self) -> str:
        validation = (
            ""
            if self.validation_loss is None
            else f"; validation loss {self.validation_loss:.4f},"
            f" accuracy {self.validation_accuracy:.2%}"
        )
        return f"loss {self.train_loss:.4f}, accuracy {self.train_accuracy:.2%}{validation}"


@dataclass
class TrainingState:
    """The state of a network's training: with the network, all that is needed to resume.

    `train` updates it after each batch.

    Attributes
    ----------
    optimiser_state
        Arrays of the optimiser; empty before the first batch.
    epochs
        Metrics of the epochs that are finished.
    n_steps
        Number of optimiser steps.
    samples_seen, batch_size
        Number of images of the current epoch that are learnt from, and of the last batch.
    loss_sum, n_correct
        Sum of their losses, and number that were classified correctly.
    augmentation_rng
        Generator of the augmentation, and of dropout, of the epoch's other images; None before the
        first batch.
    snapshots
        The network after some of its steps, which an observer collects.
    """

    optimiser_state: list[Floats] = field(default_factory=list)
    epochs: list[EpochMetrics] = field(default_factory=list)
    n_steps: int = 0
    samples_seen: int = 0
    batch_size: int = 0
    loss_sum: float = 0.0
    n_correct: int = 0
    augmentation_rng: np.random.Generator | None = None
    snapshots: list[Snapshot] = field(default_factory=list)


# Called after each batch: progress, checkpoints, snapshots, the check for divergence.
Observer = Callable[[TrainingState], object]


def train(
    network: MLP,
    data: Data,
    validation: Data | None,
    config: TrainingConfig,
    rng: np.random.Generator,
    observers: Sequence[Observer] = (),
    state: TrainingState | None = None,
) -> Iterator[EpochMetrics]:
    """Train a network in place, an epoch at a time.

    Parameters
    ----------
    network
        Its weights change from batch to batch.
    data
        Training images and labels.
    validation
        Images and labels on which loss and accuracy are measured after each epoch.
    config
        How to train.
    rng
        Generator of the order of the images and of their augmentation.
    observers
        Called in turn after each batch. What they raise ends the training.
    state
        Where to resume, with the network as it was then; changed from batch to batch. The result
        is the same, bit for bit, as without an interruption.

    Yields
    ------
    EpochMetrics
        After each epoch; first those of the epochs that `state` holds.
    """
    state = state or TrainingState()
    optimiser = OPTIMISERS[config.optimizer](network, config.momentum, config.weight_decay)
    for array, saved in zip(optimiser.state, state.optimiser_state, strict=False):
        array[:] = saved
    state.optimiser_state = optimiser.state

    yield from tuple(state.epochs)
    # Each epoch has generators of its own, so that none depends on how much the others drew.
    rng.spawn(2 * len(state.epochs))
    for epoch in range(len(state.epochs), config.epochs):
        shuffle_rng, augmentation_rng = rng.spawn(2)
        if state.augmentation_rng and state.samples_seen:
            augmentation_rng.bit_generator.state = state.augmentation_rng.bit_generator.state
        state.augmentation_rng = augmentation_rng
        _train_epoch(network, optimiser, data, config, epoch, shuffle_rng, state, observers)
        state.epochs.append(_measure(network, data, validation, config, epoch, state))
        state.samples_seen, state.loss_sum, state.n_correct = 0, 0.0, 0
        yield state.epochs[-1]


def _train_epoch(
    network: MLP,
    optimiser: Optimiser,
    data: Data,
    config: TrainingConfig,
    epoch: int,
    shuffle_rng: np.random.Generator,
    state: TrainingState,
    observers: Sequence[Observer],
) -> None:
    """Learn from each training image once, or from those that are left of an epoch."""
    assert state.augmentation_rng is not None
    batches = iterate_batches(
        *data,
        config.batch_size,
        shuffle_rng,
        state.augmentation_rng,
        config.augmentation,
        skip=math.ceil(state.samples_seen / config.batch_size),
    )
    dropout = Dropout(config.dropout, state.augmentation_rng) if config.dropout else None
    schedule = SCHEDULES[config.learning_rate_schedule]
    for inputs, labels in batches:
        epochs_done = epoch + state.samples_seen / len(data.images)
        learning_rate = config.learning_rate * schedule(epochs_done / config.epochs)
        with np.errstate(over="ignore", invalid="ignore"):  # an observer checks the loss
            outputs = network.forward(inputs, dropout)
            loss_value, gradient = network.loss(outputs, labels)
            network.backward(gradient)
            optimiser.step(learning_rate)
        state.n_steps += 1
        state.batch_size = len(labels)
        state.samples_seen += len(labels)
        state.loss_sum += loss_value * len(labels)
        state.n_correct += int(np.count_nonzero(outputs.argmax(axis=1) == labels))
        for observer in observers:
            observer(state)


def _measure(
    network: MLP,
    data: Data,
    validation: Data | None,
    config: TrainingConfig,
    epoch: int,
    state: TrainingState,
) -> EpochMetrics:
    n_train = len(data.images)
    schedule = SCHEDULES[config.learning_rate_schedule]
    n_clean = max(1, round(CLEAN_FRACTION * n_train))
    _, clean_train_accuracy = network.evaluate(data.images[:n_clean], data.labels[:n_clean])
    validation_loss, validation_accuracy = (
        network.evaluate(*validation) if validation else (None, None)
    )
    return EpochMetrics(
        number=epoch + 1,
        learning_rate=config.learning_rate * schedule(epoch / config.epochs),
        train_loss=state.loss_sum / n_train,
        train_accuracy=state.n_correct / n_train,
        clean_train_accuracy=clean_train_accuracy,
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
    )
