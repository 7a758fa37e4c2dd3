"""Compare revisions: test which differences of accuracy are real."""

from pathlib import Path

import click

from stages.cli.options import StageCommand, UserError, path_option
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import atomic_write


@click.command(
    "compare",
    cls=StageCommand,
    example="HEAD workspace",
)
@click.argument("base")
@click.argument("other", default="workspace")
@click.option("--json", "output_format", flag_value="json", help="Print JSON, for programs.")
@click.option("--markdown", "output_format", flag_value="markdown", help="Print Markdown.")
@path_option(
    "--picture",
    "reports/compare.png",
    "Picture of images on which the two disagree.",
)
def compare(base: str, other: str, output_format: str | None, picture: Path) -> None:
    """Test whether OTHER is really more accurate than BASE.

    Both are revisions that DVC knows (a commit, a branch, a tag, an experiment's name), or
    `workspace`, the files as they are, which is the default of OTHER. The answer holds for these
    two networks: whether the parameters are better with any seed, `stages.study` tells.
    """
    from stages.experiments import comparison as comparisons
    from stages.experiments import comparison_report
    from stages.experiments.revisions import Revision
    from stages.reporting import plots

    revisions = Revision(base), Revision(other)
    runs = [comparisons.RunResult(rev.name, rev.params(), rev.predictions()) for rev in revisions]
    datasets = [run.params.get("dataset") for run in runs]
    if datasets[0] != datasets[1]:
        raise UserError(
            f"{base} was trained on {datasets[0]} and {other} on {datasets[1]}: only results on the"
            " same test images can be compared"
        )
    comparison = comparisons.compare(*runs)
    notes = [
        f"Note: params.yaml of {rev.name} is not what `dvc repro` last ran with; run it first,"
        " unless you ran the stages by hand."
        for rev in revisions
        if not rev.params_match_lock()
    ]
    images = revisions[1].test_images()
    picture_path = None
    if images is None:
        notes.append(f"Note: DVC's cache lacks the test images of {other}: there is no picture.")
    else:
        with atomic_write(picture) as tmp_path:
            plots.save(plots.changes(images, comparison), tmp_path)
        picture_path = str(picture)
    classes = CATALOGUE[str(datasets[1])].classes
    if output_format == "json":
        click.echo(comparison_report.as_json(comparison, classes, notes, picture_path))
    else:
        in_markdown = output_format == "markdown"
        click.echo(comparison_report.page(comparison, classes, notes, picture_path, in_markdown))


if __name__ == "__main__":
    compare()
