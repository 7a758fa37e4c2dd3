"""Train a network: data/npy/ -> models/, and reports/history.csv, which grows meanwhile."""

import os
from collections.abc import Sequence
from dataclasses import asdict
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
from stages.datasets.manifest import Manifest, read_manifest
from stages.network.ensemble import Ensemble
from stages.reporting import tables, text
from stages.reporting.metrics import Evaluation, evaluate
from stages.runtime.files import atomic_write
from stages.runtime.live_file import LiveFile
from stages.runtime.signals import SignalHandler
from stages.training import diagnosis, snapshots
from stages.training.checkpoint_manager import CheckpointManager
from stages.training.config import TrainingConfig
from stages.training.ensemble import random_ensemble, train_ensemble
from stages.training.loop import EpochMetrics
from stages.training.split import Data, split_validation


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
    out = reports_folder(reports, model)
    history, predictions = out / "history.csv", out / "validation_predictions.csv"
    require_distinct(
        reads=arrays.paths(data, "train"),
        writes=[model, snapshots_path(model), history, predictions],
    )
    all_data, manifest = Data(*arrays.load(data, "train")), read_manifest(data)
    classes = manifest.classes
    values = {option.key: params[str(option.name)] for option in (*TRAINING, SNAPSHOTS)}
    trained_with = {"dataset": manifest.dataset} | values
    provenance = Provenance.of_this_process(trained_with, manifest.sha256)
    n_snapshots = params.pop("snapshots")
    config = TrainingConfig.from_params(**params).for_classes(classes)
    train_data, validation = split_validation(all_data, config.validation_fraction)
    ensemble = random_ensemble(config, all_data.images.shape[1:], len(classes))
    epochs: list[EpochMetrics] = []
    with (
        SignalHandler() as signals,
        CheckpointManager(model, provenance.key) as checkpoints,
        # Opened first: what cannot be written must fail before training, not after.
        atomic_write(model) as new_model,
        atomic_write(snapshots_path(model)) as new_snapshots,
        atomic_write(predictions) as new_predictions,
        LiveFile(history, lambda path: _write_history(path, epochs)) as live_history,
        TrainingProgress(config, len(train_data.images), verbose=verbose) as progress,
    ):
        progress.warn(*diagnosis.split_warnings(train_data, validation, classes))
        observers = [progress.update, lambda state: signals.raise_if_requested()]
        training = train_ensemble(
            ensemble, train_data, validation, config, observers, checkpoints, n_snapshots
        )
        n_epochs_resumed = checkpoints.n_epochs()
        if os.environ.get("DIGITS_KERNELS") == "native":
            progress.echo(f"this processor's own kernels: {provenance.kernels}")
        if n_samples := checkpoints.samples_seen(len(train_data.images)):
            progress.resume(n_samples, checkpoints.path(0))
        else:
            progress.echo(f"before training: accuracy {ensemble.evaluate(*all_data)[1]:.2%}")
        for metrics in training:
            epochs.append(metrics)
            live_history.update()
            if metrics.number > n_epochs_resumed:
                progress.epoch(metrics)
                if warning := diagnosis.warning(config, metrics, ensemble, train_data, classes):
                    progress.warn(warning)
        signals.raise_if_requested()
        trained = _make_model(ensemble, train_data, validation, manifest, provenance, config)
        model_file.save(trained, new_model)
        snapshots.save(checkpoints.snapshots(), new_snapshots)
        evaluation = _evaluate(trained, validation) if validation else None
        rows = evaluation.prediction_rows(classes) if evaluation else []
        tables.write(new_predictions, tables.PREDICTIONS, rows)
    echo(f"written: {model}, {history}, {predictions}")
    if evaluation and epochs:
        echo(text.best_epoch([float(metrics.validation_loss or 0) for metrics in epochs]))
    if evaluation:
        echo(text.accuracy(evaluation, "validation"))
    else:
        echo("not calibrated: train.validation_fraction is 0")
    signals.raise_if_requested()


def _write_history(path: Path, epochs: Sequence[EpochMetrics]) -> None:
    rows = (asdict(metrics) | {"epoch": metrics.number} for metrics in epochs)
    tables.write(path, tables.HISTORY, rows)


def _make_model(
    ensemble: Ensemble,
    data: Data,
    validation: Data | None,
    manifest: Manifest,
    provenance: Provenance,
    config: TrainingConfig,
) -> model_file.Model:
    """Fit what tells which predictions to doubt, on validation images or on augmented ones."""
    rng = np.random.default_rng(config.seed)
    validation_images = validation.images if validation else None
    return model_file.Model(
        ensemble,
        data.images.shape[1:],
        manifest.classes,
        manifest.dataset,
        manifest.digit_size,
        calibration.fit(ensemble.predict_proba(validation.images), validation.labels)
        if validation
        else calibration.fit_limit(ensemble, *data, config.augmentation, rng),
        novelty.fit(data.images, validation_images, np.random.default_rng(config.seed)),
        provenance,
    )


def _evaluate(model: model_file.Model, data: Data) -> Evaluation:
    outputs, probabilities, *_ = model.predict(data.images)
    return evaluate(outputs, data.labels, probabilities)


if __name__ == "__main__":
    train()
