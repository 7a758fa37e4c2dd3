"""Dropout: hidden neurons are switched off at random while a network trains.

Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent
neural networks from overfitting", 2014.
"""

import numpy as np

from stages.network.activations import Floats


class Dropout:
    """Draws the masks by which the activations of hidden layers are multiplied.

    Parameters
    ----------
    fraction
        Fraction of the neurons that are switched off, 0 to below 1.
    rng
        Generator of the masks.
    """

    def __init__(self, fraction: float, rng: np.random.Generator) -> None:
        self._fraction, self._rng = fraction, rng

    def mask(self, like: Floats) -> Floats:
        """Draw a mask of the shape and type of `like`: 0, or 1 / (1 - fraction).

        What is kept grows by as much as is missing, so that the sums stay the same on average.
        """
        is_kept = self._rng.random(like.shape, np.float32) >= self._fraction
        mask: Floats = is_kept.astype(like.dtype)
        mask /= 1 - self._fraction
        return mask
