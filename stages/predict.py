"""Predict pictures of your own: picture files -> classes, on the terminal."""

import sys
from pathlib import Path

import click

from stages.cli.options import StageCommand, dataset_option, path_option
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.errors import DatasetError
from stages.runtime.files import atomic_write


@click.command("predict", cls=StageCommand, example="my-seven.jpg --show reports/my-seven.png")
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=Path)
@dataset_option
@path_option("--model", "models/model.safetensors", "The network's file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option(
    "--show",
    type=click.Path(dir_okay=False, path_type=Path),
    help="PNG file for what the network saw, beside its outputs.",
)
def predict(
    pictures: tuple[Path, ...], dataset: str, model: Path, as_json: bool, show: Path | None
) -> None:
    """Tell what a network takes pictures for: photos, scans or drawings of one digit each."""
    import numpy as np

    from stages.datasets import pictures as picture
    from stages.network import model_file
    from stages.reporting import plots, text

    trained = model_file.load(model)
    picture.require_shape(trained.image_shape)
    names, images = [], []
    for path in pictures:
        try:
            images.append(picture.read(path, CATALOGUE[dataset].digit_size))
            names.append(str(path))
        except DatasetError as error:
            click.echo(f"Error: {error}", err=True)
    seen = np.array(images, np.uint8).reshape(-1, *trained.image_shape)
    outputs = trained.committee.outputs(seen)
    if as_json:
        click.echo(text.predictions_as_json(names, outputs, trained.classes))
    elif images:
        lines = text.predictions(names, outputs, trained.classes)
        # A terminal may lack the bars, or a letter of a file's name.
        encoding = sys.stdout.encoding
        click.echo(lines.encode(encoding, "replace").decode(encoding))
    if show and images:
        with atomic_write(show) as beside:
            plots.save(plots.predictions(names, seen, outputs, trained.classes), beside)
    sys.exit(1 if len(images) < len(pictures) else 0)


if __name__ == "__main__":
    predict()
