"""Make the report: reports/, models/, data/npy/ -> reports/index.html, all of a run on one page."""

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
from stages.pictures.mnist_format import CANVAS_SIZE
from stages.reporting import run_files
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
    require_distinct(reads=[*arrays.paths(data, "test"), model], writes=[out])
    trained = model_file.load(model)
    ensemble, provenance = trained.ensemble, trained.provenance
    images, labels = arrays.load(data, "test")
    trained.check_compatible(images, labels)
    in_file = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in check_params(read_params()).items()
    }
    first = ensemble.networks[0]
    sizes = " → ".join(str(size) for size in first.sizes)
    size = f"{len(ensemble.networks)} networks" if len(ensemble.networks) > 1 else "a network"
    html = report_page.render(
        about=f"Dataset {trained.dataset}; {size} of {sizes} neurons ({first.activation},"
        f" {first.loss_name.replace('_', ' ')}).",
        run=run_files.read(folder),
        classes=trained.classes,
        images=images,
        first_outputs=ensemble.predict_proba(images[:1])[0],
        first_layer=first.layers[0].weights,
        parameters=[
            (key, str(value), PARAMETERS[key].help or "" if key in PARAMETERS else "")
            for key, value in provenance.params.items()
        ],
        environment=provenance.environment,
        differing=differing_params(provenance.params, in_file),
        is_augmented=provenance.params.get("augment.strength", 0) != 0,
        has_demo=trained.image_shape == (CANVAS_SIZE, CANVAS_SIZE),
    )
    with atomic_write(out) as new_page:
        new_page.write_text(html, encoding="utf-8", newline="\n")
    echo(f"{out}: open it in a browser")


if __name__ == "__main__":
    report()
