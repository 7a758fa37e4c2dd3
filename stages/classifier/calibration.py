"""Calibration: temperature scaling of the outputs, and a confidence threshold.

Temperature scaling: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural
networks", 2017.
"""

from dataclasses import astuple, dataclass, replace

import numpy as np

from stages.classifier.novelty import augment, no_more_pixels
from stages.network.activations import Floats
from stages.network.augmentation import Augmentation
from stages.network.ensemble import Ensemble

# Fraction of the validation images, at most, whose confidence is below `min_confidence`.
MAX_UNSURE_FRACTION = 0.0075
# A prediction above this is never doubted, however easy the validation images are.
MAX_LIMIT = 0.6
# Without validation images: the fraction of the correct predictions for augmented training images
# below the limit, and the highest limit. Pictures that people take differ from training images:
# more than half of the mistakes on them have a confidence below 0.9.
_MAX_UNSURE_LEARNT, _MAX_LIMIT_LEARNT = 0.05, 0.9
# The number of these images, and their augmentation if training had none.
_MAX_IMAGES, _AUGMENTATION = 10_000, Augmentation(1, 10, 0.1, 0.1, 1)
# How far the limit is below the confidence it is taken from: more than what rounding, which depends
# on the processor, changes.
_MARGIN = 1e-3
# With fewer misclassified validation images nothing says how sure is too sure.
MIN_MISTAKES = 10
# Smaller probabilities count as this one: one image with a wrong label must not decide alone.
_MIN_PROBABILITY = 1e-4
# Those that are tried, 0.2 to 5: each is 1 % larger than the one before.
_TEMPERATURES = 1.01 ** np.arange(-162, 163)


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


def fit(outputs: Floats, labels: np.ndarray) -> Calibration:
    """Fit temperature and limit on validation images.

    The temperature is the one with the smallest cross entropy; not below 1, which would make the
    network surer, with fewer than `MIN_MISTAKES` misclassified images. The limit is the largest
    below which no more than `MAX_UNSURE_FRACTION` of the images fall, but at most `MAX_LIMIT`.

    Parameters
    ----------
    outputs
        float32, (n, classes), for images that the network has not learnt from.
    labels
        Their labels, (n,).
    """
    n_mistakes = np.count_nonzero(outputs.argmax(axis=1) != labels)
    tried = _TEMPERATURES[_TEMPERATURES >= 1] if n_mistakes < MIN_MISTAKES else _TEMPERATURES
    losses = [_cross_entropy(Calibration(temperature), outputs, labels) for temperature in tried]
    # Rounded, so that it stands in the model file as it is used.
    temperature = round(float(tried[np.argmin(losses)]), 4)
    confidence = np.sort(Calibration(temperature).probabilities(outputs).max(axis=1))
    limit = float(confidence[int(MAX_UNSURE_FRACTION * len(labels))]) - _MARGIN
    return Calibration(temperature, min(limit, MAX_LIMIT), len(labels))


def fit_limit(
    ensemble: Ensemble,
    images: np.ndarray,
    labels: np.ndarray,
    augmentation: Augmentation | None,
    rng: np.random.Generator,
) -> Calibration:
    """Fit the limit alone, on augmented training images; they are too easy for the temperature.

    Parameters
    ----------
    ensemble
        Its networks are trained.
    images, labels
        What they have learnt from, uint8 (n, rows, columns) and (n,). The last ones are used.
    augmentation
        That of training, if any.
    rng
        Generator of the augmentation.
    """
    some = slice(-no_more_pixels(_MAX_IMAGES, images), None)
    if augmentation is None or not any(astuple(replace(augmentation, flags=0.0))):
        augmentation = _AUGMENTATION
    augmented = augment(images[some], augmentation, rng)
    outputs = ensemble.predict_proba(augmented)
    is_correct = outputs.argmax(axis=1) == labels[some]
    confidence = NOT_CALIBRATED.probabilities(outputs).max(axis=1)[is_correct]
    if not len(confidence):
        return NOT_CALIBRATED
    limit = float(np.quantile(confidence, _MAX_UNSURE_LEARNT)) - _MARGIN
    return Calibration(min_confidence=round(min(limit, _MAX_LIMIT_LEARNT), 4))


def _cross_entropy(calibration: Calibration, outputs: Floats, labels: np.ndarray) -> float:
    of_labels = calibration.probabilities(outputs)[np.arange(len(labels)), labels]
    return -float(np.log(np.maximum(of_labels, _MIN_PROBABILITY)).mean(dtype=float))
