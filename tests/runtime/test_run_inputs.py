"""Parameters and code that change while a stage runs, in real runs of DVC."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.commands import DVC, ENVIRONMENT, dvc, run
from tests.helpers.project import commit, set_params

TRAIN = (sys.executable, "-m", "stages.train")


@pytest.fixture
def clone(reproduced: Path, tmp_path: Path) -> Path:
    """Copy the project as it ran, with so many epochs that there is time to edit a file."""
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    set_params(clone, epochs=3000, hidden="[8]")
    commit(clone, "Many epochs")
    return clone


def edit_while_it_trains(
    edit: Callable[[], object], *command: str | Path, cwd: Path, expect: int
) -> str:
    """Run a command, edit a file once training has begun, and return what the command printed."""
    printed = []
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=os.environ | ENVIRONMENT | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if line.startswith(("before training", "resuming")):
                edit()
    assert process.returncode == expect, printed
    return "".join(printed)


def temporary_project(clone: Path) -> Path:
    """Find the folder in which `dvc exp run --temp` runs."""
    (params,) = (clone / ".dvc" / "tmp" / "exps" / "standalone").glob("*/params.yaml")
    return params.parent


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--temp",)])
def test_a_parameter_edited_while_an_experiment_trains_is_not_recorded(
    clone: Path, options: tuple[str, ...]
) -> None:
    def edit() -> None:
        set_params(temporary_project(clone) if options else clone, seed=12)

    command = ("exp", "run", *options, "-S", "train.seed=11", "train")
    printed = edit_while_it_trains(edit, DVC, *command, cwd=clone, expect=255)
    assert (
        "\nError: changed while this ran: train.seed in params.yaml (11 -> 12); nothing is"
        " recorded: run it again\n" in printed
    )
    assert "'train': failed to run: python -m stages.train, exited with 1" in printed
    assert dvc("exp", "list", "--name-only", cwd=clone).stdout == ""
    assert not re.search("seed: 1[12]", read_lock_of_train(clone))
    if not options:
        status = json.loads(dvc("status", "--json", "train", cwd=clone).stdout)
        changed = {"changed deps": {"params.yaml": {"train": "modified"}}}
        assert changed in status["train"]


def read_lock_of_train(clone: Path) -> str:
    lock = (clone / "dvc.lock").read_text(encoding="utf-8")
    return lock[lock.index("\n  train:") :]


@pytest.mark.slow
def test_training_resumes_where_the_old_parameters_are_back(clone: Path) -> None:
    def edit() -> None:
        set_params(clone, seed=3)

    set_params(clone, seed=2)
    printed = edit_while_it_trains(edit, DVC, "repro", cwd=clone, expect=255)
    assert "train.seed in params.yaml (2 -> 3)" in printed
    assert not re.search("seed: [23]", read_lock_of_train(clone))
    set_params(clone, seed=2)
    printed = edit_while_it_trains(edit, *TRAIN, cwd=clone, expect=1)
    assert printed.startswith("resuming from models/model.safetensors.")


@pytest.mark.parametrize("name", ["stages/train.py", "stages/datasets/catalogue.yaml"])
def test_code_edited_while_it_trains_is_not_recorded(clone: Path, name: str) -> None:
    file = clone / name
    printed = edit_while_it_trains(lambda: append_a_comment(file), *TRAIN, cwd=clone, expect=1)
    assert f"Error: changed while this ran: {name}; nothing is recorded" in printed


def append_a_comment(file: Path) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write("# edited\n")


def test_what_a_stage_does_not_use_may_be_edited_while_it_runs(clone: Path) -> None:
    """Code that it has not loaded, and parameters that were typed."""

    def edit() -> None:
        append_a_comment(clone / "stages" / "report.py")
        set_params(clone, seed=12, epochs=9)

    typed = ("--seed", "3", "--epochs", "3")
    edit_while_it_trains(edit, *TRAIN, *typed, cwd=clone, expect=0)


@pytest.mark.parametrize("name", ["check", "report"])
def test_any_parameter_that_changes_while_a_stage_reads_them_all(clone: Path, name: str) -> None:
    code = f"""
import pathlib, runpy, sys
params = pathlib.Path("params.yaml")
edited = params.read_text().replace("seed: 1 ", "seed: 7 ")
n_opened = 0
def edit_before_it_is_read_again(event, args):
    global n_opened
    if event == "open" and str(args[0]) == "params.yaml":
        n_opened += 1
        if n_opened == 2:
            params.write_text(edited)
sys.addaudithook(edit_before_it_is_read_again)
runpy.run_module("stages.{name}", run_name="__main__")
"""
    done = run(sys.executable, "-c", code, cwd=clone, expect=1)
    assert "train.seed in params.yaml (1 -> 7)" in done.stderr
