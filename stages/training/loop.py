"""Training: epochs of batches, one step of SGD each."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from statistics import fmean
from typing import Any, NamedTuple, Self

import numpy as np

from stages.network.activations import Floats
from stages.network.batches import iterate_batches
from stages.network.errors import NetworkError
from stages.network.mlp import MLP
from stages.network.schedules import SCHEDULES
from stages.network.sgd import SGD
from stages.training.config import TrainingConfig
from stages.training.snapshots import Moment, moment_steps

# Pixels are at most 1: no network that learns from them comes near.
MAX_ABS_WEIGHT = 1e5
# Part of the training images, the first, on which accuracy without augmentation is measured.
CLEAN_FRACTION = 0.1


class Data(NamedTuple):
    """Images, uint8 (n, rows, columns), and their labels, uint8 (n,)."""

    images: np.ndarray
    labels: np.ndarray


def split_validation(data: Data, config: TrainingConfig) -> tuple[Data, Data | None]:
    """Split data into training and validation data; errors are those of `config.train_size`."""
    n_train = config.train_size(len(data.images))
    train_data = Data(data.images[:n_train], data.labels[:n_train])
    validation = Data(data.images[n_train:], data.labels[n_train:])
    return train_data, validation if len(validation.images) else None


@dataclass(frozen=True)
class EpochMetrics:
    """The metrics of one epoch.

    Attributes
    ----------
    number
        Of the epoch, from 1.
    learning_rate
        At the epoch's first batch.
    train_loss, train_accuracy
        Mean over the epoch's batches, augmented as they are, each before its own step.
    clean_train_accuracy
        After the epoch, on the first tenth of the training images, without augmentation.
    validation_loss, validation_accuracy
        After the epoch, on the validation images; None without validation data.
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
    velocities
        Those of SGD, float32, (neurons, inputs + 1), one a layer; empty before the first batch.
    epochs
        Metrics of the epochs that are finished.
    samples_seen
        Number of images of the current epoch that are learnt from.
    loss_sum, n_correct
        Sum of their losses, and number that were classified correctly.
    augmentation_rng
        Generator of the augmentation of the epoch's other images; None before the first batch.
    moments
        The network at the moments so far that `config.moments` asks for.
    """

    velocities: list[Floats] = field(default_factory=list)
    epochs: list[EpochMetrics] = field(default_factory=list)
    samples_seen: int = 0
    loss_sum: float = 0.0
    n_correct: int = 0
    augmentation_rng: np.random.Generator | None = None
    moments: list[Moment] = field(default_factory=list)


def train(
    network: MLP,
    data: Data,
    validation: Data | None,
    config: TrainingConfig,
    rng: np.random.Generator,
    on_batch: Callable[[int], object] = lambda n_images: None,
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
    on_batch
        Called with the number of images of each batch, after its step.
    state
        Where to resume, with the network as it was then; changed from batch to batch. The result
        is the same, bit for bit, as without an interruption.

    Yields
    ------
    EpochMetrics
        After each epoch; first those of the epochs that `state` holds.

    Raises
    ------
    NetworkError
        If the loss is not finite any more, or weights have exploded.
    """
    state = state or TrainingState()
    sgd = SGD(
        network, min(config.batch_size, len(data.images)), config.momentum, config.weight_decay
    )
    for velocity, saved in zip(sgd.velocities, state.velocities, strict=False):
        velocity[:] = saved
    state.velocities = sgd.velocities

    yield from tuple(state.epochs)
    # Each epoch has generators of its own, so that none depends on how much the others drew.
    rng.spawn(2 * len(state.epochs))
    for epoch in range(len(state.epochs), config.epochs):
        shuffle_rng, augmentation_rng = rng.spawn(2)
        if state.augmentation_rng and state.samples_seen:
            augmentation_rng.bit_generator.state = state.augmentation_rng.bit_generator.state
        state.augmentation_rng = augmentation_rng
        _train_epoch(sgd, data, config, epoch, shuffle_rng, state, on_batch)
        _check_weights(network, epoch, config)
        metrics = _measure(network, data, validation, config, epoch, state)
        state.epochs.append(metrics)
        state.samples_seen, state.loss_sum, state.n_correct = 0, 0.0, 0
        yield metrics


def _train_epoch(
    sgd: SGD,
    data: Data,
    config: TrainingConfig,
    epoch: int,
    shuffle_rng: np.random.Generator,
    state: TrainingState,
    on_batch: Callable[[int], object],
) -> None:
    """Learn from each training image once, or from those that are left of an epoch."""
    assert state.augmentation_rng is not None
    n_train, batch_size = len(data.images), len(sgd.inputs)
    n_batches = math.ceil(n_train / batch_size)
    kept_steps = moment_steps(config.moments, config.epochs * n_batches)
    step = epoch * n_batches + math.ceil(state.samples_seen / batch_size)
    if step == 0 and kept_steps:
        state.moments = [Moment.of(sgd.network, 0, 0.0)]
    batches = iterate_batches(
        *data,
        sgd.inputs,
        shuffle_rng,
        state.augmentation_rng,
        config.augmentation,
        skip=math.ceil(state.samples_seen / batch_size),
    )
    for labels in batches:
        learning_rate = _learning_rate(config, epoch + state.samples_seen / n_train)
        with np.errstate(over="ignore", invalid="ignore"):  # the loss shows it, just below
            loss, n_correct = sgd.step(labels, learning_rate)
        if not math.isfinite(loss):
            raise _diverged("the loss is not a finite number any more", epoch, config)
        state.loss_sum += loss * len(labels)
        state.n_correct += n_correct
        state.samples_seen += len(labels)
        step += 1
        if step in kept_steps:
            _check_weights(sgd.network, epoch, config)
            state.moments.append(Moment.of(sgd.network, step, epoch + state.samples_seen / n_train))
        on_batch(len(labels))


def _learning_rate(config: TrainingConfig, epochs_done: float) -> float:
    fraction_done = epochs_done / config.epochs
    return config.learning_rate * SCHEDULES[config.learning_rate_schedule](fraction_done)


def _measure(
    network: MLP,
    data: Data,
    validation: Data | None,
    config: TrainingConfig,
    epoch: int,
    state: TrainingState,
) -> EpochMetrics:
    n_train = len(data.images)
    n_clean = max(1, round(CLEAN_FRACTION * n_train))
    _, clean_train_accuracy = network.evaluate(data.images[:n_clean], data.labels[:n_clean])
    validation_loss, validation_accuracy = (
        network.evaluate(*validation) if validation else (None, None)
    )
    return EpochMetrics(
        number=epoch + 1,
        learning_rate=_learning_rate(config, epoch),
        train_loss=state.loss_sum / n_train,
        train_accuracy=state.n_correct / n_train,
        clean_train_accuracy=clean_train_accuracy,
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
    )


def _check_weights(network: MLP, epoch: int, config: TrainingConfig) -> None:
    if not all(np.abs(layer.weights).max() < MAX_ABS_WEIGHT for layer in network.layers):
        raise _diverged(f"weights have grown beyond {MAX_ABS_WEIGHT:.0e}", epoch, config)


def _diverged(what: str, epoch: int, config: TrainingConfig) -> NetworkError:
    return NetworkError(
        f"training has diverged in epoch {epoch + 1} of {config.epochs}: {what}; lower"
        f" train.learning_rate (it is {config.learning_rate:g}), to a tenth at first"
    )
