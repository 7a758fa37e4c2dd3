"""Convert a dataset: data/raw/ -> data/npy/, arrays and their manifest, and reports/samples.png."""

from pathlib import Path

import click

from stages.cli.options import StageCommand, dataset_option, path_option
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import atomic_write


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
    """Convert IDX files to .npy arrays, and draw the first images to check them by eye."""
    from stages.datasets import arrays
    from stages.reporting import plots

    chosen = CATALOGUE[dataset]
    with atomic_write(samples) as new_samples:
        arrays.convert(raw, out, dataset, chosen)
        splits = {split: arrays.load(out, split) for split in arrays.SPLITS}
        images, labels = splits["train"]
        plots.save(plots.samples(images[:10], labels[:10], chosen.classes), new_samples)
    for split, (images, labels) in splits.items():
        shapes = f"images {images.shape}, labels {labels.shape}, {images.dtype}"
        click.echo(f"{out}: {split} {shapes}")
    click.echo(f"{samples}: the first ten training images")


if __name__ == "__main__":
    convert()
