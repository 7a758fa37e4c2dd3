"""Verify a revision: run its pipeline again in a folder of its own, and compare the outputs."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from stages.classifier import model_file
from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.paths import MODEL
from stages.cli.terminal import echo
from stages.comparison.reproduction import compare_outputs
from stages.comparison.revisions import Revision


@click.command("verify", cls=StageCommand, example="HEAD", in_pipeline=False)
@click.argument("revision", default="HEAD")
def verify(revision: str) -> None:
    """Run the pipeline of REVISION again, and say which outputs are the same, byte for byte.

    The exit code is 1 where an output differs by more than the last digits.
    """
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        clone = Path(folder) / "clone"
        _run("git", "clone", "--quiet", "--no-checkout", ".", str(clone), cwd=Path())
        commit = _output("git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        _run("git", "fetch", "--quiet", str(Path.cwd()), commit, cwd=clone)
        _run("git", "checkout", "--quiet", "--detach", commit, cwd=clone)
        recorded = Path(folder) / "recorded"
        shutil.copytree(clone, recorded, ignore=shutil.ignore_patterns(".git"))
        echo(f"running the pipeline of {revision} in {clone}")
        _run("dvc", "repro", "--force", cwd=clone)
        comparison = compare_outputs(recorded, clone)
        here = model_file.load(clone / MODEL).provenance.libraries
    for line in comparison.lines:
        echo(line)
    if comparison.differs or len(comparison.lines) > 1:
        there = Revision(revision).provenance
        echo(f"recorded with {there.libraries if there else 'libraries that are not known'}")
        echo(f"run again with {here}, {platform.system()} {platform.machine()}")
    if comparison.differs:
        sys.exit(1)


def _run(*command: str, cwd: Path) -> None:
    """Run a command with the stages' `python` that of this process; its output stays silent."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(  # noqa: S603
        command,
        cwd=cwd,
        env=os.environ | {"PATH": path},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"`{' '.join(command)}` failed: {done.stderr.strip()[-1000:]}")


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if done.returncode:
        raise UserError(f"{command[-1].removesuffix('^{commit}')}: no such revision")
    return done.stdout.strip()


if __name__ == "__main__":
    verify()
