"""Train a network: data/npy/ -> models/, and reports/history.csv."""

from pathlib import Path
from typing import Any

import click

from stages.cli.command import StageCommand
from stages.cli.parameters import TRAINING
from stages.cli.paths import MODEL, history_option, history_path, path_option, require_distinct
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write


@click.command(
    "train",
    cls=StageCommand,
    params=list(TRAINING),
    example="--hidden 64,32 --activation sigmoid --epochs 5",
    writes="model",
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", MODEL, "File for the network.")
@history_option("File for the table of epochs.")
@click.option("--verbose", is_flag=True, help="Print every epoch, not only every tenth.")
def train(data: Path, model: Path, history: Path | None, verbose: bool, **params: Any) -> None:
    """Train a multilayer perceptron by backpropagation. It never sees a test image."""
    from dataclasses import asdict
    from functools import partial

    from stages.cli.training_progress import TrainingProgress
    from stages.datasets import arrays
    from stages.datasets.manifest import read_manifest
    from stages.network import checkpoint_file, diagnosis, model_file
    from stages.network.config import TrainingConfig
    from stages.reporting import tables
    from stages.runtime.checkpoint_manager import CheckpointManager
    from stages.runtime.signals import SignalHandler

    history = history_path(history, model)
    require_distinct(reads=arrays.paths(data, "train"), writes=[model, history])
    config = TrainingConfig(**params)
    images, labels = arrays.load(data, "train")
    classes = read_manifest(data).classes
    train_size = config.split(images)
    total = config.epochs * train_size * config.ensemble_size
    run_key = partial(checkpoint_file.run_key, config, images, labels, len(classes))
    with (
        SignalHandler() as signals,
        CheckpointManager(model, run_key) as checkpoints,
        # Opened first: what cannot be written must fail before training, not after.
        atomic_write(model) as new_model,
        atomic_write(history) as new_history,
        TrainingProgress(config.epochs, total, verbose=verbose) as progress,
    ):

        def on_batch(n_samples: int) -> None:
            progress.update(n_samples)
            signals.raise_if_requested()

        ensemble, training = config.start(images, labels, len(classes), on_batch, checkpoints)
        resumed_epochs = checkpoints.n_epochs()
        if samples_seen := checkpoints.samples_seen(train_size):
            progress.resume(samples_seen)
            progress.echo(
                f"resuming from {checkpoints.path(0)}, after {samples_seen:,} of {total:,} images"
            )
        else:
            progress.echo(f"before training: accuracy {ensemble.accuracy(images, labels):.2%}")
        epochs = []
        for metrics in training:
            epochs.append(asdict(metrics) | {"epoch": metrics.number})
            if metrics.number <= resumed_epochs:
                continue
            progress.epoch(metrics.number, metrics)
            if warning := diagnosis.warning(
                config, metrics, ensemble, images[:train_size], labels[:train_size]
            ):
                progress.warn(warning)
        signals.raise_if_requested()
        if train_size < len(images) and config.ensemble_size > 1:
            ensemble_accuracy = ensemble.accuracy(images[train_size:], labels[train_size:])
            progress.echo(
                f"ensemble of {config.ensemble_size}: validation accuracy {ensemble_accuracy:.2%}"
            )
        model_file.save(model_file.Model(ensemble, images.shape[1:], classes), new_model)
        tables.write(new_history, tables.HISTORY, epochs)
    echo(f"written: {model}, {history}")


if __name__ == "__main__":
    train()
