"""The whole pipeline through real DVC, in clones of the project."""

import ast
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.helpers.commands import ROOT, dvc, run, stage
from tests.helpers.project import clone_project, set_git_user, set_params

SMALL_STUDY = """
seeds: 2
baseline: none
variants:
  - name: none
    train: {hidden: [], epochs: 1}
  - name: relu
    train: {hidden: [8], epochs: 1}
"""


def stages_run(printed: str) -> list[str]:
    return re.findall(r"Running stage '([\w/.:]+)'", printed)


def stages_cached(printed: str) -> list[str]:
    return re.findall(r"Stage '(\w+)' is cached - skipping run", printed)


@pytest.fixture
def clone(reproduced: Path, tmp_path: Path) -> Path:
    """Copy the project as it ran; each test has a copy of its own."""
    return shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)


def test_default_parameters_recognise_the_bundled_digits(reproduced: Path) -> None:
    metrics = json.loads((reproduced / "reports" / "metrics.json").read_text())
    assert metrics["accuracy"] >= 0.95
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]


@pytest.mark.parametrize("study", ["never run", "run"])
def test_after_a_run_dvc_has_nothing_to_do(clone: Path, study: str) -> None:
    if study == "run":
        (clone / "small.yaml").write_text(SMALL_STUDY)
        stage("study", "small.yaml", "--workers", "1", cwd=clone)
        (clone / "small.yaml").unlink()
    assert stages_run(dvc("repro", cwd=clone).stdout) == []
    assert dvc("status", cwd=clone).stdout == "Data and pipelines are up to date.\n"
    checkout = dvc("checkout", cwd=clone)
    assert checkout.stdout + checkout.stderr == ""
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""


def test_another_clone_gives_the_same_bytes(reproduced: Path, tmp_path: Path) -> None:
    other = clone_project(tmp_path)
    dvc("repro", cwd=other)
    locks = [YAML(typ="safe").load(folder / "dvc.lock") for folder in (reproduced, other)]
    for name, entry in locks[0]["stages"].items():
        assert entry.get("outs") == locks[1]["stages"][name].get("outs")


def test_parameters_that_ran_before_are_not_trained_again(clone: Path) -> None:
    trained = ["train", "evaluate", "demo", "report"]
    set_params(clone, epochs=1)
    assert stages_run(dvc("repro", cwd=clone).stdout) == ["check", *trained]
    set_params(clone, epochs=100)
    assert stages_cached(dvc("repro", cwd=clone).stdout) == trained
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""


def test_a_second_clone_trains_nothing_that_the_first_has_pushed(
    clone: Path, tmp_path: Path
) -> None:
    remote, git, second = (tmp_path / name for name in ("remote", "project.git", "second"))
    run("git", "init", "--quiet", "--bare", "--initial-branch", "main", git, cwd=tmp_path)
    run("git", "remote", "add", "origin", git, cwd=clone)
    run("git", "push", "--quiet", "origin", "main", cwd=clone)
    dvc("remote", "add", "--local", "--default", "folder", remote, cwd=clone)
    dvc("exp", "run", "--name", "short", "-S", "train.epochs=1", cwd=clone)
    dvc("exp", "push", "origin", "short", cwd=clone)
    run("git", "checkout", "--quiet", ".", cwd=clone)
    dvc("checkout", cwd=clone)
    dvc("push", "--run-cache", cwd=clone)

    run("git", "clone", "--quiet", git, second, cwd=tmp_path)
    set_git_user(second)
    dvc("remote", "add", "--local", "--default", "folder", remote, cwd=second)
    pulled = dvc("pull", "--run-cache", cwd=second)
    assert "WARNING" not in pulled.stderr
    assert stages_run(dvc("repro", cwd=second).stdout) == []
    dvc("exp", "pull", "origin", "short", cwd=second)
    dvc("exp", "apply", "short", cwd=second)
    assert stages_run(dvc("repro", cwd=second).stdout) == []


