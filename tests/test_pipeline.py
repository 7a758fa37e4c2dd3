"""The whole pipeline through real DVC, in clones of the project."""

import json
import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import clone_project, dvc, run


def stages_run(printed: str) -> list[str]:
    return re.findall(r"Running stage '([\w/.:]+)'", printed)


@pytest.fixture(scope="module")
def clone(reproduced: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project as it ran; the tests below go on from there, in their order."""
    return shutil.copytree(reproduced, tmp_path_factory.mktemp("pipeline") / "clone")


def test_default_parameters_recognise_the_bundled_digits(clone):
    metrics = json.loads((clone / "reports" / "metrics.json").read_text())
    assert metrics["accuracy"] >= 0.95
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]


def test_second_run_does_nothing(clone):
    assert stages_run(dvc("repro", cwd=clone).stdout) == []
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""


def test_the_study_is_a_pipeline_of_its_own(clone):
    assert stages_run(dvc("repro", "--dry", "--force", cwd=clone).stdout)[-1] == "demo"
    planned = stages_run(dvc("repro", "--dry", "study/dvc.yaml", cwd=clone).stdout)
    assert planned == ["study/dvc.yaml:diary"]


def test_another_clone_gives_the_same_bytes(clone, tmp_path):
    other = clone_project(tmp_path)
    dvc("repro", cwd=other)
    locks = [YAML(typ="safe").load(folder / "dvc.lock") for folder in (clone, other)]
    for name, stage in locks[0]["stages"].items():
        assert stage.get("outs") == locks[1]["stages"][name].get("outs")


def test_misspelt_key_fails_before_anything_else_runs(clone):
    params = clone / "params.yaml"
    right = params.read_text()
    params.write_text(right.replace("dataset:", "datset:"))
    found = dvc("repro", cwd=clone, expect=255)
    assert "no parameter is called datset; did you mean dataset?" in found.stderr
    params.write_text(right)
    found = dvc("exp", "run", "-S", "+train.epoch=5", cwd=clone, expect=255)
    assert "no parameter is called train.epoch; did you mean train.epochs?" in found.stderr
    assert stages_run(found.stdout) == ["check"]
    dvc("exp", "run", "-S", "train.epoch=5", cwd=clone, expect=255)
    found = dvc("exp", "run", "-S", "+train.decay=linear", cwd=clone, expect=255)
    assert "train.decay is now called train.learning_rate_schedule" in found.stderr
    run("git", "checkout", "--quiet", ".", cwd=clone)


def test_changed_parameter_reruns_only_what_it_must_and_metrics_show_it(clone):
    printed = dvc("exp", "run", "--name", "short", "-S", "train.epochs=1", cwd=clone).stdout
    assert set(stages_run(printed)) == {"check", "train", "evaluate", "demo"}
    changes = json.loads(dvc("metrics", "diff", "--json", cwd=clone).stdout)
    assert changes["reports/metrics.json"]["accuracy"]["diff"] < 0
    changes = json.loads(dvc("params", "diff", "--json", cwd=clone).stdout)
    assert changes["params.yaml"]["train.epochs"]["new"] == 1
    shown = dvc("exp", "show", "--csv", cwd=clone).stdout
    assert "short" in shown
    assert "accuracy" in shown


def test_plots_can_be_shown_and_compared(clone):
    dvc("plots", "diff", "--out", "plots", cwd=clone)
    page = (clone / "plots" / "index.html").read_text()
    assert "Accuracy of each epoch" in page
    assert "What an image is, and what it was taken for" in page
    assert len(list((clone / "plots").rglob("*.png"))) >= 5
