"""Make the demo page: models/, data/npy/ -> reports/demo.html, to draw on and watch the network."""

from pathlib import Path

import click

from stages.cli.options import StageCommand, dataset_option, path_option
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import atomic_write


@click.command(
    "demo",
    cls=StageCommand,
    example="--model models/model.safetensors --out reports/demo.html",
    writes="out",
)
@dataset_option
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", "models/model.safetensors", "The network's file.")
@path_option("--out", "reports/demo.html", "The page to write.")
def demo(dataset: str, data: Path, model: Path, out: Path) -> None:
    """Write a page to draw on, in a browser, and watch the network read it. It needs no server."""
    from stages.datasets import arrays
    from stages.datasets import pictures as picture
    from stages.network import model_file
    from stages.reporting import demo_page, metrics

    trained = model_file.load(model)
    committee = trained.committee
    picture.require_shape(trained.image_shape)
    images, labels = arrays.load(data, "test")
    committee.networks[0].check_compatible(images, labels)
    page_data = demo_page.PageData(
        networks=[[layer.weights for layer in network.layers] for network in committee.networks],
        activation=committee.networks[0].activation,
        loss=committee.networks[0].loss_name,
        dataset=dataset,
        classes=trained.classes,
        digit_size=CATALOGUE[dataset].digit_size,
    )
    evaluation = metrics.evaluate(committee.outputs(images), labels)
    with atomic_write(out) as beside:
        beside.write_text(demo_page.render(page_data, images, evaluation), encoding="utf-8")
    click.echo(f"{out}: open it in a browser, and draw")


if __name__ == "__main__":
    demo()
