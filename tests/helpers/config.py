"""A small training configuration, for tests to vary with `dataclasses.replace`."""

from stages.network.augmentation import Augmentation
from stages.training.config import TrainingConfig

CONFIG = TrainingConfig(
    hidden=(12,),
    activation="relu",
    initialisation="suited",
    loss="cross_entropy",
    optimizer="sgd",
    epochs=4,
    batch_size=32,
    learning_rate=0.05,
    learning_rate_schedule="cosine",
    momentum=0.9,
    weight_decay=0.001,
    dropout=0.0,
    validation_fraction=0.1,
    ensemble_size=1,
    seed=1,
    augmentation=Augmentation(shift=1.0, rotation=10.0, scale=0.1, shear=0.1, elastic=1.0),
)


def options(config: TrainingConfig) -> list[str]:
    """Write a configuration as the options of `stages.train`."""
    values = vars(config) | vars(config.augmentation or Augmentation()) | {"strength": 1}
    values["hidden"] = ",".join(str(size) for size in config.hidden)
    del values["augmentation"]
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]
