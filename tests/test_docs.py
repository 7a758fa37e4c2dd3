"""The lines of docs/experiments.md, run one after the other in a copy of the project."""

import re
import shutil
import time
from pathlib import Path

import pytest

from tests.helpers.commands import ENVIRONMENT, HANGS_AFTER, ROOT, dvc, run
from tests.helpers.project import commit, lend_environment, set_git_user, set_params

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "experiments.md"


def test_every_line_of_the_page_on_experiments_works(reproduced: Path, tmp_path: Path) -> None:
    project = shutil.copytree(reproduced, tmp_path / "project", symlinks=True)
    set_params(project, epochs=1, snapshots=0)
    commit(project, "Trained for a moment")
    lend_environment(project)
    origin = str(tmp_path / "origin.git")
    run("git", "init", "--quiet", "--bare", "--initial-branch", "main", origin, cwd=tmp_path)
    run("git", "remote", "add", "origin", origin, cwd=project)

    folder = project
    printed: dict[str, str] = {}
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S):
        output = ""
        # The two of the four experiments that are run are enough here.
        for part in re.split(r"(?=^dvc queue start$)", block, flags=re.MULTILINE):
            script = f"set -e\n{part}\npwd > {tmp_path}/pwd\n"
            done = run("bash", "-c", script, cwd=folder, PYTHONPATH="", PATH=ENVIRONMENT["PATH"])
            assert "WARNING" not in done.stderr
            output += done.stdout
            folder = Path((tmp_path / "pwd").read_text().strip())
            if "git clone" in part or "git init" in part:
                set_git_user(folder)
            if "--queue" in part:
                queued = re.findall(r"Queued experiment '([\w-]+)'", done.stdout)
                assert len(queued) == 4
                dvc("queue", "remove", *queued[1:3], cwd=folder)
            if "dvc queue start" in part:
                wait_for_queue(folder, 2)
        printed[block.splitlines()[0]] = output

    first = printed["dvc exp run --name wide -S 'train.hidden=[512]'"]
    assert "[wide]" in first
    assert "train.hidden" in first
    (second,) = (text for line, text in printed.items() if line.startswith("git clone"))
    assert "Running stage" not in second
    assert (folder / "classifier.safetensors").stat().st_size > 100_000
    assert (folder / "train_images.npy").exists()


def wait_for_queue(folder: Path, n: int) -> None:
    """Wait until DVC's queue has made `n` experiments of HEAD.

    On a busy machine `dvc queue status` may call an experiment failed that is running.
    """
    head = run("git", "rev-parse", "HEAD", cwd=folder).stdout.strip()
    experiments = f"refs/exps/{head[:2]}/{head[2:]}"
    end = time.monotonic() + HANGS_AFTER
    while len(run("git", "for-each-ref", experiments, cwd=folder).stdout.splitlines()) < n:
        assert time.monotonic() < end, dvc("queue", "status", cwd=folder).stdout
        time.sleep(0.5)
