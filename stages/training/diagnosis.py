"""Diagnosis: whether a network learns at all, and if not, why."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from stages.network.activations import ACTIVATIONS
from stages.network.ensemble import Ensemble
from stages.training.config import TrainingConfig
from stages.training.loop import EpochMetrics
from stages.training.split import Data

# Images that are examined.
_SAMPLE_SIZE = 2000
# Fraction of a layer's activations that are dead or saturated, above which it does not learn.
_MAX_FLAT_FRACTION = 0.95
# A derivative below which a neuron is dead or saturated.
_MIN_DERIVATIVE = 1e-3
# Limits for pixels: MNIST's are from 0 to 255, 33 on average; Fashion-MNIST's average is 73.
_MIN_CONTRAST, _MAX_BRIGHTNESS = 128, 127
# Steps before which nothing can be said of the learning rate.
_MIN_STEPS = 100


def warning(
    config: TrainingConfig,
    metrics: EpochMetrics,
    ensemble: Ensemble,
    data: Data,
    classes: Sequence[str],
) -> str | None:
    """Find what keeps a network from learning: dead outputs, or an accuracy as by chance.

    Dead outputs are looked for after a third of the epochs and after the last one, accuracy after
    a third of the epochs; nothing is said after the first epoch, unless it is the last.

    Parameters
    ----------
    config
        How the network is trained.
    metrics
        Metrics of the epoch that has just ended.
    ensemble
        The networks, after this epoch.
    data
        Training images and labels.
    classes
        Names of the classes.

    Returns
    -------
    str or None
        A sentence with the likely reason; None when all is well, or it is not the time to tell.
    """
    a_third_done = metrics.number == max(2, math.ceil(config.epochs / 3))
    if not a_third_done and metrics.number != config.epochs:
        return None
    after = f"after epoch {metrics.number} of {config.epochs}"
    if a_third_done and _is_by_chance(metrics, data.labels):
        return (
            f"{after} the accuracy is {metrics.train_accuracy:.2%}, as by chance:"
            f" {_reason(config, metrics, ensemble, data)}"
        )
    if dead := _dead_outputs(ensemble, data):
        names = ", ".join(classes[index] for index in dead)
        return (
            f"{after} a network's outputs for class {names} are 0 for every image, so that it never"
            f" predicts these (dead ReLUs); lower train.learning_rate"
            f" ({config.learning_rate:g}), or use train.loss=cross_entropy"
        )
    return None


def split_warnings(data: Data, validation: Data | None, classes: Sequence[str]) -> Iterator[str]:
    """Say which classes have no image to train on, or none for validation."""
    for what, part in (("training", data), ("validation", validation)):
        counts = np.bincount(part.labels, minlength=len(classes)) if part else None
        if counts is not None and not counts.all():
            names = ", ".join(
                name for name, count in zip(classes, counts, strict=True) if not count
            )
            yield f"no {what} image is of class {names}"


def _is_by_chance(metrics: EpochMetrics, labels: np.ndarray) -> bool:
    """Whether the accuracy is no better than that of naming the most common class each time."""
    most_common = np.bincount(labels).max() / len(labels)
    # Three standard errors.
    margin = 3 * math.sqrt(most_common * (1 - most_common) / len(labels))
    return bool(metrics.train_accuracy <= most_common + margin < 1)


def _pixel_problem(images: np.ndarray) -> str | None:
    """Say that images do not have dark backgrounds and light ink, if they have not."""
    low, high, mean = images.min(), images.max(), images.mean()
    if high - low < _MIN_CONTRAST or mean > _MAX_BRIGHTNESS:
        return (
            f"pixels are from {low} to {high}, {mean:.0f} on average, but a network learns from"
            " light ink, to 255, on 0; `stages.gather` stretches or inverts images"
        )
    return None


def _reason(config: TrainingConfig, metrics: EpochMetrics, ensemble: Ensemble, data: Data) -> str:
    if problem := _pixel_problem(data.images[:_SAMPLE_SIZE]):
        return problem
    rate = f"train.learning_rate ({config.learning_rate:g})"
    n_steps = metrics.number * math.ceil(len(data.images) / config.batch_size)
    if _flat_fraction(ensemble, data.images[:_SAMPLE_SIZE]) > _MAX_FLAT_FRACTION:
        state = "dead" if config.activation == "relu" else "saturated"
        return (
            f"nearly all {config.activation} neurons of a layer are {state}, which too large steps"
            f" cause; lower {rate}, to a tenth at first"
        )
    if n_steps < _MIN_STEPS:
        return (
            f"these were only {n_steps} steps; lower train.batch_size ({config.batch_size}), or"
            f" raise train.epochs ({config.epochs})"
        )
    smallest = 1e-4 if config.optimizer == "adam" else 0.01
    if config.learning_rate < smallest or (
        config.activation == "sigmoid" and len(config.hidden) > 1
    ):
        return f"the steps are probably too small; raise {rate}, or use train.activation=relu"
    return f"{rate} is probably too high, or the labels do not belong to the images"


def _flat_fraction(ensemble: Ensemble, images: np.ndarray) -> float:
    """Measure the fraction of dead or saturated activations, in the worst layer."""
    worst = 0.0
    for network in ensemble.networks:
        hidden = ACTIVATIONS[network.activation]
        layers = network.layer_activations(images)
        if network.loss_name == "cross_entropy":
            layers.pop()  # outputs without an activation function
        for activations in layers:
            derivative = hidden.backward(np.ones_like(activations), activations)
            worst = max(worst, float((derivative < _MIN_DERIVATIVE).mean()))
    return worst


def _dead_outputs(ensemble: Ensemble, data: Data) -> list[int]:
    """Find the classes that occur, but whose output is 0 for every image, in any network."""
    dead: set[int] = set()
    labels = data.labels[:_SAMPLE_SIZE]
    for network in ensemble.networks:
        if network.activation == "relu" and network.loss_name == "squared_error":
            outputs = network.predict_proba(data.images[:_SAMPLE_SIZE])
            dead.update(np.flatnonzero((outputs == 0).all(axis=0)).tolist())
    return sorted(dead.intersection(labels.tolist()))
