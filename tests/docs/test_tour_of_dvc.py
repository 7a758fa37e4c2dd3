"""The commands of docs/tour-of-dvc.md, and what the page says that they print."""

import platform
import re
import sys
from pathlib import Path

import pytest

from docs.tour_of_dvc import PAGE, with_outputs
from tests.helpers.commands import dvc
from tests.helpers.project import clone_project, commit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform == "win32" or platform.machine() != "x86_64",
        reason="its commands are those of POSIX, its figures those of x86-64",
    ),
]


def test_the_page_shows_what_its_commands_print(tmp_path: Path) -> None:
    project = clone_project(tmp_path / "project")
    dvc("repro", cwd=project)
    commit(project, "As it ran")
    text = PAGE.read_text(encoding="utf-8")
    printed = with_outputs(text, project)
    assert without_hashes(printed) == without_hashes(text)
    assert not (tmp_path / "scratch").exists()


def without_hashes(text: str) -> str:
    """Leave out hashes and sizes: they change with any of the code that models name."""
    return re.sub(r"\b([0-9a-f]{2}/)?[0-9a-f]{7,32}\b|(?<=size: )\d+", "#", text)
