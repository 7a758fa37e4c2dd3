"""Training: epochs of batches, each one step downhill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from stages.network.activations import Floats
from stages.network.errors import NetworkError
from stages.network.momentum import Momentum
from stages.network.names import DecayName
from stages.network.network import Network, to_pixels
from stages.network.schedules import SCHEDULES


@dataclass(frozen=True)
class Settings:
    """How to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    decay: DecayName
    momentum: float
    weight_decay: float


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
        Mean over the epoch's batches, each as it was before its own step.
    validation_accuracy
        After the epoch, on images that were not learnt from; None without such.
    """

    epoch: int
    learning_rate: float
    cost: float
    train_accuracy: float
    validation_accuracy: float | None

    def __str__(self) -> str:
        validation = (
            ""
            if self.validation_accuracy is None
            else f", {self.validation_accuracy:.2%} in validation"
        )
        return f"cost {self.cost:.4f}, accuracy {self.train_accuracy:.2%}{validation}"


def backpropagate(
    network: Network, pixels: Floats, labels: np.ndarray
) -> tuple[list[tuple[Floats, Floats]], float, int]:
    """Compute the cost's gradient for a whole batch (Rumelhart, Hinton and Williams, 1986).

    Parameters
    ----------
    network
        The network, which is not changed.
    pixels
        float32, (n, pixels), 0 to 1.
    labels
        Whole numbers, (n,).

    Returns
    -------
    gradients : list
        For each layer the gradient of its weights, (inputs, neurons), and biases, (neurons,).
    cost : float
        Mean over the batch.
    right : int
        How many images got their label.
    """
    values = network.forward(pixels)
    outputs = values[-1]
    cost = network.loss.cost(outputs, labels)
    right = int((outputs.argmax(axis=1) == labels).sum())

    gradient = outputs.copy()
    network.loss.to_gradient(gradient, labels)
    gradients = []
    for index in reversed(range(len(network.layers))):
        layer, inputs = network.layers[index], values[index - 1] if index else pixels
        gradients.append(layer.backward(inputs, values[index], gradient))
        if index:
            gradient = layer.input_gradient(gradient)
    return gradients[::-1], cost, right


def split(images: int, validation: float) -> int:
    """Tell how many images to learn from: all but the last part, which is kept for validation.

    The last in their own order, not a random choice: where a dataset is grouped by writer, the
    validation images are then by other people.

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
        Where the order of the images comes from.
    validation
        Images and labels, as above, to measure accuracy on after each epoch.
    on_batch
        Called with the number of images of each batch that is done.

    Yields
    ------
    Epoch
        What the epoch came to, once it is over.
    """
    optimiser = Momentum(network, settings.momentum, settings.weight_decay)
    schedule = SCHEDULES[settings.decay]
    count = len(images)
    for epoch in range(settings.epochs):
        order = rng.permutation(count)
        cost, right = 0.0, 0
        for start in range(0, count, settings.batch_size):
            batch = order[start : start + settings.batch_size]
            gradients, batch_cost, batch_right = backpropagate(
                network, to_pixels(images[batch]), labels[batch]
            )
            done = (epoch + start / count) / settings.epochs
            optimiser.step(gradients, settings.learning_rate * schedule(done))
            cost += batch_cost * len(batch)
            right += batch_right
            on_batch(len(batch))
        yield Epoch(
            epoch=epoch + 1,
            learning_rate=settings.learning_rate * schedule(epoch / settings.epochs),
            cost=cost / count,
            train_accuracy=right / count,
            validation_accuracy=network.accuracy(*validation) if validation else None,
        )
