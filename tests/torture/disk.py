"""Stages whose disk is full, read-only or not theirs to write to.

The disks are real ones: small file systems in memory, in a mount namespace of their own, so that
they go with the process. `python -m tests.torture.disk FOLDER ROUNDS` is what runs in there.
"""

import dataclasses
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
# Root may write anywhere; so it is tried without the capability to do so.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
SIZE = 8 << 20
OUTPUTS = {
    "download": ["raw"],
    "convert": ["npy", "reports"],
    "train": ["models", "reports"],
    "evaluate": ["reports"],
}


def command(name: str, disk: Path) -> list[str]:
    """Give a stage's command line with all that it reads and writes on a disk."""
    raw, npy, reports = disk / "raw", disk / "npy", disk / "reports"
    model, history = disk / "models" / "model", reports / "history.csv"
    options: dict[str, list[str | Path]] = {
        "download": ["--out", raw],
        "convert": ["--raw", raw, "--out", npy, "--samples", reports / "samples.png"],
        "train": ["--data", npy, "--model", model, "--history", history,
                  "--epochs", "1", "--augment", "0", "--hidden", "200"],
        "evaluate": ["--data", npy, "--model", model, "--history", history, "--out", reports],
    }  # fmt: skip
    return [sys.executable, "-m", f"stages.{name}", *map(str, options[name])]


def ran(words: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
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
    """A small file system that a chain of stages ran on, as it was before each stage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "disk"
        self.path.mkdir()
        shutil.copy(ROOT / "params.yaml", folder)
        _mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.path))

    def empty(self) -> None:
        for path in self.path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def before(self, name: str) -> None:
        """Bring the disk to what it is before a stage runs."""
        self.empty()
        for earlier in OUTPUTS:
            if earlier == name:
                return
            done = ran(command(earlier, self.path), self.folder)
            assert done.returncode == 0, done.stderr

    def leave_free(self, free: int) -> None:
        """Fill the disk until so many bytes are free."""
        ballast = self.path / "ballast"
        ballast.unlink(missing_ok=True)
        size = max(0, shutil.disk_usage(self.path).free - free)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, size))


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def fault_of_refusal(done: "subprocess.CompletedProcess[str]", says: tuple[str, ...]) -> str | None:
    """Tell what is wrong with how a command failed: it must be one sentence that says why."""
    if done.returncode not in (1, 2):
        return f"ended with {done.returncode}: {done.stderr}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    if "Traceback" in done.stderr or len(lines) != 1:
        return f"not one sentence: {done.stderr}"
    if not any(word in lines[0] for word in says):
        return f"unclear: {lines[0]}"
    return None


def full(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage with too little room, then with enough."""
    disk.before(name)
    before = contents(disk.path)
    needed = _needed(disk, name)
    for path in contents(disk.path).keys() - before.keys():
        (disk.path / path).unlink()
    disk.leave_free(rng.randrange(0, needed - 8192))
    done = ran(command(name, disk.path), disk.folder)
    fault = fault_of_refusal(done, ("No space left on device", "no room for"))
    if fault is None and (left := _changed(before, contents(disk.path), name)):
        fault = f"left {left}"
    disk.leave_free(SIZE)
    again = ran(command(name, disk.path), disk.folder)
    if fault is None and again.returncode != 0:
        fault = f"with room: {again.stderr}"
    return fault and f"{name} on a full disk: {fault}"


def _needed(disk: Disk, name: str) -> int:
    """Measure how many bytes the outputs of a stage take."""
    free = shutil.disk_usage(disk.path).free
    done = ran(command(name, disk.path), disk.folder)
    assert done.returncode == 0, done.stderr
    return free - shutil.disk_usage(disk.path).free


def _changed(before: dict[str, bytes], after: dict[str, bytes], name: str) -> list[str]:
    """Name what is half-written. Whole files of a download may stay: the next goes on from them."""
    new = [path for path in after if after[path] != before.get(path)]
    return [path for path in new if name != "download" or path.endswith(".part")]


def read_only(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage on a disk that cannot be written to, then on one that can."""
    disk.before(name)
    before = contents(disk.path)
    _mount("-o", "remount,ro", str(disk.path))
    done = ran(command(name, disk.path), disk.folder)
    _mount("-o", "remount,rw", str(disk.path))
    return _refused_then_done(disk, name, before, done, "Read-only file system")


def without_rights(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage where its folders belong to others, then where they do not."""
    disk.before(name)
    before = contents(disk.path)
    folders = [disk.path, *(disk.path / output for output in OUTPUTS[name])]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o555)
    done = ran([*WITHOUT_RIGHTS, *command(name, disk.path)], disk.folder)
    for folder in folders:
        folder.chmod(0o755)
    return _refused_then_done(disk, name, before, done, "Permission denied")


def is_a_folder(disk: Disk, name: str, rng: random.Random) -> str | None:
    """Run a stage where a folder has the name of a file that it writes."""
    disk.before(name)
    before = contents(disk.path)
    whole = command(name, disk.path)
    ran(whole, disk.folder)
    written = sorted(contents(disk.path).keys() - before.keys())
    for path in written:
        (disk.path / path).unlink()
    (disk.path / written[0]).mkdir()
    done = ran(whole, disk.folder)
    if (disk.path / written[0]).is_dir():
        (disk.path / written[0]).rmdir()
    if fault := fault_of_refusal(done, ("Is a directory", "is a directory")):
        return f"{name}: {written[0]} is a folder: {fault}"
    return _refused_then_done(disk, name, before, done, "irectory")


def _refused_then_done(
    disk: Disk,
    name: str,
    before: dict[str, bytes],
    done: "subprocess.CompletedProcess[str]",
    says: str,
) -> str | None:
    fault = fault_of_refusal(done, (says,))
    if fault is None and (left := _changed(before, contents(disk.path), name)):
        fault = f"left {left}"
    again = ran(command(name, disk.path), disk.folder)
    if fault is None and again.returncode != 0:
        fault = f"afterwards: {again.stderr}"
    return fault and f"{name}, {says}: {fault}"


def can_be_tried() -> bool:
    """Tell whether this machine lets us mount a file system of our own."""
    words = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return (
        bool(shutil.which("unshare") and shutil.which("setpriv"))
        and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )


def torture(folder: Path, rounds: int, stages: list[str] | None = None) -> Iterator[Outcome]:
    """Try each stage on each kind of disk; where none can be mounted, say so."""
    if not can_be_tried():
        yield Outcome("a disk that fails", notes=["disk: skipped, no file system can be mounted"])
        return
    inside = [sys.executable, "-m", "tests.torture.disk", folder, str(rounds), *(stages or [])]
    done = subprocess.run(
        [*NAMESPACE, *inside], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    for line in done.stdout.splitlines():
        yield Outcome(**json.loads(line))


KINDS = {
    "a full disk": full,
    "a read-only disk": read_only,
    "a disk without rights": without_rights,
    "a folder where a file is to stand": is_a_folder,
}


def main(folder: Path, rounds: int, stages: list[str]) -> None:
    disk = Disk(folder)
    rng = random.Random(1)
    for what, kind in KINDS.items():
        outcome = Outcome(what)
        for name in stages or OUTPUTS:
            for _ in range(rounds if kind is full else 1):
                outcome.add(kind(disk, name, rng))
        print(json.dumps(dataclasses.asdict(outcome)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
