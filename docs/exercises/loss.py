"""Exercise 2: the loss."""

import numpy as np


def loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Compute the cross-entropy of a batch.

    Parameters
    ----------
    probabilities
        (n, classes): a row for each image, whose sum is 1.
    labels
        (n,): the right class of each image, a whole number from 0.

    Returns
    -------
    float
        The mean over the images of the negative logarithm of the right class's probability.
    """
    raise NotImplementedError
