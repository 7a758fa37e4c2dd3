"""Download a dataset, or copy a gathered one: its name -> data/raw/, four verified IDX files."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.parameters import DATASET
from stages.cli.paths import OWN_DATASETS, path_option
from stages.cli.terminal import echo


@click.command(
    "download",
    cls=StageCommand,
    params=[DATASET],
    example="--dataset mnist-5k --out data/raw",
    writes="out",
)
@click.option(
    "--mirror",
    envvar="DATASET_MIRROR",
    show_envvar=True,
    help="Folder or URL with one folder per dataset, tried before the public mirrors.",
)
@path_option("--out", "data/raw", "Folder for the IDX files.", folder=True)
def download(dataset: str, mirror: str | None, out: Path) -> None:
    """Write a dataset into a folder, as gzipped IDX files.

    Each file is verified, then renamed into place. A valid file is not downloaded again.
    """
    from stages.datasets.fetch import obtain

    for line in obtain(dataset, OWN_DATASETS, out, mirror):
        echo(line)


if __name__ == "__main__":
    download()
