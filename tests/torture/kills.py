"""`dvc repro` killed at random moments, and run again."""

import hashlib
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.helpers.commands import DVC, dvc, run
from tests.helpers.commands import ENVIRONMENT as DVC_ENVIRONMENT
from tests.helpers.project import clone_project, commit, set_params
from tests.torture.outcome import Outcome

# The trials wait for lines that the stages print.
ENVIRONMENT = os.environ | DVC_ENVIRONMENT | {"PYTHONUNBUFFERED": "1"}
FOLDERS = ("data/raw", "data/npy", "models", "reports")


def hashes(clone: Path) -> dict[str, str]:
    """Hash the files that the stages write."""
    return {
        str(path.relative_to(clone)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in sorted((clone / folder).iterdir())
        if path.name != ".gitignore"
    }


def differences(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """Name the files that are not the same in both, or only in one."""
    names = first.keys() | second.keys()
    return sorted(name for name in names if first.get(name) != second.get(name))


class Victim:
    """A clone of the project whose runs are killed.

    Parameters
    ----------
    clone
        A clone whose pipeline has run.
    seconds
        How long the run took, where it was measured.
    """

    def __init__(self, clone: Path, seconds: float = math.nan) -> None:
        self.clone = clone
        self.seconds = seconds
        self.expected = hashes(clone)
        self.n_resumed = 0
        self.repairs: list[str] = []

    @classmethod
    def prepare(cls, folder: Path, epochs: int) -> Self:
        """Clone the project into an empty folder and run it, with a value of train.epochs."""
        folder.mkdir(exist_ok=True)
        clone = clone_project(folder)
        set_params(clone, epochs=epochs)
        commit(clone, "Parameters")
        start = time.monotonic()
        dvc("repro", cwd=clone)
        return cls(clone, time.monotonic() - start)

    @property
    def printed(self) -> str:
        """Text that the last run printed."""
        return (self.clone.parent / f"{self.clone.name}.log").read_text()

    def repro(self) -> "subprocess.Popen[bytes]":
        """Start `dvc repro` in a process group of its own."""
        with (self.clone.parent / f"{self.clone.name}.log").open("wb") as log:
            return subprocess.Popen(
                [DVC, "repro"], cwd=self.clone, env=ENVIRONMENT, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait_for(self, text: str, running: "subprocess.Popen[bytes]") -> None:
        """Wait until a run prints a text."""
        while text not in self.printed:
            assert running.poll() is None, self.printed
            time.sleep(0.02)

    def wipe(self) -> None:
        """Delete all outputs, and DVC's cache."""
        run("git", "clean", "-dffxq", cwd=self.clone)
        run("git", "checkout", "--quiet", ".", cwd=self.clone)

    def make_run(self) -> int:
        """Repair DVC's own files and run the pipeline, as `make run` does; return the exit code."""
        if repairs := run(sys.executable, "tools/repair.py", cwd=self.clone).stderr:
            self.repairs.append(repairs)
        return self.repro().wait()

    def kill_and_run_again(self, after: float | str, whole_group: bool) -> str | None:
        """Kill a run, run it again, and return a message if anything was lost.

        Parameters
        ----------
        after
            When to kill it: seconds after its start, or a text that it prints.
        whole_group
            Kill the stage too, or DVC alone while the stage keeps running.
        """
        self.wipe()
        running = self.repro()
        if isinstance(after, str):
            self.wait_for(after, running)
        else:
            time.sleep(after)
        if whole_group:
            os.killpg(running.pid, signal.SIGKILL)
        else:
            running.kill()
        running.wait()
        trial = f"killed {'all' if whole_group else 'DVC alone'} after {after}"
        checkpoints = list((self.clone / "models").glob("*.checkpoint"))
        if exit_code := self.make_run():
            end = self.printed[-400:]
            return f"{trial}: the next run failed with exit code {exit_code}: {end}"
        if different := differences(hashes(self.clone), self.expected):
            return f"{trial}: different outputs: {', '.join(different)}"
        if whole_group and checkpoints and "resuming from" not in self.printed:
            return f"{trial}: the checkpoint was not used"
        self.n_resumed += "resuming from" in self.printed
        return None


def torture(folder: Path, n_kills: int, epochs: int) -> Iterator[Outcome]:
    """Kill a run at random moments, one run at a time, so that none waits for a core."""
    outcome = Outcome("dvc repro, killed")
    rng = random.Random(1)
    victim = Victim.prepare(folder / "clone", epochs)
    for index in range(n_kills):
        after, whole_group = round(rng.random() * victim.seconds, 2), index % 4 != 3
        outcome.add(victim.kill_and_run_again(after, whole_group))
        print(
            f"killed {outcome.n_trials} of {n_kills}, {len(outcome.failures)} failed",
            file=sys.stderr,
            flush=True,
        )
    outcome.notes.append(f"{victim.n_resumed} runs resumed from a checkpoint")
    outcome.notes.append(f"DVC's own files were repaired before {len(victim.repairs)} runs")
    yield outcome
