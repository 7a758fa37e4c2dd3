"""Stages whose disk is full, read-only, or belongs to another user.

The disks are small file systems in memory, mounted in a mount namespace, so that they are unmounted
with its last process. `python -m tests.torture.disk FOLDER ROUNDS` runs in the namespace.
"""

import dataclasses
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.commands import ROOT
from tests.torture.outcome import Outcome

NAMESPACE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
# Root may write anywhere, unless it has not the capability.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
SIZE = 16 << 20
OUTPUTS = {
    "download": ["raw"],
    "convert": ["npy", "reports"],
    "train": ["models", "reports"],
    "evaluate": ["reports"],
}


def command(name: str, disk: Path) -> list[str]:
    """Return a stage's command line, with all inputs and outputs on a disk."""
    raw, npy, reports = disk / "raw", disk / "npy", disk / "reports"
    model = disk / "models" / "model"
    options: dict[str, list[str | Path]] = {
        "download": ["--out", raw],
        "convert": ["--raw", raw, "--out", npy, "--samples", reports / "samples.png"],
        "train": ["--data", npy, "--model", model, "--reports", reports,
                  "--epochs", "1", "--strength", "0", "--hidden", "200"],
        "evaluate": ["--data", npy, "--model", model, "--reports", reports],
    }  # fmt: skip
    return [sys.executable, "-m", f"stages.{name}", *map(str, options[name])]


def run(words: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLCONFIGDIR": str(folder)}
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def contents(disk: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(disk)): path.read_bytes()
        for path in disk.rglob("*")
        if path.is_file() and path.name != "ballast"
    }


class Disk:
    """A small file system for the outputs of the stages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "disk"
        self.path.mkdir()
        shutil.copy(ROOT / "params.yaml", folder)
        _mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.path))

    def empty(self) -> None:
        for path in self.path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def prepare(self, name: str) -> None:
        """Leave on the disk the outputs of the stages before a stage, and nothing else."""
        self.empty()
        for path in self._saved(name).iterdir():
            shutil.copytree(path, self.path / path.name)

    def _saved(self, name: str) -> Path:
        """Run the stages before a stage, the first time, and save their outputs elsewhere."""
        saved = self.folder / f"before-{name}"
        if not saved.exists():
            for earlier in itertools.takewhile(lambda stage: stage != name, OUTPUTS):
                done = run(command(earlier, self.path), self.folder)
                assert done.returncode == 0, done.stderr
            shutil.copytree(self.path, saved)
            self.empty()
        return saved

    def leave_free(self, free: int) -> None:
        """Fill the disk until only `free` bytes are free."""
        ballast = self.path / "ballast"
        ballast.unlink(missing_ok=True)
        size = max(0, shutil.disk_usage(self.path).free - free)
        ballast.write_bytes(bytes(size))


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def check_error(done: "subprocess.CompletedProcess[str]", messages: tuple[str, ...]) -> str | None:
    """Return a message unless a command failed with one sentence that has one of `messages`."""
    if done.returncode not in (1, 2):
        return f"exit code {done.returncode}: {done.stderr}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    if "Traceback" in done.stderr or len(lines) != 1:
        return f"not one sentence: {done.stderr}"
    if not any(message in lines[0] for message in messages):
        return f"unclear: {lines[0]}"
    return None


def full(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage with too little free space, then with enough."""
    disk.prepare(name)
    before = contents(disk.path)
    needed = _needed(disk, name)
    for path in contents(disk.path).keys() - before.keys():
        (disk.path / path).unlink()
    disk.leave_free(rng.randrange(0, needed - 8192))
    done = run(command(name, disk.path), disk.folder)
    fault = check_error(done, ("No space left on device", "no room for"))
    if fault is None and (left := _changed(before, contents(disk.path), name)):
        fault = f"left {left}"
    disk.leave_free(SIZE)
    again = run(command(name, disk.path), disk.folder)
    if fault is None and again.returncode != 0:
        fault = f"with enough space: {again.stderr}"
    return fault and f"{name} on a full disk: {fault}"


