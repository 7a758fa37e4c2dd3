"""`dvc repro` killed at random moments, and run again."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.commands import DVC, run
from tests.helpers.commands import ENVIRONMENT as DVC_ENVIRONMENT
from tests.helpers.project import clone_project
from tests.torture.outcome import Outcome

# Stages say `python`: that of the environment which this runs in. What they print is waited for.
ENVIRONMENT = os.environ | DVC_ENVIRONMENT | {"PYTHONUNBUFFERED": "1"}
FOLDERS = ("data/raw", "data/npy", "models", "reports")


def hashes(clone: Path) -> dict[str, str]:
    """Hash all that the stages write."""
    return {
        str(path.relative_to(clone)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in sorted((clone / folder).iterdir())
        if path.name != ".gitignore"
    }


class Victim:
    """A clone of the project that is killed again and again.

    Parameters
    ----------
    folder
        An empty folder.
    params
        Words of params.yaml and what to put in their place.
    """

    def __init__(self, folder: Path, params: dict[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        self.clone = clone_project(folder)
        text = (self.clone / "params.yaml").read_text()
        for old, new in params.items():
            assert old in text
            text = text.replace(old, new)
        (self.clone / "params.yaml").write_text(text)
        run(
            "git",
            "commit",
            "--quiet",
            "--allow-empty",
            "--all",
            "--message",
            "Parameters",
            cwd=self.clone,
        )
        start = time.monotonic()
        assert self.repro().wait() == 0, self.printed
        self.seconds = time.monotonic() - start
        self.wished = hashes(self.clone)
        self.resumed = 0
        self.repaired: list[str] = []

    @property
    def printed(self) -> str:
        """What the last run printed."""
        return (self.clone.parent / f"{self.clone.name}.log").read_text()

    def repro(self) -> "subprocess.Popen[bytes]":
        """Start `dvc repro` in a process group of its own."""
        with (self.clone.parent / f"{self.clone.name}.log").open("wb") as log:
            return subprocess.Popen(
                [DVC, "repro"], cwd=self.clone, env=ENVIRONMENT, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wipe(self) -> None:
        """Make the clone what it was before anything ran; DVC's cache goes too."""
        run("git", "clean", "-dffxq", cwd=self.clone)
        run("git", "checkout", "--quiet", ".", cwd=self.clone)

    def make_run(self) -> int:
        """Repair DVC's own files and run the pipeline, as `make run` does; return the exit code."""
        repair = (sys.executable, "tools/repair.py")
        if repaired := run(*repair, cwd=self.clone).stderr:
            self.repaired.append(repaired)
        return self.repro().wait()

    def kill_and_run_again(self, after: float, whole_group: bool) -> str | None:
        """Kill a run some seconds after its start, run it again, and tell what was lost.

        Parameters
        ----------
        after
            Seconds.
        whole_group
            Kill the stage too, or DVC alone, which leaves the stage at work.
        """
        self.wipe()
        running = self.repro()
        time.sleep(after)
        if whole_group:
            os.killpg(running.pid, signal.SIGKILL)
        else:
            running.kill()
        running.wait()
        where = f"killed {'all' if whole_group else 'DVC alone'} after {after:.2f} s"
        checkpoints = list((self.clone / "models").glob("*.checkpoint"))
        if code := self.make_run():
            return f"{where}: the next run ended with {code}: {self.printed[-400:]}"
        found = hashes(self.clone)
        if found != self.wished:
            names = found.keys() | self.wished.keys()
            different = [name for name in names if found.get(name) != self.wished.get(name)]
            return f"{where}: not the same: {', '.join(sorted(different))}"
        if whole_group and checkpoints and "resuming from" not in self.printed:
            return f"{where}: the checkpoint was not used"
        self.resumed += "resuming from" in self.printed
        return None


def torture(folder: Path, count: int, params: dict[str, str]) -> Iterator[Outcome]:
    """Kill a run at random moments; one run at a time, for two would fight over the cores."""
    outcome = Outcome("dvc repro, killed")
    rng = random.Random(1)
    victim = Victim(folder / "clone", params)
    for index in range(count):
        after, whole_group = rng.random() * victim.seconds, index % 4 != 3
        outcome.add(victim.kill_and_run_again(after, whole_group))
        lost = len(outcome.lost)
        print(f"killed {outcome.tried} of {count}, lost {lost}", file=sys.stderr, flush=True)
    outcome.notes.append(f"{victim.resumed} runs went on from a checkpoint")
    outcome.notes.append(f"DVC's own files were repaired before {len(victim.repaired)} runs")
    yield outcome
