"""Convert a dataset: data/raw/ -> data/npy/, arrays and their manifest, and reports/samples.png."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.parameters import DATASET
from stages.cli.paths import OWN_DATASETS, path_option, require_distinct
from stages.cli.terminal import echo
from stages.datasets.catalogue import FILES, find
from stages.runtime.files import atomic_write


@click.command(
    "convert",
    cls=StageCommand,
    params=[DATASET],
    example="--raw data/raw --out data/npy",
    writes="out",
)
@path_option("--raw", "data/raw", "Folder with the IDX files, gzipped or not.", folder=True)
@path_option("--out", "data/npy", "Folder for the arrays.", folder=True)
@path_option("--samples", "reports/samples.png", "Picture of the first ten training images.")
def convert(dataset: str, raw: Path, out: Path, samples: Path) -> None:
    """Convert IDX files to .npy arrays, and plot the first images."""
    from stages.datasets import arrays
    from stages.datasets.findings import findings
    from stages.datasets.manifest import manifest_path
    from stages.reporting import plots

    require_distinct(
        reads=[raw / name for file in FILES for name in (file, file.removesuffix(".gz"))],
        writes=[
            samples,
            manifest_path(out),
            *(path for split in arrays.SPLITS for path in arrays.paths(out, split)),
        ],
    )
    entry = find(dataset, OWN_DATASETS)
    with atomic_write(samples) as new_samples:
        arrays.convert(raw, out, dataset, entry)
        splits = {split: arrays.load(out, split) for split in arrays.SPLITS}
        images, labels = splits["train"]
        plots.save(plots.samples(images[:10], labels[:10], entry.classes), new_samples)
    for split, (images, labels) in splits.items():
        echo(f"{out}: {split} images {images.shape}, labels {labels.shape}, {images.dtype}")
    echo(f"{samples}: the first ten training images")
    for finding in findings(*splits["train"], *splits["test"], entry.classes):
        echo(f"Warning: {finding}", err=True)


if __name__ == "__main__":
    convert()
