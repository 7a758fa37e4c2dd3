"""Make the lab: data/npy/ -> reports/lab.html, a page that trains networks in the browser."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.paths import path_option, require_distinct
from stages.cli.terminal import echo
from stages.datasets import arrays
from stages.datasets.manifest import read_manifest
from stages.pages import lab_page
from stages.runtime.files import atomic_write


@click.command(
    "lab", cls=StageCommand, example="--data data/npy --out reports/lab.html", writes="out"
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--out", "reports/lab.html", "The page to write.")
def lab(data: Path, out: Path) -> None:
    """Write a page that trains networks in a browser, on some of the dataset's images."""
    require_distinct(
        reads=[*arrays.paths(data, "train"), *arrays.paths(data, "test")], writes=[out]
    )
    manifest = read_manifest(data)
    html = lab_page.render(
        manifest.dataset, manifest.classes, arrays.load(data, "train"), arrays.load(data, "test")
    )
    with atomic_write(out) as new_page:
        new_page.write_text(html, encoding="utf-8", newline="\n")
    echo(f"{out}: open it in a browser, and train a network")


if __name__ == "__main__":
    lab()
