"""A network carries what it was trained with, and every command shows that, not params.yaml."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stages.classifier import model_file
from stages.reporting import plots, tables
from tests.helpers.commands import dvc, run, stage, stage_within
from tests.helpers.project import set_params


@pytest.fixture(scope="module")
def clone(reproduced: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project as it ran, and train and evaluate by hand with a seed that is typed."""
    clone = shutil.copytree(reproduced, tmp_path_factory.mktemp("by-hand") / "clone", symlinks=True)
    stage_within("train", "--epochs", "1", "--seed", "7", "--hidden", "8,4", cwd=clone)
    return clone


@pytest.fixture(scope="module")
def evaluated(clone: Path) -> str:
    return " ".join(stage_within("evaluate", cwd=clone).stdout.split())


def test_the_model_file_has_parameters_data_code_and_libraries(clone: Path) -> None:
    provenance = model_file.load(clone / "models" / "model.safetensors").provenance
    params = dict(provenance.params)
    assert params.pop("train.seed") == 7
    assert params.pop("train.epochs") == 1
    assert params.pop("train.hidden") == [8, 4]
    assert (params["dataset"], params["augment.rotation"]) == ("mnist-5k", 10)
    assert provenance.numpy == np.__version__
    assert provenance.kernels.startswith("openblas")
    assert re.fullmatch("[0-9a-f]{64}", provenance.data_sha256)
    assert re.fullmatch("[0-9a-f]{64}", provenance.code_sha256)


def test_other_code_gives_another_model_file(clone: Path, tmp_path: Path) -> None:
    def trained() -> bytes:
        stage("train", "--epochs", "0", "--model", tmp_path / "m", cwd=clone)
        return (tmp_path / "m").read_bytes()

    before = trained()
    code = clone / "stages" / "network" / "losses.py"
    text = code.read_text(encoding="utf-8")
    code.write_text(text + "\n# edited\n", encoding="utf-8")
    assert trained() != before
    code.write_text(text, encoding="utf-8")


def test_train_says_that_the_kernels_are_the_processors_own(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--epochs", "0", "--model", tmp_path / "m")
    own = "this processor's own kernels: openblas"
    assert own in stage("train", *arguments, cwd=clone, DIGITS_KERNELS="native").stdout
    monkeypatch.setenv("DIGITS_KERNELS", "")
    assert own not in stage_within("train", *arguments, cwd=clone).stdout


def report_data(clone: Path) -> dict[str, Any]:
    """Return what the report shows."""
    html = (clone / "reports" / "index.html").read_text(encoding="utf-8")
    start = '<script id="data" type="application/json">'
    data: dict[str, Any] = json.loads(html.partition(start)[2].partition("</script>")[0])
    return data


def test_evaluate_prints_what_the_network_was_trained_with(evaluated: str) -> None:
    assert "trained with dataset mnist-5k, train.hidden [8, 4]," in evaluated
    assert ", train.seed 7, augment.strength 1.0," in evaluated
    assert f", NumPy {np.__version__}, " in evaluated


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_learning_curves_say_augmented_where_the_network_was(
    clone: Path, tmp_path: Path, strength: float
) -> None:
    model = model_file.load(clone / "models" / "model.safetensors")
    params = {**model.provenance.params, "augment.strength": strength}
    provenance = replace(model.provenance, params=params)
    model_file.save(replace(model, provenance=provenance), tmp_path / "m.safetensors")
    shutil.copy(clone / "reports" / "history.csv", tmp_path)
    arguments = ("--model", tmp_path / "m.safetensors", "--reports", tmp_path)
    stage_within("evaluate", *arguments, cwd=clone)
    history = tables.read(tmp_path / "history.csv", tables.HISTORY)
    expected = plots.learning_curves(history, is_augmented=strength > 0)
    plots.save(expected, tmp_path / "expected.png")
    drawn = (tmp_path / "learning_curves.png").read_bytes()
    assert drawn == (tmp_path / "expected.png").read_bytes()


def test_the_report_shows_the_networks_parameters_and_says_what_params_yaml_has(
    clone: Path, evaluated: str
) -> None:
    stage_within("report", cwd=clone)
    data = report_data(clone)
    values = {key: value for key, value, _ in data["parameters"]}
    assert (values["train.seed"], values["train.hidden"]) == ("7", "[8, 4]")
    assert "train.hidden [256] (the network's: [8, 4]), " in data["differing"]
    assert "train.seed 1 (the network's: 7)" in data["differing"]
    assert ["NumPy", np.__version__] in data["environment"]
    set_params(clone, epochs=1, seed=7, hidden="[8, 4]")
    stage_within("report", cwd=clone)
    assert report_data(clone)["differing"] == ""
    run("git", "checkout", "--quiet", "params.yaml", cwd=clone)


@pytest.mark.parametrize("options", [(), ("--many",)])
def test_predictions_as_json_say_what_the_network_was_trained_with(
    clone: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    picture = np.full((60, 40), 255, np.uint8)
    picture[10:50, 18:22] = 0
    Image.fromarray(picture).save(tmp_path / "one.png")
    printed = stage_within("predict", tmp_path / "one.png", "--json", *options, cwd=clone).stdout
    (answer,) = json.loads(printed)
    assert answer["trained_with"]["params"]["train.seed"] == 7
    assert answer["trained_with"]["numpy"] == np.__version__


def test_compare_shows_the_parameters_of_the_networks(clone: Path, evaluated: str) -> None:
    content = json.loads(stage_within("compare", "HEAD", "workspace", "--json", cwd=clone).stdout)
    params = {each["name"]: each["params"] for each in content["runs"]}
    assert (params["HEAD"]["train.seed"], params["workspace"]["train.seed"]) == (1, 7)
    assert params["workspace"]["train.hidden"] == [8, 4]
    (note,) = [note for note in content["notes"] if "params.yaml" in note]
    assert "params.yaml of workspace has other values than its network was trained with" in note


@pytest.mark.slow
def test_a_frozen_training_is_reported_with_its_own_parameters(
    reproduced: Path, tmp_path: Path
) -> None:
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    dvc("freeze", "train", cwd=clone)
    set_params(clone, seed=5)
    dvc("repro", cwd=clone)
    data = report_data(clone)
    assert ["train.seed", "1"] in [entry[:2] for entry in data["parameters"]]
    assert data["differing"] == "train.seed 5 (the network's: 1)"
