"""`make torture`: everything that a run may have to live through, and what came of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from tests.torture import disk, downloads, fuzz, kills, power, side_by_side
from tests.torture.outcome import Outcome

# So that training takes long enough for a checkpoint or two.
PARAMS = {"epochs: 100": "epochs: 250"}


@click.command()
@click.option("--kills", "kill_count", default=100, help="Times that `dvc repro` is killed.")
@click.option("--downloads", "download_rounds", default=10, help="Rounds of all that servers do.")
@click.option(
    "--inputs", default=100_000, help="Mutated inputs a reader; ten times as many for IDX."
)
@click.option("--disks", "disk_rounds", default=10, help="Times that each stage's disk is full.")
@click.option("--power-cuts", default=15, help="Times that the power is cut.")
@click.option("--company", default=3, help="Times that runs go side by side.")
@click.option("--quick", is_flag=True, help="A few of each instead.")
def torture(
    kill_count: int,
    download_rounds: int,
    inputs: int,
    disk_rounds: int,
    power_cuts: int,
    company: int,
    quick: bool,
) -> None:
    """Try what a run may have to live through, and print a table: tried, survived, lost."""
    if quick:
        kill_count, download_rounds, inputs, disk_rounds, power_cuts, company = 4, 1, 2000, 1, 1, 1
    click.echo("| what | tried | survived | lost |\n|---|---|---|---|")
    lost, notes = [], []
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        for outcome in _all(
            folder, kill_count, download_rounds, inputs, disk_rounds, power_cuts, company
        ):
            click.echo(outcome.row())
            lost += outcome.lost
            notes += outcome.notes
    click.echo("\n".join(["", *notes, *(f"LOST: {fault}" for fault in lost)]))
    raise SystemExit(bool(lost))


def _all(
    folder: Path,
    kill_count: int,
    download_rounds: int,
    inputs: int,
    disk_rounds: int,
    power_cuts: int,
    company: int,
) -> Iterator[Outcome]:
    def empty(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    if download_rounds:
        yield from downloads.torture(empty("downloads"), download_rounds)
    for target in fuzz.targets():
        if inputs:
            yield fuzz.torture(target, inputs * (10 if target.name == "IDX" else 1))
    if disk_rounds:
        yield from disk.torture(empty("disk"), disk_rounds)
    if power_cuts:
        yield from power.torture(empty("power"), power_cuts)
    if company:
        yield from side_by_side.torture(empty("company") / "clone", company, PARAMS)
    if kill_count:
        yield from kills.torture(empty("kills"), kill_count, PARAMS)


if __name__ == "__main__":
    torture()