def test_misspelt_key_fails_before_anything_else_runs(clone: Path) -> None:
    params = clone / "params.yaml"
    text = params.read_text()
    params.write_text(text.replace("dataset:", "datset:"))
    failed = dvc("repro", cwd=clone, expect=255)
    assert "no parameter is called datset; did you mean dataset?" in failed.stderr
    params.write_text(text)
    failed = dvc("exp", "run", "-S", "+train.epoch=5", cwd=clone, expect=255)
    assert "no parameter is called train.epoch; did you mean train.epochs?" in failed.stderr
    assert stages_run(failed.stdout) == ["check"]
    params.write_text(text)  # DVC leaves the key there
    failed = dvc("exp", "run", "-S", "+train.decay=linear", cwd=clone, expect=255)
    assert "train.decay is now called train.learning_rate_schedule" in failed.stderr


def test_an_experiment_reruns_the_changed_stages_and_dvc_compares_it(clone: Path) -> None:
    ran = dvc("exp", "run", "--name", "short", "-S", "train.epochs=1", cwd=clone)
    assert set(stages_run(ran.stdout)) == {"check", "train", "evaluate", "demo", "report"}
    assert "WARNING" not in ran.stderr
    changes = json.loads(dvc("metrics", "diff", "--json", cwd=clone).stdout)
    assert changes["reports/metrics.json"]["accuracy"]["diff"] < 0
    changes = json.loads(dvc("params", "diff", "--json", cwd=clone).stdout)
    assert changes["params.yaml"]["train.epochs"]["new"] == 1
    shown = dvc("exp", "show", "--csv", cwd=clone).stdout
    assert "short" in shown
    assert "accuracy" in shown

    dvc("plots", "diff", cwd=clone)
    page = (clone / "dvc_plots" / "index.html").read_text()
    assert "Accuracy of each epoch" in page
    assert "Actual and predicted classes" in page
    assert len(list((clone / "dvc_plots").rglob("*.png"))) >= 5

    run("git", "checkout", "--quiet", ".", cwd=clone)
    applied = dvc("exp", "apply", "short", cwd=clone)
    assert "WARNING" not in applied.stderr
    assert "train:" in (clone / "params.yaml").read_text()
    # Nothing that DVC or the stages write is left for Git to find.
    status = run("git", "status", "--porcelain", cwd=clone).stdout
    assert "??" not in status


def test_table_of_experiments_shows_what_differs_at_120_columns(clone: Path) -> None:
    changed = ("train.epochs=1", "train.activation=sigmoid")
    options = [word for change in changed for word in ("-S", change)]
    dvc("exp", "run", "--name", "short", *options, cwd=clone)
    show = ("exp", "show", "--only-changed", "--no-pager", "--drop", ".*/.*|accuracy_.*")
    table = dvc(*show, cwd=clone, COLUMNS="120").stdout
    for shown in ("short", "accuracy", "train.epochs", "train.activation"):
        assert shown in table
    assert "…" not in table
    assert max(len(line) for line in table.splitlines()) <= 120
    rows = json.loads(dvc("metrics", "diff", "HEAD", "--json", cwd=clone).stdout)
    assert len(rows["reports/metrics.json"]) <= 6
    assert (
        "F1 of each class"
        in dvc("plots", "show", "--show-vega", "reports/classes.csv", cwd=clone).stdout
    )


@pytest.mark.parametrize(
    "name", ["check", "download", "convert", "train", "evaluate", "demo", "report"]
)
def test_a_stage_depends_on_all_the_code_that_it_imports(name: str) -> None:
    stage_entry = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][name]
    source = (ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8")
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    modules = [
        f"{node.module}.{alias.name}"
        for node in imports
        for alias in node.names
        if str(node.module).startswith("stages.")
    ]
    assert modules
    for module in modules:
        path = module.replace(".", "/")
        assert any(
            path == dep.removesuffix(".py") or path.startswith(dep.removesuffix(".py") + "/")
            for dep in stage_entry["deps"]
        ), module


def test_copies_of_the_project_have_none_of_its_remotes(reproduced: Path, tmp_path: Path) -> None:
    """So that tests pass where a remote holds the data that a test has removed."""
    project = shutil.copytree(reproduced, tmp_path / "project", symlinks=True)
    dvc("remote", "add", "--default", "somewhere", tmp_path / "remote", cwd=project)
    copy = tmp_path / "copy"
    copy.mkdir()
    code = (
        "import sys; from pathlib import Path; from tests.helpers.project import clone_project;"
        "clone_project(Path(sys.argv[1]))"
    )
    run(sys.executable, "-c", code, copy, cwd=project)
    assert dvc("remote", "list", cwd=copy).stdout == ""
