"""Study variants of the parameters with several seeds each, on all cores or on many machines."""

from importlib.util import find_spec
from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.parameters import DATASET
from stages.cli.params_file import PARAMS_FILE
from stages.cli.paths import path_option, require_distinct
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write


@click.command(
    "study",
    cls=StageCommand,
    in_pipeline=False,
    params=[DATASET],
    example="study/diary.yaml",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--out", "reports/study", "Folder for the table and the figure.", folder=True)
@path_option("--cells", "data/cells", "Folder that caches finished cells.", folder=True)
@click.option(
    "--workers",
    "n_workers",
    type=click.IntRange(min=1),
    help="Number of cells to train at a time on this machine; one per core by default.",
)
@click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    help="Address of a running Dask cluster to use instead of this machine's cores.",
)
def study(
    file: Path,
    dataset: str,
    data: Path,
    out: Path,
    cells: Path,
    n_workers: int | None,
    scheduler: str | None,
) -> None:
    """Train and evaluate the variants in FILE, and test which are really better.

    Finished cells are cached: a study that is stopped and started again trains the missing ones.
    """
    if find_spec("distributed") is None:
        raise UserError("a study needs Dask: install it with `python tools/environment.py study`")
    import numpy as np
    from tqdm import tqdm

    from stages.datasets.arrays import SPLITS, paths
    from stages.datasets.manifest import read_manifest
    from stages.reporting import plots, tables
    from stages.studies import cache as cell_cache
    from stages.studies import plot as study_plot
    from stages.studies import report as study_report
    from stages.studies import results as study_results
    from stages.studies import specification as specs
    from stages.studies import worker_data, workers
    from stages.studies.cells import Cell, code_hash
    from stages.training.config import TrainingConfig

    table_path, text_path, plot_path = (
        out / f"{file.stem}{end}" for end in (".csv", ".md", ".png")
    )
    require_distinct(
        reads=[file, PARAMS_FILE, *(path for split in SPLITS for path in paths(data, split))],
        writes=[table_path, text_path, plot_path],
    )
    spec = specs.read(file)
    worker_data.load(data)  # a clear error where arrays are missing or broken
    context = read_manifest(data).classes, worker_data.data_hash(data), code_hash()
    grid = {
        (variant.name, seed): Cell(
            f"{variant.name}, seed {seed}",
            TrainingConfig.from_params(**variant.params, seed=seed),
            *context,
        )
        for variant in spec.variants
        for seed in spec.seeds
    }
    cached, missing = cell_cache.load_cached(cells, list(grid.values()))
    echo(f"{len(grid)} cells, {len(missing)} of them to be trained")
    with tqdm(total=len(missing), unit=" cells", disable=None, leave=False) as bar:
        for cell, result in workers.run(missing, data, scheduler, n_workers):
            cell_cache.write(cells, cell, result)
            cached[cell.key] = result
            bar.update()
            bar.write(f"{cell.label}: accuracy {result.metrics['accuracy']:.2%}")

    results = []
    for variant in spec.variants:
        of_seeds = [cached[grid[variant.name, seed].key] for seed in spec.seeds]
        validation = [
            result.metrics["validation_accuracy"]
            for result in of_seeds
            if "validation_accuracy" in result.metrics
        ]
        results.append(
            study_results.VariantResult(
                variant.name,
                variant.published,
                np.stack([result.is_correct for result in of_seeds]),
                variant.architecture,
                tuple(validation) or None,
            )
        )
    finished = study_results.Study(tuple(results), spec.baseline, spec.claims, spec.published_by)
    text = study_report.as_markdown(finished, dataset)
    with atomic_write(table_path) as path:
        rows = study_results.rows(finished, spec.seeds)
        tables.write(path, study_results.columns(spec.seeds), rows)
    with atomic_write(text_path) as path:
        path.write_text(text, encoding="utf-8")
    with atomic_write(plot_path) as path:
        plots.save(study_plot.accuracies(finished, dataset), path)
    echo(f"\n{text}\n{out / file.stem}.csv, .md, .png")


if __name__ == "__main__":
    study()
