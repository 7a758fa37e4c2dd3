"""A recipe: all that decides what training comes to, apart from the images."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stages.network.augmentation import Augmentation
from stages.network.ensemble import Ensemble, train_ensemble
from stages.network.mlp import MLP
from stages.network.names import ActivationName, LossName, ScheduleName
from stages.network.training import EpochMetrics, Settings, TrainingState, split, train


class Keeper(Protocol):
    """What keeps how far training has come, and gives it back."""

    def resume(self, member: int, network: MLP) -> TrainingState:
        """Bring a network to where it was, and say how far that is: at its start, if unknown."""

    def keep(self, member: int) -> None:
        """Take note that a batch is done; called from the thread that the network learns in."""


@dataclass(frozen=True)
class TrainingConfig:
    """How many networks of what kind are to learn, and how.

    Its fields are the keys of params.yaml's section `train`, which says what each is for.
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

    @property
    def settings(self) -> Settings:
        """What of this concerns how one network learns."""
        reaches = (self.shift, self.rotation, self.scale, self.shear, self.elastic)
        return Settings(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            learning_rate_schedule=self.learning_rate_schedule,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            deformation=Augmentation(*(self.augment * reach for reach in reaches)),
        )

    def split(self, images: np.ndarray) -> int:
        """Tell how many of the images, the first ones, are learnt from: see `training.split`."""
        return split(len(images), self.validation_fraction)

    def start(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        classes: int,
        on_batch: Callable[[int], object] = lambda images: None,
        keeper: Keeper | None = None,
    ) -> tuple[Ensemble, Iterator[EpochMetrics]]:
        """Make a committee with random weights, and what trains it.

        Parameters
        ----------
        images
            uint8, (n, rows, columns); the last are kept for validation.
        labels
            uint8, (n,).
        classes
            How many outputs a network has.
        on_batch
            Called with the number of images of each batch that is done.
        keeper
            What training goes on from, and is kept in.

        Returns
        -------
        committee : Ensemble
            Its networks change with each epoch that is taken from the iterator.
        epochs : iterator of EpochMetrics
            Trains for an epoch at a time, and tells what each came to.

        Raises
        ------
        NetworkError
            If the images or labels do not fit, or the validation part is empty or all there is;
            from the iterator, if training goes wrong.
        """
        sizes = (math.prod(images.shape[1:]), *self.hidden, classes)
        randoms = np.random.default_rng(self.seed).spawn(self.ensemble_size)
        networks = [MLP.random(sizes, self.activation, self.loss, random) for random in randoms]
        networks[0].check_compatible(images, labels)
        learnt = self.split(images)
        kept = (images[learnt:], labels[learnt:]) if learnt < len(images) else None

        def training(
            member: int, network: MLP, random: np.random.Generator
        ) -> Iterator[EpochMetrics]:
            progress = keeper.resume(member, network) if keeper else TrainingState()

            def after_batch(count: int) -> None:
                on_batch(count)
                if keeper:
                    keeper.keep(member)

            return train(
                network,
                images[:learnt],
                labels[:learnt],
                self.settings,
                random,
                kept,
                after_batch,
                progress,
            )

        trainings = [
            training(member, network, random)
            for member, (network, random) in enumerate(zip(networks, randoms, strict=True))
        ]
        return Ensemble(networks), train_ensemble(trainings)
