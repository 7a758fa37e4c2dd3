"""The script of the workflow that compares a pull request with its base branch."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.helpers.commands import ENVIRONMENT, ROOT, run
from tests.helpers.project import commit, set_params

pytestmark = pytest.mark.slow

SCRIPT = Path(".github/scripts/compare.sh")


@pytest.fixture(scope="module")
def repository(experimented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project and make two commits: one that has run before, one that trains longer."""
    folder = tmp_path_factory.mktemp("pull-request")
    clone = shutil.copytree(experimented / "clone", folder / "clone", symlinks=True)
    for n_epochs in (1, 3):
        set_params(clone, dataset="mnist", epochs=n_epochs)
        commit(clone, "Longer")
        run("git", "tag", f"epochs-{n_epochs}", cwd=clone)
    return clone


def test_two_commits_are_compared_on_mnist_5k(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The script's own clone finds in DVC's cache what has run before.
    (tmp_path / "config").write_text(f"[cache]\ndir = {repository / '.dvc' / 'cache'}\n")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path))
    before = run("git", "for-each-ref", cwd=repository).stdout
    result = run(repository / SCRIPT, "epochs-1", cwd=repository, PATH=ENVIRONMENT["PATH"])
    assert result.stderr.count("Running stage 'train'") == 1
    first, *_ = result.stdout.split("\n\n")
    assert re.match(r"\*\*(proposed is better than base by|No evidence of a difference)", first)
    assert "the same 1,000 images" in first
    header, _, *rows = [line for line in result.stdout.splitlines() if line.startswith("|")][:4]
    assert header.endswith("| verdict | train.epochs |")
    assert {row.rpartition("| ")[2] for row in rows} == {"1 |", "3 |"}
    assert run("git", "for-each-ref", cwd=repository).stdout == before
    assert run("git", "status", "--porcelain", cwd=repository).stdout == ""


def test_a_base_that_is_no_commit_is_one_sentence(repository: Path) -> None:
    result = run(
        repository / SCRIPT, "nonsense", cwd=repository, expect=2, PATH=ENVIRONMENT["PATH"]
    )
    assert result.stderr == "compare.sh: nonsense is not a commit\n"


def test_workflow_runs_the_script() -> None:
    workflow = (ROOT / ".github" / "workflows" / "compare.yml").read_text(encoding="utf-8")
    assert f"{SCRIPT.as_posix()} " in workflow
    assert os.access(ROOT / SCRIPT, os.X_OK)
