"""The numbers of the page, by the names that stand behind them there as comments."""

import math
from dataclasses import replace
from functools import cache
from statistics import fmean

import numpy as np

from docs.how_it_learns import by_hand
from docs.how_it_learns.runs import DEFAULT, PLAIN, run, test_data, train_data
from stages.network.activations import Floats
from stages.network.batches import to_inputs
from stages.network.dense import Dense
from stages.network.mlp import MLP
from stages.network.names import ActivationName
from stages.reporting.metrics import Evaluation, evaluate
from stages.training.ensemble import random_ensemble

SEEDS = range(1, 21)
# The weight that is tried: of the first layer, the one with the steepest slope after an epoch.
PIXEL, NEURON = 7 * 28 + 14, 24
NUDGE = 0.01
N_TRIED = 500  # images of the batch with which it is tried
TOO_SMALL, TOO_LARGE = 0.002, 1.0
ACTIVATION_NAMES: dict[str, ActivationName] = {"sigmoid": "sigmoid", "ReLU": "relu"}
DEEP = replace(PLAIN, hidden=(32, 32, 32))
DEAD = replace(PLAIN, loss="squared_error", epochs=10)
TOO_FAST = 0.5
SLOW = 0.01
MOVED = 3  # pixels; the digits have a rim of four without ink


def numbers() -> dict[str, str]:
    """Compute every number of the page."""
    sections = (
        _random(),
        _one_weight(),
        by_hand.numbers(),
        _rates(),
        _activations(),
        _momentum(),
        _augmentation(),
        _mistakes(),
    )
    return {name: text for section in sections for name, text in section.items()}


def untrained(seed: int) -> MLP:
    """Make the network with which `run` begins."""
    return random_ensemble(replace(PLAIN, seed=seed), (28, 28), 10).networks[0]


def _random() -> dict[str, str]:
    evaluated = [untrained(seed).evaluate(*test_data()) for seed in SEEDS]
    losses, accuracies = zip(*evaluated, strict=True)
    n_parameters = sum(parameter.size for parameter, _ in untrained(1).parameters)
    normal = run(initialisation="normal")
    return {
        "normal": _percent(normal.column("validation_accuracy")[-1]),
        "random_mean": _percent(fmean(accuracies)),
        "random_worst": _percent(min(accuracies)),
        "random_best": _percent(max(accuracies)),
        "random_loss": f"{fmean(losses):.2f}",
        "n_parameters": f"{n_parameters:,}",
        "n_passes": f"{2 * n_parameters:,}",
    }


@cache
def double_precision() -> MLP:
    """Copy the plain network after one epoch as float64: differences of losses are small."""
    trained = run(epochs=1).network
    layers = []
    for layer in trained.layers:
        weights, biases = (array.astype(np.float64) for array in (layer.weights, layer.biases))
        layers.append(Dense(weights, biases, layer.activation))  # type: ignore[arg-type]
    return MLP(layers, trained.activation, trained.loss_name)


def loss_with_weight(change: float) -> float:
    """Compute the loss of the tried images after a change of the tried weight."""
    network = double_precision()
    weights = network.layers[0].weights
    value = weights[PIXEL, NEURON]
    weights[PIXEL, NEURON] = value + change
    loss, _ = network.loss(network.forward(_tried_inputs()), _tried_labels())
    weights[PIXEL, NEURON] = value
    return loss


def slope_of_weight() -> float:
    """Compute the slope of that loss by backpropagation."""
    network = double_precision()
    _, gradient = network.loss(network.forward(_tried_inputs()), _tried_labels())
    network.backward(gradient)
    return float(network.layers[0].weight_gradient[PIXEL, NEURON])


def _tried_inputs() -> Floats:
    return to_inputs(train_data()[0].images[:N_TRIED])


def _tried_labels() -> np.ndarray:
    return train_data()[0].labels[:N_TRIED]


def _one_weight() -> dict[str, str]:
    above, below = loss_with_weight(NUDGE), loss_with_weight(-NUDGE)
    return {
        "loss_above": f"{above:.7f}",
        "loss_below": f"{below:.7f}",
        "tried_slope": f"{(above - below) / (2 * NUDGE):.4f}",
        "slope": f"{slope_of_weight():.4f}",
    }


def _rates() -> dict[str, str]:
    runs = {"small": TOO_SMALL, "right": PLAIN.learning_rate, "large": TOO_LARGE}
    n_steps = math.ceil(len(train_data()[0].images) / PLAIN.batch_size)
    return {"n_steps": str(n_steps)} | {
        f"rate_{name}": _percent(run(learning_rate=rate).column("validation_accuracy")[-1])
        for name, rate in runs.items()
    }


def gradient_sizes(activation: ActivationName) -> list[float]:
    """Compute the mean size of each layer's gradients in a deep network with random weights."""
    network = random_ensemble(replace(DEEP, activation=activation), (28, 28), 10).networks[0]
    _, gradient = network.loss(network.forward(_tried_inputs()), _tried_labels())
    network.backward(gradient)
    return [float(np.abs(layer.weight_gradient).mean()) for layer in network.layers]


def _activations() -> dict[str, str]:
    values: dict[str, str] = {}
    for activation in ACTIVATION_NAMES.values():
        first, *_, last = gradient_sizes(activation)
        accuracy = run(DEEP, activation=activation).column("validation_accuracy")[-1]
        values |= {
            f"{activation}_ratio": f"{last / first:.3g}",
            f"{activation}_deep": _percent(accuracy),
        }
    silent = run(DEAD, learning_rate=TOO_FAST)
    return values | {
        "with_dead": str(sum(map(_never_predicts_a_class, range(1, 11)))),
        "silent_loss": f"{silent.column('train_loss')[-1]:.3f}",
    }


def _never_predicts_a_class(seed: int) -> bool:
    probabilities = run(DEAD, seed=seed).network.predict_proba(train_data()[0].images)
    return len(np.unique(probabilities.argmax(axis=1))) < 10


def _momentum() -> dict[str, str]:
    runs = {"none": (SLOW, 0.0), "some": (SLOW, 0.9), "fast": (10 * SLOW, 0.0)}
    return {
        f"momentum_{name}": f"{run(learning_rate=rate, momentum=m).column('train_loss')[-1]:.3f}"
        for name, (rate, m) in runs.items()
    }


def _augmentation() -> dict[str, str]:
    plain, augmented = run(DEFAULT, augmentation=PLAIN.augmentation), run(DEFAULT)
    return {
        "overfit_train": _percent(plain.column("clean_train_accuracy")[-1]),
        "overfit_validation": _percent(plain.column("validation_accuracy")[-1]),
        "overfit_best": str(1 + int(np.argmin(plain.column("validation_loss")))),
        "augmented_validation": _percent(augmented.column("validation_accuracy")[-1]),
    }


@cache
def evaluation() -> Evaluation:
    """Evaluate the network that `make run` trains, on the test images."""
    images, labels = test_data()
    probabilities = run(DEFAULT).network.predict_proba(images)
    return evaluate(probabilities, labels, probabilities)


def _mistakes() -> dict[str, str]:
    result = evaluation()
    low, high = result.interval
    images, labels = test_data()
    _, accuracy_moved = run(DEFAULT).network.evaluate(np.roll(images, MOVED, axis=2), labels)
    return {
        "accuracy": f"{100 * result.accuracy:.2f}",
        "low": f"{100 * low:.2f}",
        "high": f"{100 * high:.2f}",
        "n_mistakes": str(len(result.misclassified())),
        "moved": _percent(accuracy_moved),
    }


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
