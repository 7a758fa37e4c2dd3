"""Train a network: data/npy/ -> models/, and reports/history.csv."""

from pathlib import Path
from typing import Any, get_args

import click

from stages.datasets.catalogue import CATALOGUE
from stages.files import written_beside
from stages.network.names import ActivationName, DecayName, LossName
from stages.options import LayerSizes, Number, StageCommand, dataset_option, param, path_option


@click.command(
    "train",
    cls=StageCommand,
    example="--hidden 64,32 --activation sigmoid --epochs 5",
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
@param("--learning-rate", Number(min=0, min_open=True), "Length of the steps, at first.")
@param(
    "--decay",
    click.Choice(get_args(DecayName)),
    "How the learning rate falls to 0: none, linear or cosine.",
)
@param(
    "--momentum", Number(min=0, max=1, max_open=True), "Part of each step that goes on in the next."
)
@param(
    "--weight-decay",
    Number(min=0, max=1),
    "Part of each weight, times the rate, taken off at each step.",
)
@param(
    "--validation",
    Number(min=0, max=1, max_open=True),
    "Part of the training images, the last, kept to measure on.",
)
@param("--members", click.IntRange(min=1), "Networks that learn apart and answer together.")
@param("--deform", Number(min=0, max=10), "Times the next five: how far images are deformed.")
@param("--shift", Number(min=0, max=100), "Pixels by which training images are moved, at most.")
@param("--rotation", Number(min=0, max=180), "Degrees by which they are turned, at most.")
@param("--scale", Number(min=0, max=1), "Part by which they grow or shrink, about, at most.")
@param("--shear", Number(min=0, max=1), "Part of their height by which they lean, at most.")
@param(
    "--elastic",
    Number(min=0, max=100),
    "Pixels (RMS) by which points move apart, at most.",
)
@param("--seed", click.IntRange(min=0), "Start of all randomness: weights, order, deformations.")
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", "models/model.safetensors", "File for the network.")
@path_option("--history", "reports/history.csv", "Table with one row an epoch.")
def train(dataset: str, data: Path, model: Path, history: Path, **params: Any) -> None:
    """Train a multilayer perceptron by backpropagation. It never sees a test image."""
    from dataclasses import asdict

    from tqdm import tqdm

    from stages.datasets import arrays
    from stages.network import model_file
    from stages.network.recipe import Recipe
    from stages.reporting import tables

    recipe = Recipe(**params)
    images, labels = arrays.load(data, "train")
    classes = CATALOGUE[dataset].classes
    learnt = recipe.split(images)
    # The bar is for terminals only; the lines are for all.
    total = recipe.epochs * learnt * recipe.members
    with tqdm(total=total, unit=" images", unit_scale=True, disable=None, leave=False) as bar:
        committee, training = recipe.start(images, labels, len(classes), on_batch=bar.update)
        bar.write(f"before training: accuracy {committee.accuracy(images, labels):.2%}")
        epochs = []
        for epoch in training:
            epochs.append(asdict(epoch))
            bar.write(f"epoch {epoch.epoch} of {recipe.epochs}: {epoch}")
    if learnt < len(images) and recipe.members > 1:
        together = committee.accuracy(images[learnt:], labels[learnt:])
        click.echo(f"{recipe.members} networks together: {together:.2%} in validation")

    with written_beside(model) as new_model, written_beside(history) as new_history:
        model_file.save(model_file.Model(committee, images.shape[1:], classes), new_model)
        tables.write(new_history, tables.HISTORY, epochs)
    click.echo(f"{model}: the network\n{history}: its history")


if __name__ == "__main__":
    train()
