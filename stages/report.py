"""Make the report: reports/, models/, data/npy/ -> reports/index.html, all of a run on one page."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.parameters import PARAMETERS, to_cli_texts
from stages.cli.params_file import read_params
from stages.cli.paths import MODEL, path_option, reports_folder, reports_option, require_distinct
from stages.cli.terminal import echo
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
    from stages.classifier import model_file
    from stages.datasets import arrays
    from stages.pages import report_page
    from stages.reporting import run_files

    folder = reports_folder(reports, model)
    out = folder / "index.html"
    require_distinct(reads=[*arrays.paths(data, "test"), model], writes=[out])
    trained = model_file.load(model)
    images, labels = arrays.load(data, "test")
    trained.check_compatible(images, labels)
    params = to_cli_texts(read_params())
    html = report_page.render(
        trained,
        run_files.read(folder),
        images,
        [(key, text or "[]", PARAMETERS[key].help or "") for key, text in params.items()],
        is_augmented=float(params.get("augment.strength", 0)) > 0,
    )
    with atomic_write(out) as new_page:
        new_page.write_text(html, encoding="utf-8")
    echo(f"{out}: open it in a browser")


if __name__ == "__main__":
    report()
