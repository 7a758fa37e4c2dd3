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
def train(
    dataset: str,
    hidden: tuple[int, ...],
    activation: ActivationName,
    loss: LossName,
    validation: float,
    members: int,
    deform: float,
    shift: float,
    rotation: float,
    scale: float,
    shear: float,
    elastic: float,
    seed: int,
    data: Path,
    model: Path,
    history: Path,
    **settings: Any,
) -> None:
    """Train a multilayer perceptron by backpropagation. It never sees a test image."""
    from dataclasses import asdict

    import numpy as np
    from tqdm import tqdm

    from stages.datasets import arrays
    from stages.network import model_file, training
    from stages.network.committee import Committee, train_together
    from stages.network.deform import Deformation
    from stages.network.network import Network
    from stages.reporting import tables

    images, labels = arrays.load(data, "train")
    rows, columns = images.shape[1:]
    classes = CATALOGUE[dataset].classes
    sizes = (rows * columns, *hidden, len(classes))
    randoms = np.random.default_rng(seed).spawn(members)
    networks = [Network.random(sizes, activation, loss, random) for random in randoms]
    networks[0].require_fit(images, labels)
    committee = Committee(networks)
    learnt = training.split(len(images), validation)
    kept = (images[learnt:], labels[learnt:]) if validation else None
    reaches = (shift, rotation, scale, shear, elastic)
    deformation = Deformation(*(deform * reach for reach in reaches))
    how = training.Settings(**settings, deformation=deformation)

    click.echo(f"before training: accuracy {committee.accuracy(images, labels):.2%}")
    # The bar is for terminals only; the lines are for all.
    total = how.epochs * learnt * members
    with tqdm(total=total, unit=" images", unit_scale=True, disable=None, leave=False) as bar:
        trainings = [
            training.train(
                network, images[:learnt], labels[:learnt], how, random, kept, on_batch=bar.update
            )
            for network, random in zip(networks, randoms, strict=True)
        ]
        epochs = []
        for epoch in train_together(trainings):
            epochs.append(asdict(epoch))
            bar.write(f"epoch {epoch.epoch} of {how.epochs}: {epoch}")
    if kept and members > 1:
        click.echo(f"{members} networks together: {committee.accuracy(*kept):.2%} in validation")

    with written_beside(model) as new_model, written_beside(history) as new_history:
        model_file.save(model_file.Model(committee, (rows, columns), classes), new_model)
        tables.write(new_history, tables.HISTORY, epochs)
    click.echo(f"{model}: the network\n{history}: its history")


if __name__ == "__main__":
    train()
