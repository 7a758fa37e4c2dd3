"""Make the report: models/, data/npy/, reports/ -> reports/index.html, all of a run on one page."""

import time
from pathlib import Path

import click
import numpy as np

from stages.classifier import model_file
from stages.classifier.provenance import differing_params
from stages.cli.command import StageCommand
from stages.cli.parameters import PARAMETERS, check_params
from stages.cli.params_file import read_params
from stages.cli.paths import MODEL, path_option, reports_folder, reports_option, require_distinct
from stages.cli.terminal import echo
from stages.datasets import arrays
from stages.pages import report_page
from stages.reporting import tables
from stages.runtime.files import atomic_write


@click.command(
    "report",
    cls=StageCommand,
    takes_all_params=True,
    example="--model models/model.safetensors --reports reports",
)
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--model", MODEL, "File of the network.")
@reports_option
@click.option("--live", is_flag=True, help="While training runs, draw its curves instead.")
def report(data: Path, model: Path, reports: Path | None, live: bool) -> None:
    """Write one page with the results of training and evaluation, which run first.

    With --live, in a second terminal while `dvc repro` trains, it is training.html beside it, which
    grows until the last epoch.
    """
    folder = reports_folder(reports, model)
    if live:
        _follow(folder / "history.csv", folder / "training.html")
        return
    out = folder / "index.html"
    history, validation = folder / "history.csv", folder / "validation_predictions.csv"
    require_distinct(reads=[*arrays.paths(data, "test"), model, history, validation], writes=[out])
    trained = model_file.load(model)
    images, labels = arrays.load(data, "test")
    trained.check_compatible(images, labels)
    in_file = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in check_params(read_params()).items()
    }
    html = report_page.render(
        trained,
        images,
        labels,
        tables.read(history, tables.HISTORY),
        tables.to_predictions(tables.read(validation, tables.PREDICTIONS)),
        {key: parameter.help or "" for key, parameter in PARAMETERS.items()},
        differing_params(trained.provenance.params, in_file),
    )
    with atomic_write(out) as new_page:
        new_page.write_text(html, encoding="utf-8", newline="\n")
    echo(f"{out}: open it in a browser")


def _follow(history: Path, out: Path) -> None:
    """Write the page of a training anew while its table grows, after that of the last run."""
    n_epochs = check_params(read_params())["train.epochs"]
    n_drawn, grows = -1, False
    while n_drawn < n_epochs or not grows:
        try:
            rows = tables.read(history, tables.HISTORY)
        except FileNotFoundError:  # DVC deletes that of the last run
            rows = {name: np.empty(0) for name in tables.HISTORY}
        if len(rows["epoch"]) != n_drawn:
            with atomic_write(out, is_result=False) as new_page:
                page = report_page.render_training(rows, n_epochs)
                new_page.write_text(page, encoding="utf-8", newline="\n")
            if n_drawn < 0:
                echo(f"{out}: open it in a browser; Ctrl-C ends this")
            n_drawn = len(rows["epoch"])
        grows = grows or n_drawn < n_epochs
        time.sleep(0.5)


if __name__ == "__main__":
    report()
