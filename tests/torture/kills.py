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
    folder
        An empty folder.
    epochs
        Value of train.epochs.
    """

    def __init__(self, folder: Path, epochs: int) -> None:
        folder.mkdir(exist_ok=True)
        self.clone = clone_project(folder)
        set_params(self.clone, epochs=epochs)
        commit(self.clone, "Parameters")
        start = time.monotonic()
        assert self.repro().wait() == 0, self.printed
        self.seconds = time.monotonic() - start
        self.expected = hashes(self.clone)
        self.n_resumed = 0

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

    def wipe(self) -> None:
        """Delete all outputs, and DVC's cache."""
        run("git", "clean", "-dffxq", cwd=self.clone)
        run("git", "checkout", "--quiet", ".", cwd=self.clone)

    def repair(self) -> None:
        """Repair DVC's own files as docs/troubleshooting.md says."""
        (self.clone / ".dvc/tmp/rwlock").unlink(missing_ok=True)
        run("git", "checkout", "--quiet", "dvc.lock", cwd=self.clone)

    def kill_and_run_again(self, after: float, whole_group: bool) -> str | None:
        """Kill a run, run it again, and return a message if anything was lost.

        Parameters
        ----------
        after
            Seconds between the run's start and the kill.
        whole_group
            Kill the stage too, or DVC alone while the stage keeps running.

        Raises
        ------
        DvcFileError
            If the next run failed because of an incomplete file of DVC's own, which is repaired.
        """
        self.wipe()
        running = self.repro()
        time.sleep(after)
        if whole_group:
            os.killpg(running.pid, signal.SIGKILL)
        else:
            running.kill()
        running.wait()
        trial = f"killed {'all' if whole_group else 'DVC alone'} after {after:.2f} s"
        checkpoints = list((self.clone / "models").glob("*.checkpoint"))
        if exit_code := self.repro().wait():
            end = self.printed[-400:]
            for name in (".dvc/tmp/rwlock", "dvc.lock"):
                if f"{name}'" in self.printed:
                    self.repair()
                    if self.repro().wait() or hashes(self.clone) != self.expected:
                        return f"{trial}: {name} is incomplete, and its repair fails: {end}"
                    raise DvcFileError(f"{trial}: {name} is incomplete: {end}")
            return f"{trial}: the next run failed with exit code {exit_code}: {end}"
        if different := differences(hashes(self.clone), self.expected):
            return f"{trial}: different outputs: {', '.join(different)}"
        if whole_group and checkpoints and "resuming from" not in self.printed:
            return f"{trial}: the checkpoint was not used"
        self.n_resumed += "resuming from" in self.printed
        return None


class DvcFileError(Exception):
    """A file that DVC writes in place was incomplete after the kill."""


def torture(folder: Path, n_kills: int, epochs: int) -> Iterator[Outcome]:
    """Kill a run at random moments, one run at a time, so that none waits for a core."""
    outcome, dvc_files = Outcome("dvc repro, killed"), Outcome("DVC's own files in these kills")
    rng = random.Random(1)
    victim = Victim(folder / "clone", epochs)
    for index in range(n_kills):
        after, whole_group = rng.random() * victim.seconds, index % 4 != 3
        try:
            outcome.add(victim.kill_and_run_again(after, whole_group))
            dvc_files.add(None)
        except DvcFileError as error:
            dvc_files.add(str(error))
        n_failures = len(outcome.failures) + len(dvc_files.failures)
        print(
            f"killed {dvc_files.n_trials} of {n_kills}, {n_failures} failed",
            file=sys.stderr,
            flush=True,
        )
    outcome.notes.append(f"{victim.n_resumed} runs resumed from a checkpoint")
    yield outcome
    yield dvc_files
