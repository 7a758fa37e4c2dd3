"""Calibration: outputs as probabilities that mean what they say, and a limit below which to doubt.

Temperature scaling: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural
networks", 2017.
"""

from dataclasses import dataclass

import numpy as np

from stages.network.activations import Floats
from stages.network.ensemble import Ensemble
from stages.training.split import Data

# Fraction of the validation images, at most, whose confidence is below `min_confidence`.
MAX_UNSURE_FRACTION = 0.0075
# What is more likely than this is always relied on, however easy the validation images are.
MAX_LIMIT = 0.6
# Smaller probabilities count as this one: one image with a wrong label must not decide alone.
_MIN_PROBABILITY = 1e-4
# Those that are tried: each is 1 % larger than the one before.
_TEMPERATURES = np.float32(0.2) * np.float32(1.01) ** np.arange(324, dtype=np.float32)


@dataclass(frozen=True)
class Calibration:
    """How outputs become probabilities, and which of them are too low to rely on.

    Attributes
    ----------
    temperature
        More than 1 where the outputs are too confident, less where they are not confident enough.
    min_confidence
        Probability of the most likely class, below which a prediction is doubtful.
    n_images
        Number of validation images that both were fitted on; 0 for none: not calibrated.
    """

    temperature: float = 1.0
    min_confidence: float = 0.5
    n_images: int = 0

    def probabilities(self, outputs: Floats) -> Floats:
        """Compute probabilities.

        With `cross_entropy` it is the softmax of logits / temperature; with `squared_error` the
        same of the logarithms of the outputs divided by their sum.

        Parameters
        ----------
        outputs
            float32, (n, classes), 0 or more.

        Returns
        -------
        ndarray
            float32, (n, classes), each row with the sum 1; equal where all outputs are 0.
        """
        largest = outputs.max(axis=1, keepdims=True)
        ratios = np.ones_like(outputs)
        np.divide(outputs, largest, out=ratios, where=largest > 0)
        scaled: Floats = ratios ** np.float32(1 / self.temperature)
        scaled /= scaled.sum(axis=1, keepdims=True)
        return scaled

    def is_unsure(self, outputs: Floats) -> np.ndarray:
        """Tell, bool (n,), which predictions are doubtful; where all outputs are 0, they are."""
        confidence = self.probabilities(outputs).max(axis=1)
        unsure: np.ndarray = (confidence < self.min_confidence) | (outputs.max(axis=1) <= 0)
        return unsure


NOT_CALIBRATED = Calibration()


def fit(ensemble: Ensemble, validation: Data | None) -> Calibration:
    """Fit temperature and limit on validation images; without any, nothing is calibrated.

    The temperature is the one with the smallest cross entropy, with targets smoothed as in Platt,
    "Probabilistic outputs for support vector machines", 1999: where a small network names each
    validation image correctly, confidence must not become 100 %. The limit is the largest below
    which no more than `MAX_UNSURE_FRACTION` of the images fall, but at most `MAX_LIMIT`.

    Parameters
    ----------
    ensemble
        As it was trained.
    validation
        Images and labels that it has not learnt from.
    """
    if validation is None:
        return NOT_CALIBRATED
    return fit_to_outputs(ensemble.predict_proba(validation.images), validation.labels)


def fit_to_outputs(outputs: Floats, labels: np.ndarray) -> Calibration:
    """Do the same, given outputs, float32 (n, classes), for labels, (n,)."""
    smallest = np.finfo(np.float32).tiny
    logits = np.log(np.maximum(NOT_CALIBRATED.probabilities(outputs), smallest))
    losses = [_smoothed_cross_entropy(logits / each, labels) for each in _TEMPERATURES]
    # Rounded, so that it stands in the model file as it is used.
    temperature = round(float(_TEMPERATURES[np.argmin(losses)]), 4)
    confidence = np.sort(Calibration(temperature).probabilities(outputs).max(axis=1))
    limit = float(confidence[int(MAX_UNSURE_FRACTION * len(labels))])
    return Calibration(temperature, min(limit, MAX_LIMIT), len(labels))


def _smoothed_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Compute the mean cross entropy of targets that are 1 / (n + 2) away from certainty."""
    n_images = len(labels)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    np.maximum(log_probabilities, np.log(_MIN_PROBABILITY), out=log_probabilities)
    smoothing = 1 / (n_images + 2)
    of_labels = log_probabilities[np.arange(n_images), labels]
    mean = (1 - smoothing) * of_labels + smoothing * log_probabilities.mean(axis=1)
    return -float(mean.mean())
