"""Predict pictures of your own: files, folders or tables of them -> classes, on the terminal."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages import ProjectError
from stages.cli.command import StageCommand
from stages.cli.paths import MODEL, RegularFile, path_option, require_distinct
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.figure import Figure

    from stages.classifier.model_file import Model
    from stages.datasets.source_files import SourceFile
    from stages.pictures.reader import Reading


@click.command(
    "predict",
    cls=StageCommand,
    in_pipeline=False,
    example="my-seven.jpg --show reports/my-seven.png",
)
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=Path)
@path_option("--model", MODEL, "File of the network.")
@click.option("--many", is_flag=True, help="Read all digits of each picture, line by line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option(
    "--show",
    type=RegularFile(),
    help="PNG file for the pictures, what was found in them, and the probabilities.",
)
def predict(
    pictures: tuple[Path, ...], model: Path, many: bool, as_json: bool, show: Path | None
) -> None:
    """Classify pictures with a network: photos, scans or drawings of one digit each, or of many.

    The recipe `handwriting` trains a network for other people's digits, such as ones with a flag.

    PICTURE is a file, or a folder or an archive of them; or a table or array of images, such as
    test.csv with a row for each.
    """
    from stages.classifier import model_file
    from stages.datasets.source_files import choose_data, open_sources
    from stages.reporting import plots

    require_distinct(reads=[*pictures, model], writes=[show] if show else [])
    trained = model_file.load(model)
    found: list[tuple[str, Reading]] = []
    errors: list[ProjectError] = []
    for path in pictures:
        try:
            with open_sources([path]) as files:
                for file in choose_data(files, lambda line: echo(line, err=True)):
                    try:
                        found += _read(file, trained, many)
                    except ProjectError as error:
                        errors.append(error)
        except ProjectError as error:
            errors.append(error)
    for problem in errors:
        echo(f"Error: {problem}", err=True)
    names, readings = [name for name, _ in found], [reading for _, reading in found]
    describe = _describe_pages if many else _describe_pictures
    words, draw = describe(names, readings, trained, as_json)
    if show and readings:
        with atomic_write(show) as new_picture:
            plots.save(draw(), new_picture)
    if words:
        echo(words)
    if words and not as_json:
        echo(f"the answer of {model}, trained on {trained.dataset}")
    sys.exit(1 if errors else 0)


def _read(file: SourceFile, trained: Model, many: bool) -> Iterator[tuple[str, Reading]]:
    """Read a picture, or the images of a table or an array, each with its name."""
    from stages.datasets import array_files
    from stages.datasets.content import PICTURE
    from stages.datasets.errors import DatasetError
    from stages.pictures import reader

    if file.kind.name == PICTURE:
        reader.require_shape(trained.image_shape)
        read = reader.read_digits if many else reader.read_digit
        yield file.name, file.read(lambda path: read(path, trained.digit_size))
        return
    images = array_files.read_images(file, lambda note: echo(f"{file.name}: {note}", err=True))
    if images.shape[1:] != trained.image_shape:
        raise DatasetError(
            f"{file.name}: holds images of {' x '.join(map(str, images.shape[1:]))} pixels, but the"
            f" network takes {' x '.join(map(str, trained.image_shape))}"
        )
    for number, image in enumerate(images, 1):
        yield f"{file.name}:{number}", reader.as_it_is(image)


def _describe_pictures(
    names: Sequence[str], readings: Sequence[Reading], trained: Model, as_json: bool
) -> tuple[str, Callable[[], Figure]]:
    """Return the words for pictures of one digit each, and a function that draws them."""
    import numpy as np

    from stages.reporting import answers, picture_plots, text

    for name, reading in zip(names, readings, strict=True):
        if reading.n_digits > 1:
            echo(
                f"Warning: {name}: shows {reading.n_digits} digits, and one of them is read:"
                " read all with --many, or crop the picture",
                err=True,
            )
    images = [reading.images[0] for reading in readings]
    inputs = np.array(images, np.uint8).reshape(-1, *trained.image_shape)
    _, *doubts = trained.predict(inputs)
    said = answers.answers(*doubts)

    def draw() -> Figure:
        pictures, boxes = [one.grey for one in readings], [one.boxes[0] for one in readings]
        return picture_plots.predictions(names, pictures, boxes, inputs, said, trained.classes)

    if as_json:
        content = text.predictions_as_json(names, said, trained.classes, asdict(trained.provenance))
        return content, draw
    return text.predictions(names, said, trained.classes), draw


def _describe_pages(
    names: Sequence[str], readings: Sequence[Reading], trained: Model, as_json: bool
) -> tuple[str, Callable[[], Figure]]:
    """Return the words for pictures of many digits each, and a function that draws them."""
    from stages.reporting import answers, pages, picture_plots

    found = []
    for name, reading in zip(names, readings, strict=True):
        if reading.left_out:
            places = ", ".join(
                f"({reading.reduction * box.left}, {reading.reduction * box.top})"
                for box in reading.left_out
            )
            echo(
                f"Warning: {name}: marks at the edges are left out, and may be parts of digits: at"
                f" {places}, in pixels from the left and the top; see --show",
                err=True,
            )
        _, *doubts = trained.predict(reading.images)
        said = answers.answers(*doubts)
        scaled = [[reading.reduction * edge for edge in box] for box in reading.boxes]
        found.append(
            [
                pages.PageDigit(
                    line,
                    left,
                    top,
                    right - left,
                    bottom - top,
                    trained.classes[answer.predicted],
                    answer.confidence,
                    answer.doubt,
                    is_wide,
                )
                for line, (top, left, bottom, right), answer, is_wide in zip(
                    reading.lines, scaled, said, reading.is_wide, strict=True
                )
            ]
        )

    def draw() -> Figure:
        classes = [[digit.label for digit in page] for page in found]
        boxes = [reading.boxes for reading in readings]
        left_out = [reading.left_out for reading in readings]
        return picture_plots.pages(names, [one.grey for one in readings], boxes, classes, left_out)

    if as_json:
        return pages.as_json(names, found, asdict(trained.provenance)), draw
    words = (pages.as_text(name, page) for name, page in zip(names, found, strict=True))
    return "\n".join(words), draw


if __name__ == "__main__":
    predict()
