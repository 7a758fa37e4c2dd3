"""Run the project's commands and DVC, as a person would."""

import os
import subprocess
import sys
from contextlib import chdir
from importlib import import_module
from pathlib import Path

from click.testing import CliRunner, Result

# Seconds after which a process hangs, however busy the machine: no test is decided by its speed.
HANGS_AFTER = 3600
ROOT = Path(__file__).parent.parent.parent
DVC = Path(sys.executable).with_name("dvc")
# Stages say `python`: that of the environment which the tests run in.
ENVIRONMENT = {"PATH": os.pathsep.join([str(DVC.parent), os.environ["PATH"]])}


def run(
    *command: str | Path, cwd: Path, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, check its exit code and return what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == expect, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done


def stage(
    name: str, *args: str | Path, cwd: Path, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a stage in a process of its own."""
    command = (sys.executable, "-m", f"stages.{name}", *args)
    return run(*command, cwd=cwd, expect=expect, PYTHONPATH=str(ROOT), **environment)


def stage_within(name: str, *args: str | Path, cwd: Path, expect: int = 0) -> Result:
    """Run a stage in this process, which has imported NumPy already."""
    command = getattr(import_module(f"stages.{name}"), name)
    with chdir(cwd):
        done = CliRunner().invoke(command, [str(word) for word in args])
    assert done.exit_code == expect, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def dvc(
    *args: str | Path, cwd: Path, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run DVC, with the stages' `python` that of the tests."""
    return run(DVC, *args, cwd=cwd, expect=expect, **ENVIRONMENT, **environment)
