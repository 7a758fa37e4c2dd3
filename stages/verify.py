"""Verify a revision: run its pipeline again in a folder of its own, and compare the outputs."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from stages.classifier.model_file import read_provenance
from stages.cli.command import StageCommand
from stages.cli.paths import MODEL
from stages.cli.terminal import echo


@click.command("verify", cls=StageCommand, example="HEAD", in_pipeline=False)
@click.argument("revision", default="HEAD")
def verify(revision: str) -> None:
    """Run the pipeline of REVISION again, and say which outputs are the same, byte for byte.

    REVISION is a commit, a branch, a tag or an experiment's name. The exit code is 1 where a figure
    of a table that Git tracks differs by more than rounding.
    """
    # DVC takes a second to load, and --help does not need it.
    from stages.comparison.reproduction import differences, recorded_outputs
    from stages.comparison.revisions import Revision, resolve

    commit, there = resolve(revision), Revision(revision).provenance
    with TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "clone"
        _run("git", "clone", "--quiet", "--shared", "--no-checkout", ".", str(clone), cwd=Path())
        _run("git", "checkout", "--quiet", "--detach", commit, cwd=clone)
        recorded = recorded_outputs(clone)
        for name in ("raw", "own"):  # what was downloaded is verified again, but not downloaded
            ignored = shutil.ignore_patterns(".gitignore", "*.dvc")
            if (source := Path("data", name)).is_dir():
                shutil.copytree(source, clone / source, dirs_exist_ok=True, ignore=ignored)
        _run(sys.executable, "-m", "dvc", "repro", "--force", "--no-commit", cwd=clone)
        found = differences(recorded, clone)
        here = read_provenance((clone / MODEL).read_bytes())
    n_same = sum(not each for each in found.values())
    if n_same == len(found):
        echo(f"reproduced: {n_same} of {n_same} outputs are the same, byte for byte")
        return
    echo(f"not reproduced: {n_same} of {len(found)} outputs are the same, byte for byte")
    for path, each in found.items():
        if each:
            echo(f"{path}: {'; '.join(difference.text for difference in each)}")
    if there and here:
        for name, value in here.environment.items():
            if value != there.environment[name]:
                echo(f"{name}: {there.environment[name]} in {revision}, {value} here")
    else:
        echo(f"DVC's cache lacks the model of {revision}, which says what it was trained with")
    libraries = f"{here.libraries}, " if here else ""
    echo(f"here: {libraries}{platform.system()} {platform.machine()}")
    if not all(difference.is_rounding for each in found.values() for difference in each):
        sys.exit(1)


def _run(*command: str, cwd: Path) -> None:
    """Run a command, and show on the standard error stream what it prints."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # of `python`
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=cwd,
        env=os.environ | {"PATH": path, "DVC_SITE_CACHE_DIR": str(cwd.parent / "dvc")},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=sys.platform != "win32",
    ) as process:
        try:
            exit_code = process.wait()
        except BaseException:
            if sys.platform == "win32":
                process.kill()
            else:  # the stage that runs too, which still writes a checkpoint here
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                with suppress(ProcessLookupError):
                    for _ in range(1000):
                        os.killpg(process.pid, 0)
                        time.sleep(0.01)
            raise
    if exit_code:
        raise click.ClickException(f"`{' '.join(command)}` failed, as it says above")


if __name__ == "__main__":
    verify()
