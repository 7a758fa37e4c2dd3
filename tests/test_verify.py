"""verify runs a revision again and compares."""

import shutil
from pathlib import Path

import pytest

from tests.helpers.commands import ENVIRONMENT, stage
from tests.helpers.project import commit

pytestmark = pytest.mark.slow


def test_a_revision_is_reproduced_and_an_edited_table_is_found(
    reproduced: Path, tmp_path: Path
) -> None:
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    path = ENVIRONMENT["PATH"]
    done = stage("verify", cwd=clone, PATH=path)
    assert "outputs are the same, byte for byte" in done.stdout
    history = clone / "reports" / "history.csv"
    lines = history.read_text().splitlines()
    lines[1] = lines[1].replace(lines[1].split(",")[2], "9.9")
    history.write_text("\n".join(lines) + "\n")
    commit(clone, "An edited table")
    done = stage("verify", "HEAD", cwd=clone, expect=1, PATH=path)
    assert "not reproduced: " in done.stdout
    assert "reports/history.csv: numbers differ by up to " in done.stdout
    assert "run again with NumPy " in done.stdout


def test_an_unknown_revision_is_a_sentence(reproduced: Path) -> None:
    done = stage("verify", "nothing", cwd=reproduced, expect=2, PATH=ENVIRONMENT["PATH"])
    assert done.stderr == "Error: nothing: no such revision\n"
