"""Evaluate a network: models/, data/npy/ -> reports/: metrics, predictions and plots."""

import json
import math
from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.paths import MODEL, path_option, reports_folder, reports_option, require_distinct
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write_files

REPORTS = (
    "metrics.json",
    "predictions.csv",
    "classes.csv",
    "calibration.csv",
    "learning_curves.png",
    "confusion.png",
    "mistakes.png",
    "weights.png",
    "reliability.png",
)


@click.command(
    "evaluate", cls=StageCommand, example="--model models/model.safetensors --reports reports"
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", MODEL, "File of the network.")
@reports_option
@click.option("--verbose", is_flag=True, help="Print the tables and the first image's outputs too.")
def evaluate(data: Path, model: Path, reports: Path | None, verbose: bool) -> None:
    """Evaluate a network on the test images, which it has never seen, and plot the results."""
    from dataclasses import asdict

    from stages.classifier import model_file
    from stages.datasets import arrays
    from stages.reporting import answers, calibration, metrics, plots, tables, text

    out = reports_folder(reports, model)
    history = out / "history.csv"
    require_distinct(
        reads=[*arrays.paths(data, "test"), model, history],
        writes=[out / name for name in REPORTS],
    )
    trained = model_file.load(model)
    ensemble, classes = trained.ensemble, trained.classes
    images, labels = arrays.load(data, "test")
    trained.check_compatible(images, labels)
    epochs = tables.read(history, tables.HISTORY)

    outputs, probabilities, is_unsure, is_novel = trained.predict(images)
    loss = ensemble.loss.value(outputs, labels)
    evaluation = metrics.evaluate(outputs, labels, probabilities)
    validation_accuracy = next(reversed(epochs["validation_accuracy"]), math.nan)
    bins = calibration.bins(evaluation)
    n_calibration = trained.calibration.n_images
    first_layer = ensemble.networks[0].layers[0].weights.T
    figures = {
        "learning_curves.png": plots.learning_curves(
            epochs, is_augmented=trained.provenance.is_augmented
        ),
        "confusion.png": plots.confusion(evaluation, classes),
        "mistakes.png": plots.misclassified(images, evaluation, classes),
        "weights.png": plots.weights(first_layer, trained.image_shape),
        "reliability.png": plots.reliability(bins, n_calibration),
    }
    with atomic_write_files(out) as new:
        content = json.dumps(evaluation.to_dict(loss, validation_accuracy), indent=2)
        (new / "metrics.json").write_text(content + "\n", encoding="utf-8", newline="\n")
        rows = evaluation.prediction_rows(classes)
        tables.write(new / "predictions.csv", tables.PREDICTIONS, rows)
        tables.write(new / "classes.csv", tables.CLASSES, evaluation.class_rows(classes))
        tables.write(new / "calibration.csv", tables.CALIBRATION, map(asdict, bins))
        for name, figure in figures.items():
            plots.save(figure, new / name)
    if verbose:
        echo(text.per_class(evaluation, classes))
        echo("\nconfusion matrix (rows: actual, columns: predicted):")
        echo(text.confusion(evaluation, classes))
        first = answers.answers(probabilities[:1], is_unsure[:1], is_novel[:1])
        name = f"\nthe first test image (true label: {classes[labels[0]]})"
        echo(text.predictions([name], first, classes) + "\n")
    for warning in text.warnings(evaluation, classes):
        echo(f"Warning: {warning}", err=True)
    hint = "" if verbose else "; all of them with --verbose"
    echo(text.worst_classes(evaluation, classes) + hint)
    echo(text.trained_with(trained.provenance.params, trained.provenance.environment))
    echo(f"written: {', '.join(str(out / name) for name in REPORTS)}")
    error = calibration.error(bins)
    echo(text.doubts(is_unsure, is_novel, error, n_calibration))
    echo(f"{text.accuracy(evaluation, 'test')}, loss {loss:.4f}")


if __name__ == "__main__":
    evaluate()
