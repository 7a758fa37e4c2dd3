"""Backpropagation as one would write it first: one image at a time, without the network's code."""

import numpy as np


def backpropagate(
    weights: list[np.ndarray], biases: list[np.ndarray], pixels: np.ndarray, target: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Compute the gradients of half the squared error of a network of ReLU neurons, for one image.

    Parameters
    ----------
    weights, biases
        Of each layer: (inputs, neurons) and (neurons,).
    pixels
        The image, (inputs,), 0 to 1.
    target
        The outputs that are wanted, (classes,).

    Returns
    -------
    tuple of list
        Gradients with respect to the weights and the biases, in the same shapes.
    """
    activations = [pixels]
    for w, b in zip(weights, biases, strict=True):  # forward
        activations.append(np.maximum(activations[-1] @ w + b, 0))

    weight_gradients: list[np.ndarray] = []
    bias_gradients: list[np.ndarray] = []
    gradient = activations[-1] - target  # how the loss changes with each output
    for layer in reversed(range(len(weights))):  # backward
        delta = gradient * (activations[layer + 1] > 0)  # with each weighted sum
        weight_gradients.insert(0, np.outer(activations[layer], delta))  # with each weight
        bias_gradients.insert(0, delta)
        gradient = weights[layer] @ delta  # with each activation of the layer before
    return weight_gradients, bias_gradients
