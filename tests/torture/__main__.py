"""`make torture`: every fault that a run may meet, many times, and a table of the outcomes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from tests.torture import disk, downloads, fuzz, kills, power, renames, side_by_side
from tests.torture.outcome import Outcome

# Training takes long enough for several checkpoints.
EPOCHS = 150


@click.command()
@click.option("--kills", "n_kills", default=100, help="Times that `dvc repro` is killed.")
@click.option("--downloads", "n_downloads", default=10, help="Downloads from each kind of server.")
@click.option(
    "--inputs",
    "n_inputs",
    default=100_000,
    help="Mutated inputs a reader; more for IDX, fewer revisions.",
)
@click.option("--disks", "n_disks", default=10, help="Times that each stage's disk is full.")
@click.option("--power-cuts", "n_power_cuts", default=15, help="Times that the power is cut.")
@click.option("--renames", "n_renames", default=100, help="Times that writers of files are killed.")
@click.option("--parallel", "n_parallel", default=3, help="Times that runs go side by side.")
@click.option("--quick", is_flag=True, help="A few of each instead.")
def torture(
    n_kills: int,
    n_downloads: int,
    n_inputs: int,
    n_disks: int,
    n_power_cuts: int,
    n_renames: int,
    n_parallel: int,
    quick: bool,
) -> None:
    """Cause every fault that a run may meet, and print a table of the outcomes."""
    if quick:
        n_kills, n_downloads, n_inputs, n_disks, n_parallel = 4, 1, 2000, 1, 1
        n_power_cuts, n_renames = 1, 10
    click.echo("| trials | number | passed | failed |\n|---|---|---|---|")
    failures, notes = [], []
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        for outcome in _all(
            folder, n_kills, n_downloads, n_inputs, n_disks, n_power_cuts, n_renames, n_parallel
        ):
            click.echo(outcome.row())
            failures += outcome.failures
            notes += outcome.notes
    click.echo("\n".join(["", *notes, *(f"FAILED: {failure}" for failure in failures)]))
    raise SystemExit(bool(failures))


def _all(
    folder: Path,
    n_kills: int,
    n_downloads: int,
    n_inputs: int,
    n_disks: int,
    n_power_cuts: int,
    n_renames: int,
    n_parallel: int,
) -> Iterator[Outcome]:
    def new_folder(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    if n_downloads:
        yield from downloads.torture(new_folder("downloads"), n_downloads)
    for target in fuzz.targets():
        if n_inputs:
            yield fuzz.torture(target, int(n_inputs * target.share))
    if n_disks:
        yield from disk.torture(new_folder("disk"), n_disks)
    if n_power_cuts:
        yield from power.torture(new_folder("power"), n_power_cuts)
    if n_renames:
        yield from renames.torture(new_folder("renames"), n_renames)
    if n_parallel:
        yield from side_by_side.torture(new_folder("parallel") / "clone", n_parallel, EPOCHS)
    if n_kills:
        yield from kills.torture(new_folder("kills"), n_kills, EPOCHS)


if __name__ == "__main__":
    torture()
