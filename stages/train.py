"""Train a network: data/npy/ -> models/, and reports/history.csv."""

import sys
from pathlib import Path
from typing import Any, get_args

import click

from stages.cli.options import (
    FiniteFloat,
    LayerSizes,
    StageCommand,
    dataset_option,
    param,
    path_option,
)
from stages.datasets.catalogue import CATALOGUE
from stages.network.names import ActivationName, LossName, ScheduleName
from stages.runtime.files import atomic_write


@click.command(
    "train",
    cls=StageCommand,
    example="--hidden 64,32 --activation sigmoid --epochs 5",
    writes="model",
)
@dataset_option
@param("--hidden", LayerSizes(), "Neurons of each hidden layer; [] for none.")
@param(
    "--activation",
    click.Choice(get_args(ActivationName)),
    "What a neuron makes of its inputs: sigmoid or relu.",
)
@param(
    "--loss",
    click.Choice(get_args(LossName)),
    "What to make small: squared_error or cross_entropy.",
)
@param("--epochs", click.IntRange(min=0), "Rounds over all training images.")
@param("--batch-size", click.IntRange(min=1), "Images looked at for one step.")
@param("--learning-rate", FiniteFloat(min=0, min_open=True), "Length of the steps, at first.")
@param(
    "--learning-rate-schedule",
    click.Choice(get_args(ScheduleName)),
    "How the learning rate falls to 0: constant, linear or cosine.",
)
@param(
    "--momentum",
    FiniteFloat(min=0, max=1, max_open=True),
    "Part of each step that goes on in the next.",
)
@param(
    "--weight-decay",
    FiniteFloat(min=0, max=1),
    "Part of each weight, times the rate, taken off at each step.",
)
@param(
    "--validation-fraction",
    FiniteFloat(min=0, max=1, max_open=True),
    "Part of the training images, the last, kept to measure on.",
)
@param("--ensemble-size", click.IntRange(min=1), "Networks that learn apart and answer together.")
@param("--augment", FiniteFloat(min=0, max=10), "Times the next five: how far images are deformed.")
@param(
    "--shift", FiniteFloat(min=0, max=100), "Pixels by which training images are moved, at most."
)
@param("--rotation", FiniteFloat(min=0, max=180), "Degrees by which they are turned, at most.")
@param("--scale", FiniteFloat(min=0, max=1), "Part by which they grow or shrink, about, at most.")
@param("--shear", FiniteFloat(min=0, max=1), "Part of their height by which they lean, at most.")
@param(
    "--elastic",
    FiniteFloat(min=0, max=100),
    "Pixels (RMS) by which points move apart, at most.",
)
@param("--seed", click.IntRange(min=0), "Start of all randomness: weights, order, deformations.")
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", "models/model.safetensors", "File for the network.")
@path_option("--history", "reports/history.csv", "Table with one row an epoch.")
def train(dataset: str, data: Path, model: Path, history: Path, **params: Any) -> None:
    """Train a multilayer perceptron by backpropagation. It never sees a test image."""
    from dataclasses import asdict
    from functools import partial

    from tqdm import tqdm

    from stages.datasets import arrays
    from stages.network import checkpoint_file as checkpoint
    from stages.network import diagnosis, model_file
    from stages.network.config import TrainingConfig
    from stages.reporting import tables
    from stages.runtime.checkpoint_manager import CheckpointManager
    from stages.runtime.signals import SignalHandler

    recipe = TrainingConfig(**params)
    images, labels = arrays.load(data, "train")
    classes = CATALOGUE[dataset].classes
    learnt = recipe.split(images)
    total = recipe.epochs * learnt * recipe.ensemble_size
    run_key = partial(checkpoint.run_key, recipe, images, labels, len(classes))
    with (
        SignalHandler() as stop,
        CheckpointManager(model, run_key) as checkpoints,
        # Now, so that what cannot be written is known before all the work and not after.
        atomic_write(model) as new_model,
        atomic_write(history) as new_history,
        # The bar is for terminals only; the lines are for all.
        tqdm(total=total, unit=" images", unit_scale=True, disable=None, leave=False) as bar,
    ):

        def on_batch(count: int) -> None:
            bar.update(count)
            stop.raise_if_requested()

        committee, training = recipe.start(images, labels, len(classes), on_batch, checkpoints)
        if seen := checkpoints.seen(learnt):
            bar.update(seen)
            bar.write(f"going on from {checkpoints.path(0)}, after {seen:,} of {total:,} images")
        else:
            bar.write(f"before training: accuracy {committee.accuracy(images, labels):.2%}")
        epochs = []
        for epoch in training:
            epochs.append(asdict(epoch) | {"epoch": epoch.number})
            bar.write(f"epoch {epoch.number} of {recipe.epochs}: {epoch}")
            if told := diagnosis.warning(
                recipe, epoch, committee, images[:learnt], labels[:learnt]
            ):
                bar.write(f"Warning: {told}", file=sys.stderr)
        stop.raise_if_requested()
        if learnt < len(images) and recipe.ensemble_size > 1:
            together = committee.accuracy(images[learnt:], labels[learnt:])
            bar.write(f"{recipe.ensemble_size} networks together: {together:.2%} in validation")
        model_file.save(model_file.Model(committee, images.shape[1:], classes), new_model)
        tables.write(new_history, tables.HISTORY, epochs)
    click.echo(f"{model}: the network\n{history}: its history")


if __name__ == "__main__":
    train()
