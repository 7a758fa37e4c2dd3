"""Training: epochs of batches, each one step downhill."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

import numpy as np

from stages.network.batches import batches
from stages.network.deform import UNDEFORMED, Deformation
from stages.network.errors import NetworkError
from stages.network.names import DecayName
from stages.network.network import Network
from stages.network.schedules import SCHEDULES
from stages.network.step import Step


@dataclass(frozen=True)
class Settings:
    """How to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    decay: DecayName
    momentum: float
    weight_decay: float
    deformation: Deformation = UNDEFORMED


@dataclass(frozen=True)
class Epoch:
    """What one epoch, a round over all training images, came to.

    Attributes
    ----------
    epoch
        Its number, from 1.
    learning_rate
        At the epoch's first batch.
    cost, train_accuracy
        Mean over the epoch's batches, deformed as they are, each before its own step.
    validation_accuracy
        After the epoch, on images that were not learnt from; None without such.
    """

    epoch: int
    learning_rate: float
    cost: float
    train_accuracy: float
    validation_accuracy: float | None

    @classmethod
    def mean(cls, epochs: Sequence[Self]) -> Self:
        """Average what an epoch came to for several networks."""
        validation = [
            epoch.validation_accuracy for epoch in epochs if epoch.validation_accuracy is not None
        ]
        return cls(
            epoch=epochs[0].epoch,
            learning_rate=epochs[0].learning_rate,
            cost=fmean(epoch.cost for epoch in epochs),
            train_accuracy=fmean(epoch.train_accuracy for epoch in epochs),
            validation_accuracy=fmean(validation) if validation else None,
        )

    def __str__(self) -> str:
        validation = (
            ""
            if self.validation_accuracy is None
            else f", {self.validation_accuracy:.2%} in validation"
        )
        return f"cost {self.cost:.4f}, accuracy {self.train_accuracy:.2%}{validation}"


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
    network: Network,
    images: np.ndarray,
    labels: np.ndarray,
    settings: Settings,
    rng: np.random.Generator,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    on_batch: Callable[[int], object] = lambda images: None,
) -> Iterator[Epoch]:
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

    Yields
    ------
    Epoch
        What the epoch came to, once it is over.

    Raises
    ------
    NetworkError
        If the cost is not finite any more.
    """
    step = Step(network, settings.momentum, settings.weight_decay)
    schedule = SCHEDULES[settings.decay]
    count = len(images)
    for epoch in range(settings.epochs):
        cost, right, seen = 0.0, 0, 0
        # Each epoch has its own randomness, so that none depends on how much the others drew.
        order, bends = rng.spawn(2)
        for pixels, wished in batches(
            images, labels, settings.batch_size, order, bends, settings.deformation
        ):
            done = (epoch + seen / count) / settings.epochs
            of_batch = step(pixels, wished, settings.learning_rate * schedule(done))
            cost += of_batch[0] * len(wished)
            right += of_batch[1]
            seen += len(wished)
            on_batch(len(wished))
        if not math.isfinite(cost):
            raise NetworkError(
                f"training has gone wrong in epoch {epoch + 1}: the cost is no longer a finite"
                f" number; lower the learning rate (it is {settings.learning_rate})"
            )
        yield Epoch(
            epoch=epoch + 1,
            learning_rate=settings.learning_rate * schedule(epoch / settings.epochs),
            cost=cost / count,
            train_accuracy=right / count,
            validation_accuracy=network.accuracy(*validation) if validation else None,
        )
