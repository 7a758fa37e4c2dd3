"""Readers of files and revisions, given content that is mutated at random.

Each input must be read correctly, or refused with one of the project's errors, in less than a
second of processor time and 64 MiB more than its size. A picture is decoded whole: Pillow's limit
of 89 million pixels decides its memory.
"""

import hashlib
import random
import resource
import shutil
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from stages import ProjectError
from stages.cli.errors import UserError
from tests.helpers.commands import ROOT
from tests.torture import readers, revisions
from tests.torture.mutations import Target, mutated
from tests.torture.outcome import Outcome

REFUSALS = (ProjectError, UserError)
MAX_SECONDS = 1.0


def targets() -> list[Target]:
    """Return all readers."""
    return readers.targets() + revisions.targets()


class Trial:
    """Gives files to a reader, in an empty folder, and counts those that were read and refused."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.n_read = 0
        self.n_refused = 0
        self._target = target
        self._path = folder / "input"
        np.save(folder / "train_labels.npy", np.zeros(3, np.uint8))
        shutil.copy(ROOT / "params.yaml", folder)
        target.prepare(folder)

    def failure(self, content: bytes) -> str | None:
        """Let the reader read a file, and return a message if it failed."""
        self._path.write_bytes(content)
        before, start = _peak_bytes(), time.process_time()
        try:
            self._target.read(self._path)
            self.n_read += 1
        except REFUSALS as error:
            self.n_refused += 1
            names = self._target.names or (str(self._path.parent),)
            if not any(name in str(error) for name in names):
                return f"the error does not name the file: {error}"
        except AssertionError as error:
            return f"wrong result: {error}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        seconds, grown = time.process_time() - start, _peak_bytes() - before
        if seconds > MAX_SECONDS:
            return f"took {seconds:.2f} s"
        if grown > self._target.max_bytes + len(content):
            return f"took {grown >> 20} MiB"
        return None


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def torture(target: Target, count: int, seed: int = 1) -> Outcome:
    """Give a reader `count` mutated files; those that it fails on are saved in `fuzzed/`."""
    rng = random.Random(seed)
    outcome = Outcome(f"mutated: {target.name}")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        trial = Trial(target, Path(name))
        for content in target.seeds:
            assert trial.failure(content) is None, target.name
        for _ in range(count):
            content = mutated(target, rng)
            failure = trial.failure(content)
            outcome.add(f"{target.name}: {failure}: {content[:300]!r}" if failure else None)
            if failure:
                digest = hashlib.sha256(content).hexdigest()[:8]
                path = Path("fuzzed") / f"{target.name.replace('/', '-')}-{digest}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
    outcome.notes.append(f"{target.name}: {trial.n_read:,} read, {trial.n_refused:,} refused")
    return outcome


@click.command()
@click.option(
    "--count", default=100_000, help="Mutated files for each reader; fewer for slow ones."
)
@click.option("--seed", default=1, help="Random seed of the mutations.")
def main(count: int, seed: int) -> None:
    """Give mutated files to every reader."""
    outcomes = [torture(target, int(count * min(target.share, 1)), seed) for target in targets()]
    click.echo("| trials | number | passed | failed |\n|---|---|---|---|")
    click.echo("\n".join(outcome.row() for outcome in outcomes))
    click.echo("\n".join(text for outcome in outcomes for text in outcome.notes + outcome.failures))
    raise SystemExit(any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    main()
