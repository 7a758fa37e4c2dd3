"""The page's worked example: a network so small that its gradients can be computed by hand."""

import numpy as np

from stages.network.activations import ACTIVATIONS, Floats
from stages.network.dense import Dense
from stages.network.mlp import MLP
from stages.network.optimisers import SGD

INPUTS: Floats = np.array([[0.5, 1]], np.float32)
LABELS = np.array([0])
NUDGE = 0.1
LEARNING_RATES = {"right": 0.1, "large": 1.0}


def network() -> MLP:
    """Make the network: two inputs, two hidden neurons, two outputs, all of them ReLU."""
    relu = ACTIVATIONS["relu"]
    hidden_weights = np.array([[1.2, 0.2], [0.1, 0.4]], np.float32)
    output_weights = np.array([[0.8, 0.6], [-0.4, -0.3]], np.float32)
    hidden = Dense(hidden_weights, np.array([0, 0.1], np.float32), relu)
    output = Dense(output_weights, np.array([0, 0], np.float32), relu)
    return MLP([hidden, output], "relu", "squared_error")


def numbers() -> dict[str, str]:
    """Compute with the project's network what the page computes by hand."""
    example = network()
    hidden, output = example.layers
    outputs = example.forward(INPUTS)
    loss, gradient = example.loss(outputs, LABELS)
    values = {
        "a1": hidden.activations[0, 0],
        "a2": hidden.activations[0, 1],
        "o1": outputs[0, 0],
        "o2": outputs[0, 1],
        "loss": loss,
        "by_o1": gradient[0, 0],
        "by_o2": gradient[0, 1],
    }
    example.backward(gradient)
    by_hidden = gradient @ output.weights.T  # multiplied by the slopes of the outputs, all 1
    values |= {
        "by_a1": by_hidden[0, 0],
        "by_w": hidden.weight_gradient[0, 0],
        "by_second_w": hidden.weight_gradient[1, 0],
        "by_output_w": output.weight_gradient[0, 0],
        "loss_above": _loss_after(NUDGE),
        "loss_below": _loss_after(-NUDGE),
    }
    values["tried"] = (values["loss_above"] - values["loss_below"]) / (2 * NUDGE)
    for name, learning_rate in LEARNING_RATES.items():
        values[f"loss_{name}"] = round(_loss_after_a_step(learning_rate), 3)
    return {f"hand_{name}": f"{value:.5f}".rstrip("0") for name, value in values.items()}


def _loss_after(change: float) -> float:
    """Compute the loss after a change of the first hidden neuron's first weight."""
    example = network()
    example.layers[0].weights[0, 0] += change
    return example.loss(example.forward(INPUTS), LABELS)[0]


def _loss_after_a_step(learning_rate: float) -> float:
    """Compute the loss after a step of all weights and biases."""
    example = network()
    _, gradient = example.loss(example.forward(INPUTS), LABELS)
    example.backward(gradient)
    SGD(example, momentum=0).step(learning_rate)
    return example.loss(example.forward(INPUTS), LABELS)[0]
