"""Exercise 3: the gradient of the loss with respect to the outputs."""

import numpy as np


def loss_gradient(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute the slopes of the cross-entropy of a batch along its outputs.

    Parameters
    ----------
    outputs
        (n, classes): not yet probabilities; softmax makes these of them.
    labels
        (n,): the right class of each image, a whole number from 0.

    Returns
    -------
    ndarray
        (n, classes): the probabilities minus the target, which is 1 for the right class and 0 for
        the others; and the loss is a mean over the images.
    """
    raise NotImplementedError
