"""Exercise 6: a step of stochastic gradient descent with momentum."""

import numpy as np


def step(
    weights: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    learning_rate: float,
    momentum: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Take a step that makes the loss smaller.

    Parameters
    ----------
    weights, velocity, gradient
        Arrays of one shape.
    learning_rate
        Multiplies the new velocity.
    momentum
        Multiplies the old velocity.

    Returns
    -------
    weights, velocity : ndarray
        The new weights and the new velocity.
    """
    raise NotImplementedError
