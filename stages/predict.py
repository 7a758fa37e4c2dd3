"""Predict pictures of your own: picture files -> classes, on the terminal."""

import sys
from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.paths import MODEL, RegularFile, path_option, require_distinct
from stages.cli.terminal import echo
from stages.datasets.errors import DatasetError
from stages.runtime.files import atomic_write


@click.command(
    "predict",
    cls=StageCommand,
    example="my-seven.jpg --show reports/my-seven.png",
)
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=Path)
@path_option("--model", MODEL, "File of the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option(
    "--show",
    type=RegularFile(),
    help="PNG file for the network's inputs, beside its outputs.",
)
def predict(pictures: tuple[Path, ...], model: Path, as_json: bool, show: Path | None) -> None:
    """Classify pictures with a network: photos, scans or drawings of one digit each."""
    import numpy as np

    from stages.datasets import pictures as picture
    from stages.network import model_file
    from stages.reporting import answers, plots, text

    require_distinct(reads=[*pictures, model], writes=[show] if show else [])
    trained = model_file.load(model)
    picture.require_shape(trained.image_shape)
    names, images = [], []
    for path in pictures:
        try:
            images.append(picture.read(path, trained.digit_size))
            names.append(str(path))
        except DatasetError as error:
            echo(f"Error: {error}", err=True)
    inputs = np.array(images, np.uint8).reshape(-1, *trained.image_shape)
    outputs, *doubts = trained.predict(inputs)
    said = answers.answers(*doubts)
    if show and images:
        figure = plots.predictions(names, inputs, outputs, said, trained.classes)
        with atomic_write(show) as new_picture:
            plots.save(figure, new_picture)
    if as_json:
        echo(text.predictions_as_json(names, outputs, said, trained.classes))
    elif images:
        echo(text.predictions(names, outputs, said, trained.classes))
    sys.exit(1 if len(images) < len(pictures) else 0)


if __name__ == "__main__":
    predict()
