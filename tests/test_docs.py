"""The lines of docs/experiments.md, run one after the other in a clone of the project."""

import re
import time
from pathlib import Path

from tests.helpers.commands import ENVIRONMENT, ROOT, dvc, run
from tests.helpers.project import clone_project, commit, set_git_user, set_params

PAGE = ROOT / "docs" / "experiments.md"


def test_every_line_of_the_page_on_experiments_works(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    clone_project(project)
    set_params(project, epochs=1)
    dvc("repro", cwd=project)
    commit(project, "As it ran")
    origin = str(tmp_path / "origin.git")
    run("git", "init", "--quiet", "--bare", "--initial-branch", "main", origin, cwd=tmp_path)
    run("git", "remote", "add", "origin", origin, cwd=project)

    folder = project
    printed: dict[str, str] = {}
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S):
        script = f"set -e\n{block}\npwd > {tmp_path}/pwd\n"
        printed[block.splitlines()[0]] = run(
            "bash", "-c", script, cwd=folder, PYTHONPATH="", PATH=ENVIRONMENT["PATH"]
        ).stdout
        folder = Path((tmp_path / "pwd").read_text().strip())
        if "git clone" in block or "git init" in block:
            set_git_user(folder)
        if "dvc queue start" in block:
            wait_for_queue(folder)

    first = printed["dvc exp run --name wide -S 'train.hidden=[512]'"]
    assert "[wide]" in first
    assert "train.hidden" in first
    (second,) = (text for line, text in printed.items() if line.startswith("git clone"))
    assert "Running stage" not in second
    assert (folder / "classifier.safetensors").stat().st_size > 100_000
    assert (folder / "train_images.npy").exists()


def wait_for_queue(folder: Path) -> None:
    """Wait until every experiment of DVC's queue is done."""
    while "Queued" in (status := dvc("queue", "status", cwd=folder).stdout) or "Running" in status:
        time.sleep(1)
    assert status.count("Success") == 4, status
