"""Compare revisions: test which differences of accuracies are real."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.params_file import PARAMS_FILE
from stages.cli.paths import OWN_DATASETS, path_option, require_distinct
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write

if TYPE_CHECKING:
    from stages.comparison.revisions import ImageSet, Revision


@click.command(
    "compare",
    cls=StageCommand,
    in_pipeline=False,
    example="HEAD workspace",
)
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
@path_option(
    "--picture",
    "reports/compare.png",
    "Picture of images on which two disagree, or of the accuracies of many.",
)
def compare(
    base: str,
    others: tuple[str, ...],
    all_experiments: bool,
    image_set: "ImageSet",
    output_format: str | None,
    picture: Path,
) -> None:
    """Test which of OTHERS are really more accurate than BASE.

    All are revisions that DVC knows (a commit, a branch, a tag, an experiment's name), or
    `workspace`, the files as they are, which is compared if OTHERS are not given. One gets a page,
    several get a table, best first. The answer holds for these networks: whether the parameters are
    better with any seed, `stages.study` tells.
    """
    from stages.comparison import revisions as revs

    require_distinct(
        reads=[PARAMS_FILE, Path("dvc.lock"), *map(Path, revs.FILES)], writes=[picture]
    )
    names = list(others)
    if all_experiments:
        names += revs.experiment_names()
    revisions = [revs.Revision(name) for name in dict.fromkeys([base, *names])]
    if all_experiments or len(names) > 1:
        output = _rank(revisions, all_experiments, image_set, output_format, picture)
    else:
        other = revs.Revision(names[0] if names else revs.WORKSPACE)
        output = _compare_two(revisions[0], other, image_set, output_format, picture)
    echo(output)


def _compare_two(
    base: "Revision",
    other: "Revision",
    image_set: "ImageSet",
    output_format: str | None,
    picture: Path,
) -> str:
    from stages.comparison import comparison as comparisons
    from stages.comparison import comparison_plot, comparison_report
    from stages.comparison.revisions import n_looks_note
    from stages.datasets import catalogue
    from stages.reporting import plots

    if problem := other.dataset_problem(base):
        raise UserError(problem)
    comparison = comparisons.compare(base.run_result(image_set), other.run_result(image_set))
    notes = [note for rev in (base, other) if (note := rev.lock_note())]
    if note := other.kernels_note(base):
        notes.append(note)
    if image_set == "test" and (note := n_looks_note()):
        notes.append(note)
    images = other.test_images(comparison.n_images) if image_set == "test" else None
    picture_path = None
    if images is not None:
        with atomic_write(picture) as tmp_path:
            plots.save(comparison_plot.disagreements(images, comparison), tmp_path)
        picture_path = str(picture)
    elif image_set == "test":
        notes.append(
            f"Note: DVC's cache lacks the test images of {other.name}: there is no picture."
        )
    classes = catalogue.find(other.dataset, OWN_DATASETS).classes
    if output_format == "json":
        return comparison_report.as_json(comparison, classes, notes, picture_path)
    in_markdown = output_format == "markdown"
    return comparison_report.page(comparison, image_set, classes, notes, picture_path, in_markdown)


def _rank(
    revisions: list["Revision"],
    skip_unfit: bool,
    image_set: "ImageSet",
    output_format: str | None,
    picture: Path,
) -> str:
    from stages.comparison import ranking_plot, ranking_report
    from stages.comparison.ranking import rank
    from stages.reporting import plots

    base, *others = revisions
    base_result, results, notes = base.run_result(image_set), [], []
    for other in others:
        try:
            if problem := other.dataset_problem(base):
                raise UserError(problem)
            results.append(other.run_result(image_set))
        except UserError as error:
            if not skip_unfit:
                raise
            notes.append(f"Note: {other.name} is left out: {error.message}.")
    if not results:
        raise UserError(" ".join(["there is no run to compare with", base.name, *notes]))
    notes += [note for revision in revisions if (note := revision.lock_note())]
    ranking = rank(base_result, results)
    with atomic_write(picture) as tmp_path:
        plots.save(ranking_plot.accuracies(ranking, image_set), tmp_path)
    if output_format == "json":
        return ranking_report.as_json(ranking, image_set, notes, str(picture))
    in_markdown = output_format == "markdown"
    return ranking_report.page(ranking, image_set, notes, str(picture), in_markdown)


if __name__ == "__main__":
    compare()
