"""Download a dataset: its name -> data/raw/, four verified IDX files."""

from pathlib import Path

import click

from stages.cli.options import StageCommand, dataset_option, path_option
from stages.datasets.catalogue import CATALOGUE


@click.command(
    "download",
    cls=StageCommand,
    example="--dataset digits --out data/raw",
    writes="out",
)
@dataset_option
@click.option(
    "--mirror",
    envvar="DATASET_MIRROR",
    show_envvar=True,
    help="A directory or URL with one folder per dataset, tried before the public mirrors.",
)
@path_option("--out", "data/raw", "Folder for the IDX files.", folder=True)
def download(dataset: str, mirror: str | None, out: Path) -> None:
    """Download a dataset into a folder, as gzipped IDX files.

    Each file is verified, then renamed into place. A valid file that is already there is kept.
    """
    from stages.datasets import bundled, fetch

    chosen = CATALOGUE[dataset]
    if chosen.mirrors:
        for line in fetch.fetch(dataset, chosen, out, mirror):
            click.echo(line)
    else:
        bundled.write(out)
        click.echo(f"{out}: written from scikit-learn's bundled digits")


if __name__ == "__main__":
    download()
