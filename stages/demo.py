"""Make the demo page: models/, data/npy/ -> reports/demo.html, to draw on and watch the network."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.paths import MODEL, path_option, require_distinct, snapshots_path
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write
from stages.runtime.regular_file import require_file


@click.command(
    "demo",
    cls=StageCommand,
    example="--model models/model.safetensors --out reports/demo.html",
    writes="out",
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", MODEL, "File of the network.")
@path_option("--out", "reports/demo.html", "The page to write.")
def demo(data: Path, model: Path, out: Path) -> None:
    """Write a page to draw digits on, in a browser, that shows the network classify them."""
    from stages.classifier import model_file
    from stages.datasets import arrays
    from stages.pages import demo_page
    from stages.pictures import reader as picture
    from stages.training import snapshots

    history = snapshots_path(model)
    require_distinct(reads=[*arrays.paths(data, "test"), model, history], writes=[out])
    trained = model_file.load(model)
    picture.require_shape(trained.image_shape)
    images, labels = arrays.load(data, "test")
    trained.check_compatible(images, labels)
    # Some models have no such file: it is not needed to predict.
    require_file(history)
    first = trained.ensemble.networks[0]
    all_snapshots = snapshots.load(history, first) if history.exists() else []
    html = demo_page.render(trained, all_snapshots, images, labels)
    with atomic_write(out) as new_page:
        new_page.write_text(html, encoding="utf-8", newline="\n")
    echo(f"{out}: open it in a browser; {model} answers, trained on {trained.dataset}")


if __name__ == "__main__":
    demo()
