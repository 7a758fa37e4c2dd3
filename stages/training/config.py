"""The configuration of a training run: all that decides its result, apart from the data."""

from dataclasses import dataclass
from typing import Any, Self

from stages.network.augmentation import Augmentation
from stages.network.names import (
    ActivationName,
    InitialisationName,
    LossName,
    OptimizerName,
    ScheduleName,
)


@dataclass(frozen=True)
class TrainingConfig:
    """The networks to train, and how.

    Its fields are the keys of the section `train` in params.yaml, where each is described, and the
    augmentation that the section `augment` describes.
    """

    hidden: tuple[int, ...]
    activation: ActivationName
    initialisation: InitialisationName
    loss: LossName
    optimizer: OptimizerName
    epochs: int
    batch_size: int
    learning_rate: float
    learning_rate_schedule: ScheduleName
    momentum: float
    weight_decay: float
    dropout: float
    validation_fraction: float
    ensemble_size: int
    seed: int
    augmentation: Augmentation | None

    @classmethod
    def from_params(
        cls,
        *,
        strength: float,
        shift: float,
        rotation: float,
        scale: float,
        shear: float,
        elastic: float,
        **train: Any,
    ) -> Self:
        """Make a configuration of the values of the sections `train` and `augment`."""
        ranges = [strength * largest for largest in (shift, rotation, scale, shear, elastic)]
        return cls(**train, augmentation=Augmentation(*ranges) if any(ranges) else None)
