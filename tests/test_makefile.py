"""The Makefile's own work: the environment, one DVC at a time, and what a run ends with."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import ROOT, run

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

# Without the environment's folder: the Makefile must find its commands by itself.
BARE_PATH = os.pathsep.join(
    folder
    for folder in os.environ["PATH"].split(os.pathsep)
    if Path(folder) != Path(sys.prefix) / "bin"
)


def start_make(target: str, cwd: Path) -> "subprocess.Popen[str]":
    # Started by a make of its own, as `make test` is, it would print the folders that it enters.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.Popen(
        ["make", target, f"PYTHON={sys.executable}"],
        cwd=cwd,
        env=environment | {"PATH": BARE_PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def lend_environment(project: Path) -> None:
    """Give a project the environment of the tests, which has everything installed."""
    venv = project / ".venv"
    venv.mkdir()
    for name in ("bin", "lib"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", venv)
    code = "import tools.environment as made; made.STAMP.write_text(made.wanted_stamp())"
    run(sys.executable, "-c", code, cwd=project)


def test_two_make_the_environment_at_once_and_a_moved_folder_gets_a_new_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "here"
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.txt", "requirements-build.txt"):
        (folder / name).touch()
    both = [start_make("environment", folder) for _ in range(2)]
    for process in both:
        printed, _ = process.communicate()
        assert process.returncode == 0, printed
    made_at = (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    assert start_make("environment", folder).wait() == 0
    assert (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made_at

    moved = folder.rename(tmp_path / "there")
    assert start_make("environment", moved).wait() == 0
    pip = run(moved / ".venv" / "bin" / "pip", "--version", cwd=moved).stdout
    assert str(moved) in pip


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs a virtual environment to lend")
def test_two_runs_at_once_both_end_with_the_accuracy(experimented: Path, tmp_path: Path) -> None:
    project = shutil.copytree(experimented / "clone", tmp_path / "clone", symlinks=True)
    # The outputs are those of the experiment: one of the two runs brings back the others.
    run("git", "checkout", "--quiet", "params.yaml", cwd=project)
    lend_environment(project)
    both = [start_make("run", project) for _ in range(2)]
    for process in both:
        printed, _ = process.communicate()
        assert process.returncode == 0, printed
        assert re.search(
            r"\naccuracy on the test images: [\d.]+ % \(95 % interval [\d.]+ to [\d.]+ %\)\n"
            r"plots: reports/confusion.png .*\nall of it on one page: .*\n"
            r"draw a digit yourself: .*\n$",
            printed,
        )


def run_alone(folder: Path, expect: int) -> str:
    (folder / ".dvc").mkdir(exist_ok=True)
    command = (sys.executable, ROOT / "tools" / "one_at_a_time.py", sys.executable, "--version")
    return run(*command, cwd=folder, expect=expect).stderr


def test_copy_without_git_and_linked_folders_get_advice(tmp_path: Path) -> None:
    assert "is not a Git repository, which DVC needs: run `git init`" in run_alone(tmp_path, 1)
    (tmp_path / ".git").mkdir()
    assert run_alone(tmp_path, 0) == ""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")
    assert "data: is a symbolic link, and DVC writes to folders alone" in run_alone(tmp_path, 1)
    (tmp_path / "data").unlink()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(tmp_path / "elsewhere")
    assert f"{Path('data/raw')}: is a symbolic link" in run_alone(tmp_path, 1)


def test_makefile_uses_no_feature_that_make_3_81_lacks() -> None:
    text = (ROOT / "Makefile").read_text()
    for newer in (".ONESHELL", "::=", "!=", "$(file ", "undefine", "$(guile", "export "):
        assert newer not in text, newer
