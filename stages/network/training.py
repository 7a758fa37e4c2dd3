"""Training: epochs of batches, each one step downhill."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from statistics import fmean
from typing import Any, Self

import numpy as np

from stages.network.activations import Floats
from stages.network.augmentation import NO_AUGMENTATION, Augmentation
from stages.network.batches import batches
from stages.network.errors import NetworkError
from stages.network.mlp import MLP
from stages.network.names import ScheduleName
from stages.network.schedules import SCHEDULES
from stages.network.sgd import SGD

# Pixels go up to 1: no network that learns from them comes near.
MAX_ABS_WEIGHT = 1e5


@dataclass(frozen=True)
class Settings:
    """How to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    learning_rate_schedule: ScheduleName
    momentum: float
    weight_decay: float
    deformation: Augmentation = NO_AUGMENTATION


@dataclass(frozen=True)
class EpochMetrics:
    """What one epoch, a round over all training images, came to.

    Attributes
    ----------
    number
        Its number, from 1.
    learning_rate
        At the epoch's first batch.
    train_loss, train_accuracy
        Mean over the epoch's batches, augmented as they are, each before its own step.
    validation_loss, validation_accuracy
        After the epoch, on the validation images; None without validation data.
    """

    number: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None

    @classmethod
    def mean(cls, epochs: Sequence[Self]) -> Self:
        """Average what an epoch came to for several networks."""
        values: dict[str, Any] = {}
        for name in (column.name for column in fields(cls)):
            of_networks = [getattr(epoch, name) for epoch in epochs]
            values[name] = None if None in of_networks else fmean(of_networks)
        return cls(**values | {"number": epochs[0].number})

    def __str__(self) -> str:
        validation = (
            ""
            if self.validation_accuracy is None
            else f"; validation {self.validation_loss:.4f}, {self.validation_accuracy:.2%}"
        )
        return f"loss {self.train_loss:.4f}, accuracy {self.train_accuracy:.2%}{validation}"


@dataclass
class TrainingState:
    """How far the training of a network has come: with the network, all that is needed to go on.

    `train` keeps it true after each batch.

    Attributes
    ----------
    velocities
        Those of the step, float32, (neurons, inputs + 1), one a layer; none before the first batch.
    epochs
        Those that are over.
    seen
        Images of the epoch under way that are learnt from.
    loss_sum, right
        Sum of their losses, and how many got their label.
    bends
        Where the deformations of the epoch's other images come from; None before the first batch.
    """

    velocities: list[Floats] = field(default_factory=list)
    epochs: list[EpochMetrics] = field(default_factory=list)
    seen: int = 0
    loss_sum: float = 0.0
    right: int = 0
    bends: np.random.Generator | None = None


def split(images: int, validation: float) -> int:
    """Tell how many images to learn from: all but the last part, which is kept for validation.

    The last in their own order, not a random choice: where a dataset is grouped by writer, most
    validation images are then by people who wrote none of the others.

    Parameters
    ----------
    images
        How many there are.
    validation
        Part to keep, 0 to below 1.

    Raises
    ------
    NetworkError
        If nothing would be left to learn from, or a part that was asked for would be empty.
    """
    kept = round(images * validation)
    if kept == images:
        raise NetworkError(
            f"no image is left to learn from: a validation part of {validation} takes all {images}"
        )
    if validation and not kept:
        raise NetworkError(
            f"the validation part would be empty: {validation} of {images} images; ask for more,"
            " or for 0"
        )
    return images - kept


def train(
    network: MLP,
    images: np.ndarray,
    labels: np.ndarray,
    settings: Settings,
    rng: np.random.Generator,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    on_batch: Callable[[int], object] = lambda images: None,
    progress: TrainingState | None = None,
) -> Iterator[EpochMetrics]:
    """Train a network in place, an epoch at a time.

    Parameters
    ----------
    network
        Changed from batch to batch.
    images
        uint8, (n, rows, columns).
    labels
        uint8, (n,).
    settings
        How to train.
    rng
        Where the order of the images and their deformations come from.
    validation
        Images and labels, as above, to measure accuracy on after each epoch.
    on_batch
        Called with the number of images of each batch that is done.
    progress
        Where to go on from, with the network as it was then; changed from batch to batch. What
        comes of it is the same, bit for bit, as without a break.

    Yields
    ------
    EpochMetrics
        What the epoch came to, once it is over; those of `progress` come again, first.

    Raises
    ------
    NetworkError
        If the loss is not finite any more, or weights have exploded.
    """
    step = SGD(network, settings.momentum, settings.weight_decay)
    progress = progress or TrainingState()
    for velocity, kept in zip(step.velocities, progress.velocities, strict=False):
        velocity[:] = kept
    progress.velocities = step.velocities
    schedule = SCHEDULES[settings.learning_rate_schedule]
    count = len(images)
    yield from tuple(progress.epochs)
    # Each epoch has its own randomness, so that none depends on how much the others drew.
    rng.spawn(2 * len(progress.epochs))
    for epoch in range(len(progress.epochs), settings.epochs):
        order, bends = rng.spawn(2)
        if progress.bends and progress.seen:
            bends.bit_generator.state = progress.bends.bit_generator.state
        progress.bends = bends
        skip = math.ceil(progress.seen / settings.batch_size)
        for pixels, wished in batches(
            images, labels, settings.batch_size, order, bends, settings.deformation, skip
        ):
            done = (epoch + progress.seen / count) / settings.epochs
            with np.errstate(over="ignore", invalid="ignore"):  # told by the loss, just below
                loss, right = step(pixels, wished, settings.learning_rate * schedule(done))
            if not math.isfinite(loss):
                raise _gone_wrong("the loss is no longer a finite number", epoch, settings)
            progress.loss_sum += loss * len(wished)
            progress.right += right
            progress.seen += len(wished)
            on_batch(len(wished))
        if not all(np.abs(layer.weights).max() < MAX_ABS_WEIGHT for layer in network.layers):
            raise _gone_wrong(f"weights have grown beyond {MAX_ABS_WEIGHT:.0e}", epoch, settings)
        validation_loss, validation_accuracy = (
            network.evaluate(*validation) if validation else (None, None)
        )
        over = EpochMetrics(
            number=epoch + 1,
            learning_rate=settings.learning_rate * schedule(epoch / settings.epochs),
            train_loss=progress.loss_sum / count,
            train_accuracy=progress.right / count,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
        )
        progress.epochs.append(over)
        progress.seen, progress.loss_sum, progress.right = 0, 0.0, 0
        yield over


def _gone_wrong(what: str, epoch: int, settings: Settings) -> NetworkError:
    return NetworkError(
        f"training has gone wrong in epoch {epoch + 1} of {settings.epochs}: {what}; lower the"
        f" learning rate (it is {settings.learning_rate:g}), to a tenth at first"
    )
