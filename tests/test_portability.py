"""What Windows and macOS lack is not needed, and files are the same there."""

import re
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import ROOT, dvc, run

WITHOUT_UNIX = """
import runpy, signal, sys
for missing in ("fcntl", "resource", "termios", "grp", "pwd", "posix_ipc"):
    sys.modules[missing] = None
for missing in ("SIGALRM", "ITIMER_REAL", "setitimer", "alarm", "SIGKILL", "SIGHUP", "SIGPIPE"):
    delattr(signal, missing)
for command in sys.argv[1:]:
    name, *args = command.split()
    sys.argv = [f"stages.{name}", *args]
    try:
        runpy.run_module(f"stages.{name}", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
"""


@pytest.mark.slow
def test_pipeline_runs_without_modules_and_signals_that_windows_lacks(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    commands = (
        "check",
        "download",
        "convert",
        "train --epochs 2 --hidden 8",
        "evaluate",
        "demo",
        "lab",
    )
    run(sys.executable, "-c", WITHOUT_UNIX, *commands, cwd=tmp_path, PYTHONPATH=str(ROOT))
    written = {path.name for path in (tmp_path / "reports").iterdir()}
    assert {"metrics.json", "confusion.png", "history.csv", "demo.html", "lab.html"} <= written


def test_names_of_files_are_valid_on_every_system() -> None:
    files = run("git", "ls-files", "-z", cwd=ROOT).stdout.split("\0")
    assert [name for name in files if re.search(r'[<>:"\\|?*\x00-\x1f]|[. ]$', name)] == []
    folded = [name.casefold() for name in files]
    assert len(folded) == len(set(folded))


@pytest.mark.slow
def test_a_clone_as_git_for_windows_makes_it_has_nothing_to_run(
    reproduced: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    run("git", "clone", "-q", "-c", "core.autocrlf=true", reproduced, clone, cwd=tmp_path)
    dvc("cache", "dir", "--local", reproduced / ".dvc" / "cache", cwd=clone)
    dvc("checkout", cwd=clone)
    assert dvc("status", cwd=clone).stdout == "Data and pipelines are up to date.\n"
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""
