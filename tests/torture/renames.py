"""Writers of files that are killed, and four writers of one file."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.commands import ROOT
from tests.torture.outcome import Outcome

SETS = """
import itertools, sys
from pathlib import Path
from stages.runtime.files import atomic_write_files
for number in itertools.count():
    with atomic_write_files(Path("out")) as folder:
        for name in "abcd":
            (folder / name).write_text(sys.argv[1] + f" {number}")
    print(number, flush=True)
"""
FILE = """
from pathlib import Path
from stages.runtime.files import atomic_write
for number in range(50):
    with atomic_write(Path("one")) as path:
        path.write_text(f"{number}")
"""
N_WRITERS = 4


def torture(folder: Path, n_kills: int) -> Iterator[Outcome]:
    """Kill writers of sets of files at random moments, and let several write one file."""
    rng = random.Random(1)
    outcome = Outcome("writers of four files, killed")
    for index in range(n_kills):
        outcome.add(_kill(folder, str(index), rng.random() / 20))
    yield outcome
    outcome = Outcome("four writers of one file")
    for _ in range(max(1, n_kills // 10)):
        outcome.add(_write_one(folder))
    yield outcome


def _kill(folder: Path, run: str, after: float) -> str | None:
    """Kill a writer some seconds after its first set; files that are left must be of one set."""
    with _start(SETS, folder, run) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after)
        process.kill()
    contents = {path.read_text() for path in (folder / "out").glob("[a-d]")}
    return f"killed after {after:.3f} s: files of {sorted(contents)}" if len(contents) > 1 else None


def _write_one(folder: Path) -> str | None:
    """Write one file from several processes at once: no write fails, and nothing is left beside."""
    processes = [_start(FILE, folder) for _ in range(N_WRITERS)]
    errors = [process.communicate()[1] for process in processes]
    if any(process.returncode for process in processes):
        return f"a write failed: {errors}"
    left = sorted(path.name for path in folder.iterdir() if path.is_file())
    if left != ["one"] or (folder / "one").read_text() != "49":
        return f"left {left}"
    return None


def _start(code: str, folder: Path, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
