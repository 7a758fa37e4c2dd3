"""A small training configuration, for tests to vary with `dataclasses.replace`."""

from stages.training.config import TrainingConfig

CONFIG = TrainingConfig(
    hidden=(12,),
    activation="relu",
    loss="cross_entropy",
    epochs=4,
    batch_size=32,
    learning_rate=0.05,
    learning_rate_schedule="cosine",
    momentum=0.9,
    weight_decay=0.001,
    validation_fraction=0.1,
    ensemble_size=1,
    augment=1.0,
    shift=1.0,
    rotation=10.0,
    scale=0.1,
    shear=0.1,
    elastic=1.0,
    seed=1,
)
