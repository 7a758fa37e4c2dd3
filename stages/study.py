"""Study variants of the parameters with several seeds each, on all cores or on many machines."""

from importlib.util import find_spec
from pathlib import Path

import click
from tqdm import tqdm

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.params_file import PARAMS_FILE
from stages.cli.paths import path_option, require_distinct
from stages.cli.terminal import echo
from stages.datasets.arrays import SPLITS, paths
from stages.datasets.manifest import read_manifest
from stages.reporting import tables
from stages.runtime.files import atomic_write_files, require_writable
from stages.studies import specification


@click.command("study", cls=StageCommand, in_pipeline=False, example="study/diary.yaml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@path_option("--data", "data/npy", "Folder with the arrays.", folder=True)
@path_option("--out", "reports/study", "Folder for the tables and the figures.", folder=True)
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
    # Dask, matplotlib and scipy.stats take seconds to load, and --help does not need them.
    from stages.reporting import plots
    from stages.studies import cache, plot, report, results, worker_data, workers
    from stages.studies.cells import make_cells

    names = [f"{file.stem}{end}" for end in (".csv", ".comparisons.csv", ".md", ".png")]
    require_distinct(
        reads=[file, PARAMS_FILE, *(path for split in SPLITS for path in paths(data, split))],
        writes=[out / name for name in names],
    )
    require_writable(cells)
    spec = specification.read(file)
    worker_data.load(data)  # a clear error where arrays are missing or broken
    manifest = read_manifest(data)
    grid = make_cells(spec, manifest.classes, manifest.sha256)
    cached = {
        cell.key: result
        for cell in grid.values()
        if (result := cache.read(cells, cell)) is not None
    }
    missing = {cell.key: cell for cell in grid.values() if cell.key not in cached}
    echo(f"{len(grid)} cells, {len(missing)} of them to be trained")
    echo(report.power(len(spec.seeds), len(spec.comparisons)))
    with tqdm(total=len(missing), unit=" cells", disable=None, leave=False) as bar:
        for cell, result in workers.run(list(missing.values()), data, scheduler, n_workers):
            cache.write(cells, cell, result)
            cached[cell.key] = result
            bar.update()
            bar.write(f"{cell.label}: accuracy {result.metrics['accuracy']:.2%}")

    finished = results.collect(spec, grid, cached)
    text = report.as_markdown(finished, manifest.dataset)
    figure = plot.effects(finished) if spec.is_grid else plot.accuracies(finished, manifest.dataset)
    with atomic_write_files(out) as folder:
        variants, comparisons, page, picture = (folder / name for name in names)
        rows = [results.variant_row(result, spec.seeds) for result in finished.results]
        tables.write(variants, list(rows[0]), rows)
        tables.write(comparisons, results.COMPARISONS, map(vars, finished.differences))
        page.write_text(text, encoding="utf-8")
        plots.save(figure, picture)
    echo(f"\n{text}\nwritten: {', '.join(str(out / name) for name in names)}")


if __name__ == "__main__":
    study()
