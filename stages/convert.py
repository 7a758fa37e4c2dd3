"""Convert a dataset: data/raw/ -> data/npy/, memory-mappable arrays, and reports/samples.png."""

from pathlib import Path

import click

from stages.datasets.catalogue import CATALOGUE
from stages.files import written_beside
from stages.options import StageCommand, dataset_option, path_option


@click.command(
    "convert",
    cls=StageCommand,
    example="--raw data/raw --out data/npy",
)
@dataset_option
@path_option("--raw", "data/raw", "Folder with the IDX files, gzipped or not.", folder=True)
@path_option("--out", "data/npy", "Folder for the arrays.", folder=True)
@path_option("--samples", "reports/samples.png", "Picture of the first ten training images.")
def convert(dataset: str, raw: Path, out: Path, samples: Path) -> None:
    """Turn IDX files into .npy arrays, and draw the first images to see that they make sense."""
    from stages.datasets import arrays
    from stages.reporting import plots

    classes = CATALOGUE[dataset].classes
    for part in arrays.PARTS:
        arrays.convert(raw, out, part, len(classes))
        images, labels = arrays.load(out, part)
        click.echo(f"{out}: {part} images {images.shape}, labels {labels.shape}, {images.dtype}")
    images, labels = arrays.load(out, "train")
    with written_beside(samples) as beside:
        plots.save(plots.samples(images[:10], labels[:10], classes), beside)
    click.echo(f"{samples}: the first ten training images")


if __name__ == "__main__":
    convert()
