"""What each exercise should give, and what it gives where a term is missing or wrong."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np

from stages.network.activations import ACTIVATIONS
from stages.network.dense import Dense
from stages.network.losses import LOSSES, one_hot
from stages.network.mlp import MLP
from stages.network.optimisers import SGD

Arrays = tuple[Any, ...]

_rng = np.random.default_rng(1)
N_IMAGES, N_INPUTS, N_NEURONS = 5, 4, 3
INPUTS: Any = _rng.normal(size=(N_IMAGES, N_INPUTS))
WEIGHTS: Any = _rng.normal(size=(N_INPUTS, N_NEURONS))
BIASES: Any = _rng.normal(size=N_NEURONS)
OUTPUTS: Any = _rng.normal(size=(N_IMAGES, N_NEURONS))
GRADIENT: Any = _rng.normal(size=(N_IMAGES, N_NEURONS))
VELOCITY, WEIGHT_GRADIENT = _rng.normal(size=(2, N_INPUTS, N_NEURONS))
LABELS = np.array([0, 2, 1, 2, 0])
RATE, MOMENTUM = 0.3, 0.7
INDEX, H = (1, 2), 0.1


@dataclass(frozen=True)
class Exercise:
    """An exercise and its check.

    Attributes
    ----------
    attribute
        Name of the function or class to write, in the file of the exercise's name.
    results
        Names of what it returns.
    call
        Calls it with data that it may change.
    right
        Computes the right results, with the project's own code.
    formula
        Computes them by a formula with the mistakes that are named.
    mistakes
        Names of the mistakes; what to say of each.
    solution
        Where the project has it.
    """

    attribute: str
    results: tuple[str, ...]
    call: Callable[[Any], Any]
    right: Callable[[], Arrays]
    formula: Callable[[Collection[str]], Arrays]
    mistakes: dict[str, str]
    solution: str

    def complaints(self, answer: Any) -> list[str]:
        """Say of each result what is wrong with it; an empty list if all are right."""
        values = self.call(answer)
        if len(self.results) == 1:
            values = (values,)
        if not isinstance(values, tuple) or len(values) != len(self.results):
            return [f"it should return {' and '.join(self.results)}, in this order"]
        return [
            f"{self.results[place]}: {complaint}"
            for place, value in enumerate(values)
            if (complaint := self._complaint(place, value))
        ]

    def _complaint(self, place: int, value: Any) -> str | None:
        right = np.asarray(self.right()[place])
        if value is None:
            return "nothing is returned"
        if np.shape(value) != right.shape:
            return f"the shape is {np.shape(value)}, and should be {right.shape}"
        if np.allclose(value, right):
            return None
        for mistakes in _subsets(self.mistakes):
            if np.allclose(value, self.formula(mistakes)[place]):
                return "; ".join(self.mistakes[name] for name in mistakes)
        worst = np.unravel_index(np.abs(value - right).argmax(), right.shape)
        where = f" at {[int(index) for index in worst]}" if worst else ""
        return f"{np.asarray(value)[worst]:.4g}{where} should be {right[worst]:.4g}"


def _subsets(mistakes: Collection[str]) -> chain[tuple[str, ...]]:
    """Give one mistake after the other, then each two of them, then each three."""
    return chain.from_iterable(combinations(mistakes, n) for n in (1, 2, 3))


def _relu(z: Any) -> Any:
    return np.maximum(z, 0)


def _layer() -> Dense:
    layer = Dense(WEIGHTS.copy(), BIASES, ACTIVATIONS["relu"])
    layer.forward(INPUTS)
    return layer


def _softmax(outputs: Any) -> Any:
    exponentials = np.exp(outputs)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _forward(mistakes: Collection[str]) -> Arrays:
    biases = 0 if "biases" in mistakes else BIASES
    function: Callable[[Any], Any] = np.asarray if "activation" in mistakes else _relu
    if "outside" in mistakes:
        return (function(INPUTS @ WEIGHTS) + biases,)
    return (function(INPUTS @ WEIGHTS + biases),)


def _loss(mistakes: Collection[str]) -> Arrays:
    probabilities = _softmax(OUTPUTS)
    if "label" not in mistakes:
        probabilities = probabilities[np.arange(N_IMAGES), LABELS]
    total = probabilities.sum() if "logarithm" in mistakes else np.log(probabilities).sum()
    n = 1 if "mean" in mistakes else N_IMAGES
    return (total / n if "sign" in mistakes else -total / n,)


def _loss_gradient(mistakes: Collection[str]) -> Arrays:
    probabilities = OUTPUTS if "softmax" in mistakes else _softmax(OUTPUTS)
    target = 0 if "target" in mistakes else one_hot(LABELS, OUTPUTS)
    n = 1 if "mean" in mistakes else N_IMAGES
    difference = target - probabilities if "sign" in mistakes else probabilities - target
    return (difference / n,)


def _cubes(weights: np.ndarray) -> float:
    return float((weights**3).sum())


def _slope(mistakes: Collection[str]) -> Arrays:
    weight = WEIGHTS[INDEX]
    above = (weight + H) ** 3
    below = weight**3 if "one_sided" in mistakes else (weight - H) ** 3
    is_half = "one_sided" in mistakes or "half" in mistakes
    distance = 1 if "distance" in mistakes else H if is_half else 2 * H
    difference = below - above if "sign" in mistakes else above - below
    weights = WEIGHTS.copy()
    weights[INDEX] += H if "above" in mistakes else -H if "below" in mistakes else 0
    return difference / distance, weights


def _call_slope(answer: Any) -> Arrays:
    weights = WEIGHTS.copy()
    return answer(_cubes, weights, INDEX, H), weights


def _backward(mistakes: Collection[str]) -> Arrays:
    slopes = 1 if "derivative" in mistakes else _layer().activations > 0
    delta = GRADIENT * slopes
    if "mean" in mistakes:
        delta = delta / N_IMAGES
    if "sign" in mistakes:
        delta = -delta
    return INPUTS.T @ delta, delta.sum(axis=0), delta @ WEIGHTS.T


def _backward_of_project() -> Arrays:
    layer = _layer()
    input_gradient = layer.backward(GRADIENT.copy())
    return layer.weight_gradient, layer.bias_gradient, input_gradient


def _step(mistakes: Collection[str]) -> Arrays:
    rate = 1 if "rate" in mistakes else RATE
    old = 0 if "velocity" in mistakes else VELOCITY
    kept = old if "momentum" in mistakes else MOMENTUM * old
    if "inside" in mistakes:
        velocity = kept - rate * WEIGHT_GRADIENT
        return WEIGHTS + velocity, velocity
    share = 1 - MOMENTUM if "average" in mistakes else 1
    velocity = kept + share * WEIGHT_GRADIENT
    direction = WEIGHT_GRADIENT if "plain" in mistakes else velocity
    change = rate * direction
    return WEIGHTS + change if "ascent" in mistakes else WEIGHTS - change, velocity


def _step_of_project() -> Arrays:
    layer = _layer()
    optimiser = SGD(MLP([layer], "relu", "squared_error"), MOMENTUM)
    layer.weight_gradient[:], layer.bias_gradient[:] = WEIGHT_GRADIENT, 0
    optimiser.state[0][:] = VELOCITY
    optimiser.step(RATE)
    return layer.weights, optimiser.state[0]


def _activation(mistakes: Collection[str]) -> Arrays:
    activations = 1 / (1 + np.exp(-OUTPUTS)) if "sigmoid" in mistakes else np.tanh(OUTPUTS)
    values = np.tanh(OUTPUTS)
    if "twice" in mistakes:
        values = np.tanh(values)
    slopes = 1 - values if "square" in mistakes else 1 - values**2
    if "derivative" in mistakes:
        slopes = np.ones_like(slopes)
    gradient = slopes if "chain" in mistakes else GRADIENT * slopes
    return activations, -gradient if "sign" in mistakes else gradient


def _call_activation(answer: Any) -> Arrays:
    function = answer()
    gradient = function.backward(GRADIENT.copy(), np.tanh(OUTPUTS))
    return function.forward(OUTPUTS.copy()), gradient


EXERCISES = {
    "forward": Exercise(
        "forward",
        ("activations",),
        lambda answer: answer(INPUTS.copy(), WEIGHTS.copy(), BIASES.copy()),
        lambda: (_layer().activations,),
        _forward,
        {
            "biases": "the biases are missing",
            "activation": "the activation function is missing: negative sums must become 0",
            "outside": "the biases are added after the activation function, and belong inside it",
        },
        "Dense.forward in stages/network/dense.py",
    ),
    "loss": Exercise(
        "loss",
        ("loss",),
        lambda answer: answer(_softmax(OUTPUTS), LABELS.copy()),
        lambda: (LOSSES["cross_entropy"].value(_softmax(OUTPUTS), LABELS),),
        _loss,
        {
            "sign": "the minus sign is missing: a loss is smallest where the answers are right",
            "mean": "the mean over the batch is missing: this is the sum",
            "logarithm": "the logarithm is missing",
            "label": "all classes are added up, and only the label's probability counts",
        },
        "CrossEntropy.value in stages/network/losses.py",
    ),
    "loss_gradient": Exercise(
        "loss_gradient",
        ("gradient",),
        lambda answer: answer(OUTPUTS.copy(), LABELS.copy()),
        lambda: (LOSSES["cross_entropy"](OUTPUTS, LABELS)[1],),
        _loss_gradient,
        {
            "softmax": "softmax is missing: the outputs are not yet probabilities",
            "target": "the target is missing: 1 must be subtracted for the right class",
            "mean": "the mean over the batch is missing: divide by the number of images",
            "sign": "the sign is wrong: this is target minus probability",
        },
        "CrossEntropy.__call__ in stages/network/losses.py",
    ),
    "slope": Exercise(
        "slope",
        ("slope", "weights afterwards"),
        _call_slope,
        lambda: _slope(()),
        _slope,
        {
            "distance": "the difference is not divided by the distance of the two places",
            "half": "the difference is divided by h, but the two places are 2 h apart",
            "sign": "the sign is wrong: it is the loss above minus the loss below",
            "one_sided": "this goes one way from the weight; to both sides it is more exact",
            "above": "the weight is not put back",
            "below": "the weight is not put back",
        },
        "finite_differences in tests/network/test_gradients.py",
    ),
    "backward": Exercise(
        "backward",
        ("weight_gradient", "bias_gradient", "input_gradient"),
        lambda answer: answer(
            INPUTS.copy(), WEIGHTS.copy(), _layer().activations.copy(), GRADIENT.copy()
        ),
        _backward_of_project,
        _backward,
        {
            "derivative": "the derivative of the activation is missing",
            "mean": "this is divided by the number of images once more, as the loss did before",
            "sign": "the sign is wrong",
        },
        "Dense.backward in stages/network/dense.py",
    ),
    "step": Exercise(
        "step",
        ("weights", "velocity"),
        lambda answer: answer(
            WEIGHTS.copy(), VELOCITY.copy(), WEIGHT_GRADIENT.copy(), RATE, MOMENTUM
        ),
        _step_of_project,
        _step,
        {
            "ascent": "the step has the sign of ascent: it makes the loss larger",
            "rate": "the learning rate is missing",
            "momentum": "momentum is missing: it multiplies the old velocity",
            "velocity": "the old velocity is missing",
            "plain": "the weights move by the gradient, and should move by the velocity",
            "average": "the gradient is multiplied by 1 - momentum, which is another convention",
            "inside": "the learning rate is in the velocity, which is another convention",
        },
        "SGD.step in stages/network/optimisers.py",
    ),
    "activation": Exercise(
        "Tanh",
        ("activations", "gradient"),
        _call_activation,
        lambda: (
            ACTIVATIONS["tanh"].forward(OUTPUTS.copy()),
            ACTIVATIONS["tanh"].backward(GRADIENT.copy(), np.tanh(OUTPUTS)),
        ),
        _activation,
        {
            "sigmoid": "this is the sigmoid, which goes from 0 to 1, and not from -1 to 1",
            "derivative": "the derivative of the activation is missing",
            "chain": "the gradient is missing: by the chain rule it multiplies the derivative",
            "square": "the square is missing",
            "twice": "tanh is applied to the activations again: they are tanh(z) already",
            "sign": "the sign is wrong",
        },
        "Tanh in stages/network/activations.py",
    ),
}
