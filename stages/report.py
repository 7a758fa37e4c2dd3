"""Make the report: models/, data/npy/, reports/ -> reports/index.html, all of a run on one page."""

from pathlib import Path

import click

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
def report(data: Path, model: Path, reports: Path | None) -> None:
    """Write one page with the results of training and evaluation, which run first."""
    folder = reports_folder(reports, model)
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


if __name__ == "__main__":
    report()
