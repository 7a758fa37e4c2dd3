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

SMALL_STUDY = """
seeds: 1
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


@pytest.fixture
def experiment(experimented: Path, tmp_path: Path) -> Path:
    """Copy the project with an experiment that has just run."""
    return shutil.copytree(experimented / "clone", tmp_path / "clone", symlinks=True)


def test_few_epochs_recognise_most_of_mnist_5k(reproduced: Path) -> None:
    metrics = json.loads((reproduced / "reports" / "metrics.json").read_text())
    assert metrics["accuracy"] >= 0.9
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]


def test_after_a_run_dvc_has_nothing_to_do(reproduced: Path) -> None:
    assert dvc("status", cwd=reproduced).stdout == "Data and pipelines are up to date.\n"
    assert run("git", "status", "--porcelain", cwd=reproduced).stdout == ""


@pytest.mark.slow
def test_a_study_changes_nothing_that_dvc_or_git_knows(clone: Path) -> None:
    (clone / "small.yaml").write_text(SMALL_STUDY)
    stage("study", "small.yaml", "--workers", "1", cwd=clone)
    (clone / "small.yaml").unlink()
    assert dvc("status", cwd=clone).stdout == "Data and pipelines are up to date.\n"
    checkout = dvc("checkout", cwd=clone)
    assert checkout.stdout + checkout.stderr == ""
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""


@pytest.mark.slow
def test_parameters_that_ran_before_are_not_trained_again(experiment: Path) -> None:
    run("git", "checkout", "--quiet", "params.yaml", cwd=experiment)
    trained = ["check", "train", "evaluate", "demo", "report"]
    assert stages_cached(dvc("repro", cwd=experiment).stdout) == trained
    assert run("git", "status", "--porcelain", cwd=experiment).stdout == ""


def test_misspelt_key_fails_before_anything_else_runs(clone: Path) -> None:
    params = clone / "params.yaml"
    params.write_text(params.read_text().replace("dataset:", "datset:"))
    failed = dvc("repro", cwd=clone, expect=255)
    assert "no parameter is called datset; did you mean dataset?" in failed.stderr
    assert stages_run(failed.stdout) == ["check"]


@pytest.mark.slow
def test_misspelt_key_of_an_experiment_fails_before_anything_else_runs(clone: Path) -> None:
    failed = dvc("exp", "run", "-S", "+train.epoch=5", cwd=clone, expect=255)
    assert "no parameter is called train.epoch; did you mean train.epochs?" in failed.stderr
    assert stages_run(failed.stdout) == ["check"]


def test_an_experiment_reruns_the_changed_stages_alone(experimented: Path) -> None:
    ran = stages_run((experimented / "stdout").read_text(encoding="utf-8"))
    assert set(ran) == {"check", "train", "evaluate", "demo", "report"}
    assert "WARNING" not in (experimented / "stderr").read_text(encoding="utf-8")


@pytest.mark.slow
def test_dvc_compares_an_experiment(experiment: Path) -> None:
    metrics = json.loads(dvc("metrics", "diff", "--json", cwd=experiment).stdout)
    changes = metrics["reports/metrics.json"]
    assert changes["accuracy"]["diff"] < 0
    assert len(changes) <= 6
    changes = json.loads(dvc("params", "diff", "--json", cwd=experiment).stdout)
    assert changes["params.yaml"]["train.epochs"]["new"] == 1

    dvc("plots", "diff", cwd=experiment)
    page = (experiment / "dvc_plots" / "index.html").read_text()
    for title in (
        "Accuracy of each epoch",
        "Actual and predicted classes",
        "F1 of each class",
    ):
        assert title in page
    assert len(list((experiment / "dvc_plots").rglob("*.png"))) >= 5


@pytest.mark.slow
def test_an_experiment_is_applied_and_leaves_nothing_for_git_to_find(experiment: Path) -> None:
    run("git", "checkout", "--quiet", ".", cwd=experiment)
    applied = dvc("exp", "apply", "short", cwd=experiment)
    assert "WARNING" not in applied.stderr
    assert re.search(r"^  epochs: 1\b", (experiment / "params.yaml").read_text(), re.MULTILINE)
    # Nothing that DVC or the stages write is left for Git to find.
    assert "??" not in run("git", "status", "--porcelain", cwd=experiment).stdout


@pytest.mark.slow
def test_table_of_experiments_shows_what_differs_at_120_columns(experiment: Path) -> None:
    show = ("exp", "show", "--only-changed", "--no-pager", "--drop", ".*/.*|accuracy_.*|balanced.*")
    table = dvc(*show, cwd=experiment, COLUMNS="120").stdout
    for shown in ("short", "accuracy", "train.epochs", "train.activation"):
        assert shown in table
    assert "…" not in table
    assert max(len(line) for line in table.splitlines()) <= 120


@pytest.mark.parametrize(
    "name", ["check", "download", "convert", "train", "evaluate", "demo", "lab", "report"]
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


@pytest.mark.slow
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
