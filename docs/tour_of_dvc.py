"""docs/tour-of-dvc.md, run: `python -m docs.tour_of_dvc` writes its outputs anew.

It runs the commands of the page, one block after the other, in a clone of the last commit. Each
block of commands is followed by one with what they printed, if they printed anything.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "tour-of-dvc.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)


def with_outputs(text: str, project: Path) -> str:
    """Put what each block of commands prints behind it.

    Parameters
    ----------
    text
        The page.
    project
        A Git repository of the project, in which nothing is changed: the first block clones it.

    Raises
    ------
    subprocess.CalledProcessError
        If a command fails.
    """
    binaries = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": os.pathsep.join([binaries, os.environ["PATH"]]),
        "PYTHONPATH": "",
        "GIT_PAGER": "cat",
        "LC_ALL": "C.UTF-8",
    }
    folder = project

    def run(found: re.Match[str]) -> str:
        nonlocal folder
        script = f"set -e\n{found[1]}\npwd >&2"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        folder = Path(done.stderr.splitlines()[-1])
        if "git clone" in found[1]:
            for key in ("name", "email"):
                subprocess.run(["git", "config", f"user.{key}", "you"], cwd=folder, check=True)
        printed = "\n".join(line.rstrip() for line in done.stdout.splitlines())
        return f"```sh\n{found[1]}```\n" + (f"\n```text\n{printed}\n```\n" if printed else "")

    return _BLOCK.sub(run, text)


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        project = Path(temporary) / "project"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(project)], check=True)
        subprocess.run(
            ["git", "switch", "--quiet", "--force-create", "main"], cwd=project, check=True
        )
        PAGE.write_text(with_outputs(PAGE.read_text(encoding="utf-8"), project), encoding="utf-8")
