"""The configuration of a training run: all that decides its result, apart from the data."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Self

from stages.network.augmentation import Augmentation
from stages.network.names import (
    ActivationName,
    InitialisationName,
    LossName,
    OptimizerName,
    ScheduleName,
)
from stages.training.errors import TrainingError


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
        flags: float,
        **train: Any,
    ) -> Self:
        """Make a configuration of the values of the sections `train` and `augment`."""
        if strength * scale >= 1:
            raise TrainingError(
                f"augment.scale ({scale:g}) times augment.strength ({strength:g}) must be below 1"
            )
        ranges = (shift, rotation, scale, shear, elastic)
        shift, rotation, scale, shear, elastic = (strength * largest for largest in ranges)
        augmentation = Augmentation(shift, rotation, scale, shear, elastic, flags)
        return cls(**train, augmentation=augmentation if any(astuple(augmentation)) else None)

    def for_classes(self, classes: Sequence[str]) -> Self:
        """Return the same, without flags where the classes are not the ten digits."""
        if self.augmentation is None or tuple(classes) == tuple("0123456789"):
            return self
        without = replace(self.augmentation, flags=0.0)
        return replace(self, augmentation=without if any(astuple(without)) else None)
