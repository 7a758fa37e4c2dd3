"""Convert a dataset: data/raw/ -> data/npy/, memory-mappable arrays, and reports/samples.png."""

from pathlib import Path

import click

from stages.cli.options import StageCommand, dataset_option, path_option
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import atomic_write, atomic_write_files


@click.command(
    "convert",
    cls=StageCommand,
    example="--raw data/raw --out data/npy",
    writes="out",
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
    with atomic_write(samples) as new_samples, atomic_write_files(out) as new:
        for part in arrays.SPLITS:
            arrays.convert(raw, new, part, len(classes))
            images, labels = arrays.load(new, part)
            about = f"images {images.shape}, labels {labels.shape}, {images.dtype}"
            click.echo(f"{out}: {part} {about}")
        images, labels = arrays.load(new, "train")
        plots.save(plots.samples(images[:10], labels[:10], classes), new_samples)
    click.echo(f"{samples}: the first ten training images")


if __name__ == "__main__":
    convert()
