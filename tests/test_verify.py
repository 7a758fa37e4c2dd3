"""Revisions that are verified: their pipeline runs again in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import ENVIRONMENT, ROOT, run, stage
from tests.helpers.project import commit, set_params

pytestmark = pytest.mark.slow


@pytest.fixture
def clone(experimented: Path, tmp_path: Path) -> Path:
    """Copy the project with its experiment, and an empty folder for temporary files beside it."""
    (tmp_path / "tmp").mkdir()
    return shutil.copytree(experimented / "clone", tmp_path / "clone", symlinks=True)


def test_an_experiment_is_reproduced_and_nothing_is_left(clone: Path, tmp_path: Path) -> None:
    before = run("git", "status", "--porcelain", cwd=clone).stdout
    done = stage("verify", "short", cwd=clone, TMPDIR=str(tmp_path / "tmp"))
    n_outputs = int(done.stdout.split()[1])
    assert n_outputs > 20
    assert done.stdout == (
        f"reproduced: {n_outputs} of {n_outputs} outputs are the same, byte for byte\n"
    )
    assert "Running stage 'train'" in done.stderr
    assert run("git", "status", "--porcelain", cwd=clone).stdout == before
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_table_that_was_edited_by_hand_is_found(clone: Path) -> None:
    run("git", "checkout", "--quiet", ".", cwd=clone)
    history = clone / "reports" / "history.csv"
    header, first, *rows = history.read_text().splitlines()
    epoch, rate, loss, *others = first.split(",")
    edited = ",".join([epoch, rate, str(float(loss) - 0.25), *others])
    history.write_text("\n".join([header, edited, *rows]) + "\n")
    commit(clone, "A better loss")
    done = stage("verify", cwd=clone, expect=1)
    assert done.stdout.startswith("not reproduced: ")
    assert (
        "\nreports/history.csv: was edited after it was recorded in dvc.lock; train_loss differs by"
        f" up to 0.25 in 1 of {len(rows) + 1} rows\n" in done.stdout
    )
    assert done.stdout.count("reports/") == 1


def test_an_interrupt_stops_the_stage_that_runs(clone: Path, tmp_path: Path) -> None:
    set_params(clone, epochs=100_000)
    commit(clone, "Many epochs")
    process = subprocess.Popen(
        [sys.executable, "-m", "stages.verify"],
        cwd=clone,
        env=os.environ
        | ENVIRONMENT
        | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp"), "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("before training"):
            process.send_signal(signal.SIGTERM)
    # The pipe is closed once the stage has ended too.
    assert process.wait() == 143
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("name", ["nothing", "workspace"])
def test_what_is_no_commit_is_a_sentence(experimented: Path, name: str) -> None:
    done = stage("verify", name, cwd=experimented / "clone", expect=2)
    assert done.stderr == f"Error: {name}: unknown Git revision '{name}'\n"
