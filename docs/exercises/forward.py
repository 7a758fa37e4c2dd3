"""Exercise 1: the forward pass of a layer of ReLU neurons."""

import numpy as np


def forward(inputs: np.ndarray, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """Compute the activations of a layer.

    Parameters
    ----------
    inputs
        (n, inputs): a row for each image.
    weights
        (inputs, neurons): a column for each neuron.
    biases
        (neurons,).

    Returns
    -------
    ndarray
        (n, neurons): ReLU of the weighted sums with their biases.
    """
    raise NotImplementedError
