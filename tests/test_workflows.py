"""The workflows and the audit: what others' code can do here."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.helpers.commands import ROOT, run

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Stands for `python3`: makes an environment whose pip-audit says what it is told to say.
FAKE_PYTHON = """#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\n' > "$3/bin/python"
printf '#!/bin/sh\\necho "$AUDIT_SAYS"\\nexit "$AUDIT_EXIT"\\n' > "$3/bin/pip-audit"
chmod +x "$3/bin/python" "$3/bin/pip-audit"
"""


def jobs(path: Path) -> list[dict[str, Any]]:
    workflow = YAML(typ="safe").load(path)
    assert workflow["permissions"] == {"contents": "read"}
    return list(workflow["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_code_that_is_checked_out_may_write_nothing(path: Path) -> None:
    for job in jobs(path):
        actions = [step for step in job["steps"] if "uses" in step]
        for step in actions:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])
        checkouts = [step for step in actions if step["uses"].startswith("actions/checkout@")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)
        if checkouts:
            assert "permissions" not in job


def test_workflows_install_from_the_lock_alone() -> None:
    for path in WORKFLOWS:
        assert not re.search(r"pip3? install|uv pip|uv sync", path.read_text(encoding="utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("says", "status", "expected"),
    [
        ("No known vulnerabilities found", 0, 0),
        ("Found 1 known vulnerability in 1 package", 1, 1),
        ("Traceback (most recent call last):", 2, 2),
        ("ConnectionError: Max retries exceeded", 1, 0),
    ],
)
def test_audit_is_skipped_only_where_the_advisories_cannot_be_reached(
    tmp_path: Path, says: str, status: int, expected: int
) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".venv").mkdir()
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / ".ci" / "audit", tmp_path / ".ci")
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    python.write_text(FAKE_PYTHON, encoding="utf-8")
    python.chmod(0o755)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    told = {"AUDIT_SAYS": says, "AUDIT_EXIT": str(status)}
    done = run(tmp_path / ".ci/audit", cwd=tmp_path, expect=expected, PATH=path, **told)
    skipped = "skipped, the database of advisories cannot be reached" in done.stdout
    assert skipped == (status != expected)
    assert skipped or says in done.stdout
