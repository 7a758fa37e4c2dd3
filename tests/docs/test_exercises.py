"""The exercises: the project's own code solves them, and wrong answers are told what is wrong."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docs.exercises.checks import EXERCISES
from stages.network.activations import ACTIVATIONS, Tanh
from stages.network.dense import Dense
from stages.network.losses import LOSSES, one_hot
from stages.network.mlp import MLP
from stages.network.optimisers import SGD
from tests.helpers.commands import ROOT, run
from tests.network.test_gradients import finite_differences

RELU = ACTIVATIONS["relu"]
CROSS_ENTROPY = LOSSES["cross_entropy"]


def forward(inputs: Any, weights: Any, biases: Any) -> np.ndarray:
    return Dense(weights, biases, RELU).forward(inputs)


def slope(
    loss: Callable[[np.ndarray], float], weights: np.ndarray, index: tuple[int, int], h: float
) -> float:
    return float(finite_differences(lambda: loss(weights), weights, h)[index])


def backward(inputs: Any, weights: Any, activations: Any, gradient: Any) -> tuple[np.ndarray, ...]:
    layer = Dense(weights, np.zeros(weights.shape[1]), RELU)
    layer.inputs, layer.activations = inputs, activations
    input_gradient = layer.backward(gradient)
    return layer.weight_gradient, layer.bias_gradient, input_gradient


def step(
    weights: Any, velocity: Any, gradient: Any, rate: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    layer = Dense(weights, np.zeros(weights.shape[1]), RELU)
    optimiser = SGD(MLP([layer], "relu", "squared_error"), momentum)
    layer.weight_gradient[:], layer.bias_gradient[:] = gradient, 0
    optimiser.state[0][:] = velocity
    optimiser.step(rate)
    return layer.weights, optimiser.state[0]


OWN_CODE = {
    "forward": forward,
    "loss": CROSS_ENTROPY.value,
    "loss_gradient": lambda outputs, labels: CROSS_ENTROPY(outputs, labels)[1],
    "slope": slope,
    "backward": backward,
    "step": step,
    "activation": Tanh,
}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_project_s_own_code_is_right(name: str) -> None:
    assert EXERCISES[name].complaints(OWN_CODE[name]) == []


def log_probabilities(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(p[np.arange(len(labels)), labels]))


def softmax(outputs: np.ndarray) -> np.ndarray:
    return CROSS_ENTROPY.probabilities(outputs)


def without_putting_back(loss: Any, weights: Any, index: Any, h: float) -> float:
    weights[index] += h
    above = loss(weights)
    weights[index] -= 2 * h
    return float((above - loss(weights)) / (2 * h))


def moved(array: np.ndarray, index: tuple[int, int], change: float) -> np.ndarray:
    array = array.copy()
    array[index] += change
    return array


def gradients(x: Any, w: Any, delta: Any) -> tuple[np.ndarray, ...]:
    return x.T @ delta, delta.sum(axis=0), delta @ w.T


class NoDerivative(Tanh):
    def backward(self, gradient: Any, activations: Any) -> Any:
        return gradient


class NoChain(Tanh):
    def backward(self, gradient: Any, activations: Any) -> Any:
        return 1 - activations**2


class OfPreActivations(Tanh):
    def backward(self, gradient: Any, activations: Any) -> Any:
        return gradient * (1 - np.tanh(activations) ** 2)


WRONG = [
    ("forward", lambda x, w, b: np.maximum(x @ w, 0), "biases are missing"),
    ("forward", lambda x, w, b: x @ w + b, "activation function is missing"),
    ("forward", lambda x, w, b: np.maximum(x @ w, 0) + b, "after the activation function"),
    ("forward", lambda x, w, b: np.maximum(x @ w + b, 0).T, r"shape is \(3, 5\), and .* \(5, 3\)"),
    ("forward", lambda x, w, b: x @ w, "biases are missing; the activation function is missing"),
    ("forward", lambda x, w, b: x @ w + b + 1, "should be"),
    ("forward", lambda x, w, b: None, "nothing is returned"),
    ("loss", lambda p, labels: log_probabilities(p, labels).mean(), "minus sign is missing"),
    ("loss", lambda p, labels: -log_probabilities(p, labels).sum(), "mean over the batch"),
    ("loss", lambda p, labels: -np.log(p).sum(axis=1).mean(), "only the label's probability"),
    ("loss_gradient", lambda o, y: softmax(o) - one_hot(y, o), "mean over the batch is missing"),
    ("loss_gradient", lambda o, y: softmax(o) / len(y), "target is missing"),
    ("loss_gradient", lambda o, y: (one_hot(y, o) - softmax(o)) / len(y), "sign is wrong"),
    ("loss_gradient", lambda o, y: (o - one_hot(y, o)) / len(y), "softmax is missing"),
    (
        "slope",
        lambda f, w, i, h: (f(moved(w, i, h)) - f(moved(w, i, -h))) / h,
        r"two places are 2 h apart",
    ),
    (
        "slope",
        lambda f, w, i, h: (f(moved(w, i, -h)) - f(moved(w, i, h))) / (2 * h),
        "sign is wrong",
    ),
    ("slope", lambda f, w, i, h: (f(moved(w, i, h)) - f(w)) / h, "to both sides"),
    ("slope", without_putting_back, "weights afterwards: the weight is not put back"),
    (
        "backward",
        lambda x, w, a, g: gradients(x, w, g),
        "weight_gradient: the derivative of the activation is missing",
    ),
    (
        "backward",
        lambda x, w, a, g: gradients(x, w, g * (a > 0) / len(x)),
        "bias_gradient: this is divided by the number of images once more",
    ),
    ("backward", lambda x, w, a, g: gradients(x, w, -g * (a > 0)), "input_gradient: the sign"),
    ("backward", lambda x, w, a, g: x.T @ g, "return weight_gradient and bias_gradient"),
    ("step", lambda w, v, g, r, m: (w + r * (m * v + g), m * v + g), "sign of ascent"),
    ("step", lambda w, v, g, r, m: (w - (m * v + g), m * v + g), "learning rate is missing"),
    ("step", lambda w, v, g, r, m: (w - r * (v + g), v + g), "velocity: momentum is missing"),
    ("step", lambda w, v, g, r, m: (w - r * g, g), "velocity: the old velocity is missing"),
    ("step", lambda w, v, g, r, m: (w + m * v - r * g, m * v - r * g), "another convention"),
    ("activation", NoDerivative, "gradient: the derivative of the activation is missing"),
    ("activation", NoChain, "gradient: the gradient is missing"),
    ("activation", OfPreActivations, "gradient: tanh is applied to the activations again"),
]


@pytest.mark.parametrize(("name", "answer", "complaint"), WRONG)
def test_a_wrong_answer_is_told_which_term_is_wrong(name: str, answer: Any, complaint: str) -> None:
    found = "\n".join(EXERCISES[name].complaints(answer))
    assert re.search(complaint, found), found


FORWARD = "import numpy as np\ndef forward(inputs, weights, biases):\n    return {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docs" / "exercises", tmp_path / "docs" / "exercises")
    shutil.copy(ROOT / "docs" / "__init__.py", tmp_path / "docs")
    return tmp_path


def check(folder: Path, *names: str, expect: int) -> str:
    command = (sys.executable, "-m", "docs.exercises", *names)
    return run(*command, cwd=folder, expect=expect, PYTHONPATH=str(ROOT)).stdout


@pytest.mark.parametrize(
    ("formula", "expect", "says"),
    [
        ("np.maximum(inputs @ weights + biases, 0)", 0, "right; the project has it as Dense.forw"),
        ("inputs @ weights + biases", 1, "activations: the activation function is missing"),
        ("weights @ inputs", 1, "line 3: ValueError: matmul"),
        ("inputs @", 1, "line 3: invalid syntax"),
    ],
)
def test_the_command_checks_what_is_in_the_file(
    formula: str, expect: int, says: str, folder: Path
) -> None:
    file = folder / "docs" / "exercises" / "forward.py"
    file.write_text(FORWARD.format(formula), encoding="utf-8")
    printed = check(folder, "forward", expect=expect)
    assert printed.startswith(f"docs/exercises/forward.py: {says}")


def test_the_command_checks_all_when_none_is_named(folder: Path) -> None:
    lines = check(folder, expect=1).splitlines()
    assert lines == [f"docs/exercises/{name}.py: not written yet" for name in EXERCISES]
