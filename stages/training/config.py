"""The configuration of a training run: all that decides its result, apart from the data."""

from dataclasses import dataclass

from stages.network.augmentation import Augmentation
from stages.network.errors import NetworkError
from stages.network.names import ActivationName, LossName, ScheduleName


@dataclass(frozen=True)
class TrainingConfig:
    """The networks to train, and how.

    Its fields are the keys of the section `train` in params.yaml, where each is described.
    """

    hidden: tuple[int, ...]
    activation: ActivationName
    loss: LossName
    epochs: int
    batch_size: int
    learning_rate: float
    learning_rate_schedule: ScheduleName
    momentum: float
    weight_decay: float
    validation_fraction: float
    ensemble_size: int
    augment: float
    shift: float
    rotation: float
    scale: float
    shear: float
    elastic: float
    seed: int
    moments: int = 0

    @property
    def augmentation(self) -> Augmentation:
        """How far training images are transformed."""
        strengths = (self.shift, self.rotation, self.scale, self.shear, self.elastic)
        return Augmentation(*(self.augment * strength for strength in strengths))

    def train_size(self, n_images: int) -> int:
        """Return the number of images to train on: all but the last, which are for validation.

        The last in the data's own order, not a random choice: where a dataset is grouped by writer,
        some validation images are then by people who wrote none of the training images (of the
        bundled digits 22 of 144).

        Parameters
        ----------
        n_images
            Number of images in all.

        Raises
        ------
        NetworkError
            If no image would be left to train on, or none for validation although some are asked
            for.
        """
        n_validation = round(n_images * self.validation_fraction)
        if n_validation == n_images:
            raise NetworkError(
                f"no image is left to train on: train.validation_fraction of"
                f" {self.validation_fraction} takes all {n_images}"
            )
        if self.validation_fraction and not n_validation:
            raise NetworkError(
                f"there would be no validation images: {self.validation_fraction} of {n_images}"
                " images; raise train.validation_fraction, or set it to 0"
            )
        return n_images - n_validation
