"""Calibration: whether predictions are as often correct as their confidence says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.reporting.metrics import Evaluation

N_BINS = 15
# Fewer say too little: of 2 images 0, 50 or 100 % are correct, whatever the confidence.
MIN_IMAGES = 15


@dataclass(frozen=True)
class Bin:
    """The images with a confidence in one of `N_BINS` equal parts of 0 to 1, or in several.

    Attributes
    ----------
    confidence
        Their mean confidence, 0 to 1.
    accuracy
        Fraction of them that are classified correctly, 0 to 1.
    n_images
        Their number.
    """

    confidence: float
    accuracy: float
    n_images: int


def bins(evaluation: Evaluation) -> list[Bin]:
    """Divide the images by confidence; bins of less than `MIN_IMAGES` are merged with the next.

    The last one can have fewer, if there are no more.
    """
    numbers = np.minimum((N_BINS * evaluation.confidence).astype(int), N_BINS - 1)
    masks: list[np.ndarray] = []
    for number in np.unique(numbers):
        if masks and masks[-1].sum() < MIN_IMAGES:
            masks[-1] |= numbers == number
        else:
            masks.append(numbers == number)
    return [
        Bin(
            confidence=float(evaluation.confidence[mask].mean(dtype=float)),
            accuracy=float(evaluation.is_correct[mask].mean()),
            n_images=int(mask.sum()),
        )
        for mask in masks
    ]


def error(bins: Sequence[Bin]) -> float:
    """Compute the expected calibration error, 0 to 1.

    The mean over all images of the distance between confidence and accuracy in their bin (Naeini,
    Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015).
    """
    total = sum(each.n_images for each in bins)
    return sum(each.n_images * abs(each.confidence - each.accuracy) for each in bins) / total
