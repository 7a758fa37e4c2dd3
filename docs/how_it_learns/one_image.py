"""Backpropagation as one would write it first: one image at a time, without the network's code."""

import numpy as np


def backpropagate(
    weights: list[np.ndarray], biases: list[np.ndarray], pixels: np.ndarray, target: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
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
    list of tuple
        Of each layer: gradients with respect to the weights and the biases, in the same shapes.
    """
    activations = [pixels]
    for w, b in zip(weights, biases, strict=True):  # forward
        activations.append(np.maximum(activations[-1] @ w + b, 0))
    gradients = []
    gradient = activations[-1] - target  # the slopes along the outputs
    for layer in reversed(range(len(weights))):  # backward
        delta = gradient * (activations[layer + 1] > 0)  # along the sums
        gradients.append((np.outer(activations[layer], delta), delta))  # along weights and biases
        gradient = weights[layer] @ delta  # along the inputs
    return gradients[::-1]