def _needed(disk: Disk, name: str) -> int:
    """Measure the space that a stage's outputs take, in bytes."""
    free = shutil.disk_usage(disk.path).free
    done = run(command(name, disk.path), disk.folder)
    assert done.returncode == 0, done.stderr
    return free - shutil.disk_usage(disk.path).free


def _changed(before: dict[str, bytes], after: dict[str, bytes], name: str) -> list[str]:
    """Name the files that must not be there after a failure.

    Complete files of a download may stay, and the history, which is written while training.
    """
    new = [path for path in after if after[path] != before.get(path)]
    if name == "download":
        return [path for path in new if path.endswith(".part")]
    if name == "train":
        return [path for path in new if path != "reports/history.csv"]
    return new


def read_only(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage on a read-only disk, then on a writable one."""
    disk.prepare(name)
    before = contents(disk.path)
    _mount("-o", "remount,ro", str(disk.path))
    done = run(command(name, disk.path), disk.folder)
    _mount("-o", "remount,rw", str(disk.path))
    return _check_refused_then_done(disk, name, before, done, "Read-only file system")


def without_rights(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage without the right to write to its folders, then with it."""
    disk.prepare(name)
    before = contents(disk.path)
    folders = [disk.path, *(disk.path / output for output in OUTPUTS[name])]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o555)
    done = run([*WITHOUT_RIGHTS, *command(name, disk.path)], disk.folder)
    for folder in folders:
        folder.chmod(0o755)
    return _check_refused_then_done(disk, name, before, done, "Permission denied")


def folder_in_place_of_file(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage where a folder has the name of an output file."""
    disk.prepare(name)
    before = contents(disk.path)
    whole = command(name, disk.path)
    run(whole, disk.folder)
    written = sorted(contents(disk.path).keys() - before.keys())
    for path in written:
        (disk.path / path).unlink()
    (disk.path / written[0]).mkdir()
    done = run(whole, disk.folder)
    if (disk.path / written[0]).is_dir():
        (disk.path / written[0]).rmdir()
    if fault := check_error(done, ("Is a directory", "is a directory")):
        return f"{name}: {written[0]} is a folder: {fault}"
    return _check_refused_then_done(disk, name, before, done, "irectory")


def _check_refused_then_done(
    disk: Disk,
    name: str,
    before: dict[str, bytes],
    done: "subprocess.CompletedProcess[str]",
    message: str,
) -> str | None:
    fault = check_error(done, (message,))
    if fault is None and (left := _changed(before, contents(disk.path), name)):
        fault = f"left {left}"
    again = run(command(name, disk.path), disk.folder)
    if fault is None and again.returncode != 0:
        fault = f"afterwards: {again.stderr}"
    return fault and f"{name}, {message}: {fault}"


def can_mount() -> bool:
    """Return whether this process may mount a file system."""
    words = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return (
        bool(shutil.which("unshare") and shutil.which("setpriv"))
        and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )


def torture(folder: Path, rounds: int, stages: list[str] | None = None) -> Iterator[Outcome]:
    """Run each stage on each kind of disk; skip them where no file system can be mounted."""
    if not can_mount():
        yield Outcome("disk faults", notes=["disk: skipped, no file system can be mounted"])
        return
    inside = [sys.executable, "-m", "tests.torture.disk", str(folder), str(rounds)]
    command_line = [*NAMESPACE, *inside, *(stages or [])]
    done = subprocess.run(command_line, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        yield Outcome(**json.loads(line))


KINDS = {
    "a full disk": full,
    "a read-only disk": read_only,
    "a folder without write permission": without_rights,
    "a folder in place of an output file": folder_in_place_of_file,
}


def main(folder: Path, rounds: int, stages: list[str]) -> None:
    disk = Disk(folder)
    rng = random.Random(1)
    for kind_name, kind in KINDS.items():
        outcome = Outcome(kind_name)
        for name in stages or OUTPUTS:
            for _ in range(rounds if kind is full else 1):
                outcome.add(kind(disk, name, rng))
        print(json.dumps(dataclasses.asdict(outcome)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
