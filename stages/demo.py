"""Make the demo page: models/, data/npy/ -> reports/demo.html, to draw on and watch the network."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.paths import MODEL, path_option, require_distinct, snapshots_path
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write
from stages.runtime.regular_file import require_file


@click.command(
    "demo",
    cls=StageCommand,
    example="--model models/model.safetensors --out reports/demo.html",
    writes="out",
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", MODEL, "File of the network.")
@path_option("--out", "reports/demo.html", "The page to write.")
def demo(data: Path, model: Path, out: Path) -> None:
    """Write a page to draw digits on, in a browser, that shows the network classify them."""
    from stages.classifier import model_file
    from stages.datasets import arrays
    from stages.pages import demo_page, page_weights
    from stages.pictures import reader as picture
    from stages.reporting import metrics
    from stages.training import snapshots

    history = snapshots_path(model)
    require_distinct(reads=[*arrays.paths(data, "test"), model, history], writes=[out])
    trained = model_file.load(model)
    ensemble, novelty = trained.ensemble, trained.novelty
    first = ensemble.networks[0]
    picture.require_shape(trained.image_shape)
    images, labels = arrays.load(data, "test")
    trained.check_compatible(images, labels)

    networks = page_weights.encode_networks(ensemble.networks)
    # Some models have no such file: it is not needed to predict.
    require_file(history)
    all_snapshots = snapshots.load(history, first) if history.exists() else []
    shown, encoded = page_weights.encode_snapshots(
        [snapshot.layers for snapshot in all_snapshots], networks
    )
    for index, content in zip(shown, encoded, strict=True):
        snapshot = all_snapshots[index]
        _, accuracy = snapshot.network(first).evaluate(images, labels)
        content |= {"step": snapshot.step, "epochs": snapshot.epochs, "accuracy": float(accuracy)}
    page_data = demo_page.PageData(
        networks=networks,
        ensemble_size=len(ensemble.networks),
        snapshots=encoded,
        activation=first.activation,
        loss=first.loss_name,
        dataset=trained.dataset,
        classes=trained.classes,
        digit_size=trained.digit_size,
        temperature=trained.calibration.temperature,
        min_confidence=trained.calibration.min_confidence,
        novelty=(novelty.components, novelty.quadratic) if novelty else None,
    )
    outputs, probabilities, *_ = trained.predict(images)
    evaluation = metrics.evaluate(outputs, labels, probabilities)
    with atomic_write(out) as new_page:
        new_page.write_text(demo_page.render(page_data, images, evaluation), encoding="utf-8")
    echo(f"{out}: open it in a browser; {model} answers, trained on {trained.dataset}")


if __name__ == "__main__":
    demo()
