"""Exercise 4: the slope along one weight, by trying it."""

from collections.abc import Callable

import numpy as np


def slope(
    loss: Callable[[np.ndarray], float], weights: np.ndarray, index: tuple[int, ...], h: float
) -> float:
    """Compute the slope of a loss along one weight by a finite difference.

    Parameters
    ----------
    loss
        Computes the loss with the weights that it is given.
    weights
        Any shape; the same afterwards as before.
    index
        Which weight: `weights[index]`.
    h
        How far the weight is moved, up and down.

    Returns
    -------
    float
        The difference of the two losses, divided by the distance of the two places.
    """
    raise NotImplementedError
