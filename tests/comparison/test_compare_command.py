"""Comparisons of real DVC experiments."""

import json
import shutil
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stages.classifier import model_file
from stages.compare import compare as command
from tests.helpers.commands import dvc, run
from tests.helpers.project import set_params


@pytest.fixture(scope="module")
def clone(experimented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project with an experiment that is far off, and add one that is hardly different."""
    clone = shutil.copytree(experimented / "clone", tmp_path_factory.mktemp("compare") / "clone")
    run("git", "checkout", "--quiet", ".", cwd=clone)
    dvc("checkout", cwd=clone)
    set_params(clone, seed=5)
    model = model_file.load(clone / "models" / "model.safetensors")
    params = {**model.provenance.params, "train.seed": 5}
    provenance = replace(model.provenance, params=params)
    (clone / "models" / "model.safetensors").unlink()  # a link to DVC's cache, perhaps
    model_file.save(replace(model, provenance=provenance), clone / "models" / "model.safetensors")
    predictions = clone / "reports" / "predictions.csv"
    # Four of the 1,000 predictions are others.
    rows = predictions.read_text().splitlines()
    for row in (10, 50, 90, 130):
        index, actual, predicted, confidence = rows[row].split(",")
        rows[row] = f"{index},{actual},{(int(predicted) + 1) % 10},{confidence}"
    predictions.write_text("\n".join(rows) + "\n")
    dvc("commit", "--force", "train", "evaluate", cwd=clone)
    dvc("exp", "save", "--name", "again", cwd=clone)
    run("git", "checkout", "--quiet", ".", cwd=clone)
    return clone


def compare(*args: str, cwd: Path, expect: int = 0) -> Result:
    with chdir(cwd):
        result = CliRunner().invoke(command, args)
    assert result.exit_code == expect, result.output
    return result


def test_a_worse_experiment_is_called_worse_first_of_all(clone: Path) -> None:
    before = run("git", "status", "--porcelain", cwd=clone).stdout
    page = compare("HEAD", "short", cwd=clone).stdout
    verdict, caution, looks, runs, method, classes, changes = page.split("\n\n")
    assert verdict.startswith("short is worse than HEAD by ")
    assert "p < 0.0001, McNemar's exact test on the same 1,000 images" in verdict
    header, base, other = [line.split() for line in runs.splitlines()]
    assert header[-3:] == ["verdict", "train.activation", "train.epochs"]
    assert (base[0], *base[-3:]) == ("HEAD", "base", "relu", "8")
    assert (other[0], *other[-3:]) == ("short", "worse", "sigmoid", "1")
    assert "differences from HEAD" in method
    assert "only a study shows" in caution
    assert "this project has 2 experiments, each measured on its dataset's test images" in looks
    assert [line.split()[0] for line in classes.splitlines()] == ["class", *"0123456789"]
    assert changes.startswith("short fixed ")
    html = (clone / "reports" / "compare.html").read_text(encoding="utf-8")
    assert '"sentence": "short is worse than HEAD by ' in html
    assert '"imageShape": [28, 28]' in html
    assert '"pixels": "' in html
    assert run("git", "status", "--porcelain", cwd=clone).stdout == before


def test_all_experiments_are_one_table_best_first(clone: Path) -> None:
    result = compare("HEAD", "--all", cwd=clone)
    summary, table, method = result.stdout.split("\n\n")
    assert "short is really worse" in summary
    assert "again is different by no more than luck can explain" in summary
    assert "The best of 3 runs on the same images looks better than it is" in summary
    header, *rows = table.splitlines()
    assert header.split()[-3:] == ["train.activation", "train.epochs", "train.seed"]
    assert rows[-1].startswith("short ")
    assert sorted(row.split()[0] for row in rows) == ["HEAD", "again", "short"]
    assert "corrected for 2 comparisons (Holm)" in method


def test_named_experiments_give_the_same_table_as_json(clone: Path) -> None:
    names = ("HEAD", "short", "again", "workspace")
    content = json.loads(compare(*names, "--json", cwd=clone).stdout)
    verdicts = {run["name"]: run.get("verdict") for run in content["runs"]}
    assert verdicts == {
        "HEAD": None,
        "workspace": "identical",
        "again": "no evidence",
        "short": "worse",
    }
    accuracies = [run["accuracy"] for run in content["runs"]]
    assert accuracies == sorted(accuracies, reverse=True)


def test_json_counts_what_the_text_says(clone: Path) -> None:
    content = json.loads(compare("short", "HEAD", "--json", cwd=clone).stdout)
    head, short = content["runs"]
    assert (content["base"], head["verdict"]) == ("short", "better")
    metrics = json.loads((clone / "reports" / "metrics.json").read_text())
    assert head["accuracy"] == pytest.approx(metrics["accuracy"], abs=1e-6)
    n_fixed, n_regressed = len(head["fixed"]), len(head["regressed"])
    assert head["difference"] == pytest.approx((n_fixed - n_regressed) / 1000)
    assert head["difference_interval"][0] < head["difference"] < head["difference_interval"][1]
    n_correct = [counts["other"] for counts in head["classes"].values()]
    assert sum(n_correct) == round(1000 * metrics["accuracy"])
    assert (short["params"]["train.epochs"], head["params"]["train.epochs"]) == (1, 8)


def test_another_seed_is_no_evidence_and_says_what_would_be(clone: Path) -> None:
    printed = compare("HEAD", "again", "--markdown", cwd=clone).stdout
    assert printed.startswith("**No evidence of a difference: again is ")
    assert "points or more in four of five cases.**" in printed
    header, _, *rows = [line for line in printed.splitlines() if line.startswith("|")][:4]
    assert header.endswith("| verdict | train.seed |")
    assert {row.rpartition("| ")[2] for row in rows} == {"1 |", "5 |"}


def test_other_is_the_workspace_and_a_changed_parameter_that_did_not_run_is_noted(
    clone: Path,
) -> None:
    params = clone / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 8", "epochs: 9"))
    printed = compare("HEAD", cwd=clone).stdout
    assert printed.startswith("workspace is identical to HEAD: the same predictions of all 1,000")
    assert (
        "Note: params.yaml of workspace has other values than its network was trained with:"
        " train.epochs 9 (the network's: 8)." in printed
    )
    run("git", "checkout", "--quiet", ".", cwd=clone)


def test_what_cannot_be_compared_is_one_sentence(clone: Path) -> None:
    def error(*args: str) -> str:
        result = compare(*args, cwd=clone, expect=2)
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        return result.stderr

    assert error("nonsense") == "Error: nonsense: unknown Git revision 'nonsense'\n"
    params = clone / "params.yaml"
    params.write_text(params.read_text().replace("dataset: mnist-5k", "dataset: mnist"))
    assert "HEAD was trained on mnist-5k and workspace on mnist: only results" in error("HEAD")
    run("git", "checkout", "--quiet", ".", cwd=clone)
    run("git", "rm", "--quiet", "reports/predictions.csv", cwd=clone)
    run("git", "commit", "--quiet", "--message", "Without", cwd=clone)
    assert "HEAD has no reports/predictions.csv: run `dvc repro`" in error("HEAD", "HEAD~1")


def test_outside_of_a_project_it_is_one_sentence(tmp_path: Path) -> None:
    result = compare("HEAD", cwd=tmp_path, expect=2)
    assert "not inside of a DVC repository" in result.stderr
    assert result.stderr.count("\n") == 1
