"""Exercise 5: the backward pass of a layer of ReLU neurons."""

import numpy as np


def backward(
    inputs: np.ndarray, weights: np.ndarray, activations: np.ndarray, gradient: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the gradients of a layer from that of its activations.

    Parameters
    ----------
    inputs, weights, activations
        (n, inputs), (inputs, neurons) and (n, neurons), as in the forward pass.
    gradient
        (n, neurons): the slopes of the loss along the activations. The loss has divided them by the
        number of images already.

    Returns
    -------
    weight_gradient, bias_gradient, input_gradient : ndarray
        The slopes along the weights, the biases and the inputs, each in their shape.
    """
    raise NotImplementedError
