"""Compare revisions: test which differences of accuracies are real."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.paths import OWN_DATASETS, path_option
from stages.cli.terminal import echo
from stages.datasets import catalogue
from stages.runtime.files import atomic_write

if TYPE_CHECKING:
    from stages.comparison.revisions import ImageSet


@click.command("compare", cls=StageCommand, in_pipeline=False, example="HEAD workspace")
@click.argument("base", default="HEAD")
@click.argument("others", nargs=-1)
@click.option("--all", "all_experiments", is_flag=True, help="Compare all experiments of HEAD too.")
@click.option(
    "--on",
    "image_set",
    type=click.Choice(["test", "validation"]),
    default="test",
    help="Images to compare on; to choose among many runs, use validation images.",
)
@click.option("--json", "output_format", flag_value="json", help="Print JSON, for programs.")
@click.option("--markdown", "output_format", flag_value="markdown", help="Print Markdown.")
@path_option("--out", "reports/compare.html", "The page to write.")
def compare(
    base: str,
    others: tuple[str, ...],
    all_experiments: bool,
    image_set: "ImageSet",
    output_format: str | None,
    out: Path,
) -> None:
    """Test which of OTHERS are really more accurate than BASE, and write a page about it.

    All are revisions that DVC knows (a commit, a branch, a tag, an experiment's name), or
    `workspace`, the files as they are, which is compared if OTHERS are not given. The most accurate
    comes first. The answer holds for these networks: whether the parameters are better with any
    seed, `stages.study` tells.
    """
    # DVC takes a second to load, and --help does not need it.
    from stages.comparison import comparison, report, revisions
    from stages.pages import compare_page

    names = [*others, *(revisions.experiment_names() if all_experiments else ())]
    first = revisions.Revision(base)
    results, notes = [first.run_result(image_set)], [first.params_note()]
    for name in dict.fromkeys(names or [revisions.WORKSPACE]):
        other = revisions.Revision(name)
        try:
            if problem := other.dataset_problem(first):
                raise UserError(problem)
            results.append(other.run_result(image_set))
            notes += [other.params_note(), other.libraries_note(first)]
        except UserError as error:
            if not all_experiments:
                raise
            notes.append(f"Note: {other.name} is left out: {error.message}.")
    if len(results) == 1:
        reasons = " ".join(filter(None, notes))
        raise UserError(f"there is no run to compare with {first.name}. {reasons}")
    if image_set == "test" and len(results) == 2:
        notes.append(revisions.n_looks_note())
    comparisons = comparison.compare(results[0], results[1:])
    classes = catalogue.find(first.dataset, OWN_DATASETS).classes
    about = comparisons, image_set, classes, list(filter(None, notes))
    images = first.images(image_set, results[0].predictions.actual)
    with atomic_write(out) as new_page:
        page = compare_page.render(*about, images)
        new_page.write_text(page, encoding="utf-8", newline="\n")
    if output_format == "json":
        echo(json.dumps(report.to_dict(*about), indent=2))
    else:
        echo(report.as_text(*about, in_markdown=output_format == "markdown"))
    echo(f"{out}: open it in a browser", err=True)


if __name__ == "__main__":
    compare()
