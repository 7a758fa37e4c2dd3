"""Study variants of the parameters, several seeds each, on all cores or on many machines."""

from importlib.util import find_spec
from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.parameters import DATASET
from stages.cli.paths import path_option
from stages.datasets.catalogue import CATALOGUE
from stages.runtime.files import atomic_write


@click.command(
    "study",
    cls=StageCommand,
    params=[DATASET],
    example="study/diary.yaml",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--out", "reports/study", "Folder for the table and the figure.", folder=True)
@path_option("--cells", "data/cells", "Folder that keeps what is finished.", folder=True)
@click.option(
    "--workers",
    "at_once",
    type=click.IntRange(min=1),
    help="How many cells to work on at a time on this machine, if not one a core.",
)
@click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    help="A running Dask cluster whose workers are to work, instead of this machine's cores.",
)
def study(
    file: Path,
    dataset: str,
    data: Path,
    out: Path,
    cells: Path,
    at_once: int | None,
    scheduler: str | None,
) -> None:
    """Train and evaluate the variants in FILE, and tell which are really better.

    What is finished is kept: stopped and started again, a study trains only what is missing.
    """
    if find_spec("distributed") is None:
        raise UserError("a study needs Dask, which is not installed: pip install -e '.[study]'")
    from tqdm import tqdm

    from stages.experiments import cell_cache as kept
    from stages.experiments import study_plot, workers
    from stages.experiments import study_results as studies
    from stages.experiments import study_spec as plans
    from stages.experiments import worker_data as arrays
    from stages.experiments.cells import Cell, code_fingerprint
    from stages.network.config import TrainingConfig
    from stages.reporting import plots, tables

    plan = plans.read(file)
    arrays.load(data)  # says so in a sentence, where they are missing or broken
    ground = CATALOGUE[dataset].classes, arrays.fingerprint(data), code_fingerprint()
    grid = {
        (variant.name, seed): Cell(
            f"{variant.name}, seed {seed}", TrainingConfig(**variant.params, seed=seed), *ground
        )
        for variant in plan.variants
        for seed in plan.seeds
    }
    found, missing = kept.look_up(cells, list(grid.values()))
    click.echo(f"{len(grid)} cells, {len(missing)} of them to be trained")
    with tqdm(total=len(missing), unit=" cells", disable=None, leave=False) as bar:
        for cell, metrics in workers.run(missing, data, scheduler, at_once):
            kept.write(cells, cell, metrics)
            found[cell.key] = metrics
            bar.update()
            bar.write(f"{cell.label}: accuracy {metrics['accuracy']:.2%}")

    results = []
    for variant in plan.variants:
        accuracies = [found[grid[variant.name, seed].key]["accuracy"] for seed in plan.seeds]
        results.append(studies.Result(variant.name, variant.published, tuple(accuracies)))
    come = studies.Study(tuple(results), plan.baseline, plan.claims, plan.published_by)
    table = studies.as_markdown(come, dataset)
    with atomic_write(out / f"{file.stem}.csv") as path:
        tables.write(path, studies.columns(plan.seeds), studies.rows(come, plan.seeds))
    with atomic_write(out / f"{file.stem}.md") as path:
        path.write_text(table, encoding="utf-8")
    with atomic_write(out / f"{file.stem}.png") as path:
        plots.save(study_plot.accuracies(come, dataset), path)
    click.echo(f"\n{table}\n{out / file.stem}.csv, .md, .png")


if __name__ == "__main__":
    study()
