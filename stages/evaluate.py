"""Evaluate a network: models/, data/npy/ -> reports/: metrics, predictions and plots."""

import json
from pathlib import Path

import click

from stages.cli.options import StageCommand, path_option
from stages.runtime.files import atomic_write_files


@click.command(
    "evaluate",
    cls=StageCommand,
    example="--model models/model.safetensors --out reports",
    writes="out",
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", "models/model.safetensors", "The network's file.")
@path_option("--history", "reports/history.csv", "The table that training wrote.")
@path_option("--out", "reports", "Folder for the reports.", folder=True)
def evaluate(data: Path, model: Path, history: Path, out: Path) -> None:
    """Measure a network on the test images, which it has never seen, and draw what came of it."""
    from stages.datasets import arrays
    from stages.network import model_file
    from stages.reporting import metrics, plots, tables, text

    trained = model_file.load(model)
    committee, classes = trained.committee, trained.classes
    images, labels = arrays.load(data, "test")
    committee.networks[0].check_compatible(images, labels)
    epochs = tables.read_numbers(history, tables.HISTORY)

    outputs = committee.outputs(images)
    loss = committee.loss(outputs.T, labels)
    evaluation = metrics.evaluate(outputs, labels)
    click.echo(text.per_class(evaluation, classes))
    click.echo(
        "\nconfusion matrix (rows: actual, columns: predicted):\n"
        + text.confusion(evaluation, classes)
    )
    click.echo("\nthe first test image:\n" + text.one_image(outputs, evaluation, 0, classes))

    first_layer = committee.networks[0].layers[0].weights[:, :-1]
    figures = {
        "learning_curves.png": plots.learning_curves(epochs),
        "confusion.png": plots.confusion(evaluation, classes),
        "mistakes.png": plots.misclassified(images, evaluation, classes),
        "weights.png": plots.weights(first_layer, trained.image_shape),
    }
    with atomic_write_files(out) as new:
        content = json.dumps(evaluation.to_dict(loss), indent=2)
        (new / "metrics.json").write_text(content + "\n", encoding="utf-8")
        tables.write(
            new / "predictions.csv", tables.PREDICTIONS, evaluation.prediction_rows(classes)
        )
        tables.write(new / "classes.csv", tables.CLASSES, evaluation.class_rows(classes))
        for name, figure in figures.items():
            plots.save(figure, new / name)
    click.echo(f"\n{text.summary(evaluation, loss)}")
    click.echo(f"plots: {', '.join(str(out / name) for name in figures)}")


if __name__ == "__main__":
    evaluate()
