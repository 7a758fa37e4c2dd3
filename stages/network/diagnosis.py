"""Diagnosis: whether a network learns at all, and if not, why."""

import math

import numpy as np

from stages.network.config import TrainingConfig
from stages.network.ensemble import Ensemble
from stages.network.training import EpochMetrics

# Images that are looked at.
_SAMPLE = 2000
# Part of the hidden neurons' values that are stuck in a network that cannot learn any more.
_STUCK = 0.95


def warning(
    recipe: TrainingConfig,
    epoch: EpochMetrics,
    committee: Ensemble,
    images: np.ndarray,
    labels: np.ndarray,
) -> str | None:
    """Tell, after a third of the epochs, when a network is no better than a guess.

    Parameters
    ----------
    recipe
        How the network is trained.
    epoch
        What has just come to its end.
    committee
        The networks, as they are then.
    images
        uint8, (n, rows, columns), those that are learnt from.
    labels
        uint8, (n,).

    Returns
    -------
    str or None
        A sentence with the likely reason; None when all is well, or it is not the time to tell.
    """
    if epoch.number != math.ceil(recipe.epochs / 3):
        return None
    most_common = np.bincount(labels).max() / len(labels)
    # What naming the most common class each time gets, and as much more as may be luck.
    luck = 3 * math.sqrt(most_common * (1 - most_common) / len(labels))
    if epoch.train_accuracy > most_common + luck or most_common + luck >= 1:
        return None
    return (
        f"after epoch {epoch.number} of {recipe.epochs} the accuracy is {epoch.train_accuracy:.2%},"
        f" as if one answer ({most_common:.2%} of all) was given for everything:"
        f" {_reason(recipe, committee, images[:_SAMPLE])}"
    )


def _reason(recipe: TrainingConfig, committee: Ensemble, images: np.ndarray) -> str:
    rate = f"train.learning_rate ({recipe.learning_rate:g})"
    if _stuck(committee, images) > _STUCK:
        return (
            f"nearly all {recipe.activation} neurons of a layer are stuck, as too large steps leave"
            f" them; lower {rate}, to a tenth at first"
        )
    if recipe.learning_rate < 0.01 or (recipe.activation == "sigmoid" and len(recipe.hidden) > 1):
        return (
            f"the steps are probably too small for it; raise {rate}, or use train.activation=relu"
        )
    return f"{rate} is probably too high, or the labels do not belong to the images"


def _stuck(committee: Ensemble, images: np.ndarray) -> float:
    """Measure which part of a layer's values, at most, has no slope to learn by."""
    worst = 0.0
    for network in committee.networks:
        layers = network.layer_activations(images)
        if network.loss_name == "cross_entropy":
            layers.pop()  # outputs without an activation
        for values in layers:
            stuck = np.abs(values - 0.5) > 0.499 if network.activation == "sigmoid" else values == 0
            worst = max(worst, float(stuck.mean()))
    return worst
