"""Train a network: data/npy/ -> models/, and reports/history.csv, which grows meanwhile."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from stages.classifier import calibration, model_file, novelty
from stages.classifier.provenance import Provenance
from stages.cli.command import StageCommand
from stages.cli.parameters import SNAPSHOTS, TRAINING
from stages.cli.paths import (
    MODEL,
    path_option,
    reports_folder,
    reports_option,
    require_distinct,
    snapshots_path,
)
from stages.cli.terminal import echo
from stages.cli.training_progress import TrainingProgress
from stages.datasets import arrays
from stages.datasets.manifest import read_manifest
from stages.reporting import tables, text
from stages.reporting.metrics import evaluate
from stages.runtime.files import atomic_write
from stages.runtime.live_file import LiveFile
from stages.runtime.signals import SignalHandler
from stages.training import checkpoint_file, diagnosis, snapshots
from stages.training.checkpoint_manager import CheckpointManager
from stages.training.config import TrainingConfig
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.split import Data, split_validation

REPORTS = ("history.csv", "validation_predictions.csv")


@click.command(
    "train",
    cls=StageCommand,
    params=[*TRAINING, SNAPSHOTS],
    example="--hidden 64,32 --activation sigmoid --epochs 5",
    writes="model",
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", MODEL, "File for the network.")
@reports_option
@click.option("--verbose", is_flag=True, help="Print every epoch, not only every tenth.")
def train(data: Path, model: Path, reports: Path | None, verbose: bool, **params: Any) -> None:
    """Train a multilayer perceptron by backpropagation. It never sees a test image."""
    all_params = {option.key: params[str(option.name)] for option in (*TRAINING, SNAPSHOTS)}
    out, n_snapshots = reports_folder(reports, model), params.pop("snapshots")
    history, predictions = (out / name for name in REPORTS)
    require_distinct(
        reads=arrays.paths(data, "train"),
        writes=[model, snapshots_path(model), history, predictions],
    )
    config = TrainingConfig.from_params(**params)
    all_data, manifest = Data(*arrays.load(data, "train")), read_manifest(data)
    image_shape, classes = all_data.images.shape[1:], manifest.classes
    train_data, validation = split_validation(all_data, config.validation_fraction)
    ensemble = random_ensemble(config, image_shape, len(classes))
    run_key = partial(checkpoint_file.run_key, config, all_data, len(classes), n_snapshots)
    n_samples = config.epochs * len(train_data.images) * config.ensemble_size
    rows: list[dict[str, Any]] = []
    with (
        SignalHandler() as signals,
        CheckpointManager(model, run_key) as checkpoints,
        # Opened first: what cannot be written must fail before training, not after.
        atomic_write(model) as new_model,
        atomic_write(snapshots_path(model)) as new_snapshots,
        LiveFile(history, lambda path: tables.write(path, tables.HISTORY, rows)) as live_history,
        TrainingProgress(config.epochs, n_samples, verbose=verbose) as progress,
    ):
        for sentence in diagnosis.split_warnings(train_data, validation, classes):
            progress.warn(sentence)
        observers = [
            lambda state: progress.update(state.batch_size),
            lambda state: signals.raise_if_requested(),
        ]
        epochs = train_ensemble(
            ensemble, train_data, validation, config, observers, checkpoints, n_snapshots
        )
        n_epochs_resumed = checkpoints.n_epochs()
        if n_samples_seen := checkpoints.samples_seen(len(train_data.images)):
            progress.resume(n_samples_seen, n_samples, checkpoints.path(0))
        else:
            progress.echo(f"before training: accuracy {ensemble.evaluate(*all_data)[1]:.2%}")
        for metrics in epochs:
            rows.append(asdict(metrics) | {"epoch": metrics.number})
            live_history.update()
            if metrics.number <= n_epochs_resumed:
                continue
            progress.epoch(metrics.number, metrics)
            if warning := diagnosis.warning(config, metrics, ensemble, train_data, classes):
                progress.warn(warning)
        signals.raise_if_requested()
        trained = model_file.Model(
            ensemble,
            image_shape,
            classes,
            manifest.dataset,
            manifest.digit_size,
            calibration.fit(ensemble.predict_proba(validation.images), validation.labels)
            if validation
            else calibration.NOT_CALIBRATED,
            novelty.fit(
                train_data.images,
                validation.images if validation else None,
                np.random.default_rng(config.seed),
            ),
            Provenance.of_this_process({"dataset": manifest.dataset} | all_params, manifest.sha256),
        )
        model_file.save(trained, new_model)
        snapshots.save(checkpoints.snapshots(), new_snapshots)
    evaluation = None
    if validation:
        outputs, probabilities, *_ = trained.predict(validation.images)
        evaluation = evaluate(outputs, validation.labels, probabilities)
    with atomic_write(predictions) as path:
        predicted = evaluation.prediction_rows(classes) if evaluation else []
        tables.write(path, tables.PREDICTIONS, predicted)
    echo(f"written: {model}, {history}, {predictions}")
    if evaluation:
        if rows:
            echo(text.best_epoch([row["validation_loss"] for row in rows]))
        echo(text.accuracy(evaluation, "validation"))
    else:
        echo("not calibrated: train.validation_fraction is 0")
    signals.raise_if_requested()


if __name__ == "__main__":
    train()
