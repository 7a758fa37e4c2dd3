"""Compare two revisions: tell whether the difference of their accuracies is real."""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.paths import path_option
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import atomic_write


@click.command(
    "compare",
    cls=StageCommand,
    example="HEAD workspace",
)
@click.argument("base")
@click.argument("other", default="workspace")
@click.option("--json", "form", flag_value="json", help="Print JSON, for programs.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@path_option("--picture", "reports/compare.png", "Picture of images on which the two disagree.")
def compare(base: str, other: str, form: str | None, picture: Path) -> None:
    """Tell whether OTHER recognises more than BASE, or whether it only looks so.

    Both are anything that DVC understands: a commit, a branch, a tag, an experiment's name; or
    `workspace`, the files as they are, which OTHER is when it is not given. The answer is about
    these two networks: whether the parameters are better with any seed, `stages.study` tells.
    """
    from stages.experiments import comparison, comparison_plot
    from stages.experiments import comparison_report as comparison_text
    from stages.experiments.revisions import Revision
    from stages.reporting import plots

    revisions = Revision(base), Revision(other)
    sides = [comparison.Side(one.name, one.params(), one.predictions()) for one in revisions]
    datasets = [side.params.get("dataset") for side in sides]
    if datasets[0] != datasets[1]:
        raise UserError(
            f"{base} has learnt {datasets[0]} and {other} {datasets[1]}: only results on the same"
            " test images can be compared"
        )
    found = comparison.compare(*sides)
    notes = [
        f"Note: params.yaml of {one.name} is not what `dvc repro` last ran with; run it first,"
        " unless you ran the stages by hand."
        for one in revisions
        if not one.ran_with_its_params()
    ]
    images = revisions[1].test_images()
    drawn = None
    if images is None:
        notes.append(f"Note: DVC's cache lacks the test images of {other}: there is no picture.")
    else:
        with atomic_write(picture) as beside:
            plots.save(comparison_plot.disagreements(images, found), beside)
        drawn = str(picture)
    classes = CATALOGUE[str(datasets[1])].classes
    if form == "json":
        click.echo(comparison_text.as_json(found, classes, notes, drawn))
    else:
        click.echo(comparison_text.page(found, classes, notes, drawn, form == "markdown"))


if __name__ == "__main__":
    compare()
