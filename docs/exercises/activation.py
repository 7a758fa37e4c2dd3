"""Exercise 7: another activation function, as the project's network takes it."""

import numpy as np


class Tanh:
    """The hyperbolic tangent: a smooth step from -1 to 1. Its slope is 1 - tanh(z)^2."""

    def forward(self, pre_activations: np.ndarray) -> np.ndarray:
        """Compute the activations of pre-activations, of any shape."""
        raise NotImplementedError

    def backward(self, gradient: np.ndarray, activations: np.ndarray) -> np.ndarray:
        """Compute the slopes of the loss along the pre-activations.

        Parameters
        ----------
        gradient
            The slopes along the activations.
        activations
            What `forward` returned, in the same shape.

        Returns
        -------
        ndarray
            In the same shape.
        """
        raise NotImplementedError
