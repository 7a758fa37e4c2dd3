"""Revisions that hold broken files, and names that are no revisions: one sentence each."""

import json
import shutil
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from stages.classifier.provenance import Provenance
from stages.compare import compare
from tests.helpers.commands import ROOT, dvc, run

GOOD = "good"


def write_files(folder: Path) -> None:
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "reports").mkdir()
    rows = "".join(f"{index},{index},{index},0.9\n" for index in range(10))
    (folder / "reports" / "predictions.csv").write_text(
        f"index,actual,predicted,confidence\n{rows}"
    )
    (folder / "data" / "npy").mkdir(parents=True)
    np.save(folder / "data" / "npy" / "test_images.npy", np.zeros((10, 28, 28), np.uint8))


def commit(folder: Path, tag: str) -> None:
    """Commit all files, tag the commit, and go back to the good one."""
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--allow-empty", "--message", tag, cwd=folder)
    run("git", "tag", tag, cwd=folder)
    run("git", "reset", "--quiet", "--hard", GOOD, cwd=folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a small project whose results are in Git, without a pipeline."""
    folder = tmp_path_factory.mktemp("project")
    run("git", "init", "--quiet", cwd=folder)
    run("git", "config", "user.name", "Test", cwd=folder)
    run("git", "config", "user.email", "test@example.com", cwd=folder)
    dvc("init", "--quiet", cwd=folder)
    write_files(folder)
    commit(folder, GOOD)
    with chdir(folder):
        yield folder


def error(*args: str, exit_codes: tuple[int, ...]) -> str:
    """Return the sentence that a comparison fails with."""
    result = CliRunner().invoke(compare, args)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in exit_codes, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.stderr[:-1].isprintable()
    return result.stderr


def object_hash(name: str) -> str:
    return run("git", "rev-parse", name, cwd=Path()).stdout.strip()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "a revision has no name"),
        ("nonsense", "nonsense: unknown Git revision"),
        ("a\x1b[31mb", r"a\x1b[31mb: "),
        ("\udcff\udcfe", r"\udcff\udcfe: not a commit, branch, tag or experiment"),
        ("HEAD:params.yaml", "HEAD:params.yaml: not a commit"),
        ("HEAD^{tree}", "HEAD^{tree}: not a commit"),
        ("a\0b", r"a\x00b: unknown"),
        ("x" * 300, "xxx"),
        ("--", "--: unknown"),
    ],
)
def test_names_that_are_no_revision(project: Path, name: str, message: str) -> None:
    assert message in error("--", GOOD, name, exit_codes=(2,))
    assert message in error("--", name, exit_codes=(2,))


def test_a_clone_without_history_says_how_to_get_it(project: Path, tmp_path: Path) -> None:
    commit(project, "later")
    command = f"clone --quiet --depth 1 --branch later {project.as_uri()} shallow"
    run("git", *command.split(), cwd=tmp_path)
    with chdir(tmp_path / "shallow"):
        assert "run `git fetch --unshallow`" in error("HEAD", "HEAD~1", exit_codes=(2,))


def test_hashes_of_trees_and_files(project: Path) -> None:
    for name in ("HEAD^{tree}", "HEAD:params.yaml"):
        sentence = error(GOOD, object_hash(name), exit_codes=(2,))
        assert "not a commit, branch, tag or experiment" in sentence


@settings(max_examples=12, deadline=None)
@given(name=st.text(max_size=8))
def test_any_name_is_compared_or_refused_in_a_sentence(project: Path, name: str) -> None:
    result = CliRunner().invoke(compare, ["--", GOOD, name, "workspace"])
    assert result.exit_code in (0, 2), result.output
    assert isinstance(result.exception, SystemExit | None), result.exception


PREDICTIONS, PARAMS, LOCK = "reports/predictions.csv", "params.yaml", "dvc.lock"
IMAGES = "data/npy/test_images.npy"


def array(shape: tuple[int, ...], dtype: str = "uint8") -> bytes:
    from io import BytesIO

    file = BytesIO()
    np.save(file, np.zeros(shape, dtype))
    return file.getvalue()


BROKEN: list[tuple[str, bytes | None, str]] = [
    (PARAMS, None, "has no params.yaml"),
    (PARAMS, b"", "must hold names and values"),
    (PARAMS, b"- 1\n- 2\n", "must hold names and values"),
    (PARAMS, b"a: [", "not YAML"),
    (PARAMS, b"a: 2024-13-45", "not YAML"),
    (PARAMS, b"\xff\xfe\x00\x01", "text in UTF-16"),  # UTF-16
    (PARAMS, b"\xff\x00\x01", "not YAML"),
    (PARAMS, b"a: " + b"[" * 500, "not YAML"),
    (PARAMS, b"train: {}", "dataset: None is not one of mnist-5k, mnist"),
    (PARAMS, b"dataset: [mnist-5k]", "dataset: ['mnist-5k'] is not one of"),
    (PARAMS, b"dataset: letters", "dataset: 'letters' is not one of"),
    (PARAMS, b'dataset: "\\e[31m"', r"is not one of"),
    (LOCK, b"", "dvc.lock of broken-12: must hold names and values"),
    (LOCK, b"- 1", "must hold names and values"),
    (LOCK, b"a: [", "not YAML"),
    (LOCK, b"\xff\x00\x01", "not YAML"),
    (PREDICTIONS, None, "has no reports/predictions.csv: run `dvc repro` there first"),
    (PREDICTIONS, b"", "not a table of index"),
    (PREDICTIONS, b"\xff\xfe\x00\x01", "not a table of index"),
    (PREDICTIONS, b"index,actual,predicted,confidence\n1,2\n", "not a table of index"),
]


@pytest.mark.parametrize(("path", "content", "message"), BROKEN)
def test_a_broken_file_of_a_revision(
    project: Path, path: str, content: bytes | None, message: str
) -> None:
    tag = f"broken-{BROKEN.index((path, content, message))}"
    file = project / path
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    commit(project, tag)
    assert message in error(GOOD, tag, exit_codes=(1, 2))


@pytest.mark.parametrize("content", ["a: 2024-13-45", "a: [", "- 1", "\0"])
def test_a_broken_pipeline_of_a_revision(project: Path, content: str) -> None:
    """DVC reads dvc.yaml to find what Git does not have."""
    (project / IMAGES).unlink()
    (project / "dvc.yaml").write_text(content)
    tag = f"pipeline-{content.encode().hex()}"
    commit(project, tag)
    assert f" of {tag}: " in error(GOOD, tag, exit_codes=(1,))


@pytest.mark.parametrize(
    "value", ["2024-01-13", ".nan", "!!binary aGk=", "!!set {a}", "{2024-01-13: 1}", "&a [b, *a]"]
)
def test_a_parameter_that_json_does_not_have_is_text(project: Path, value: str) -> None:
    (project / PARAMS).write_text(f"dataset: mnist-5k\ntrain: {{epochs: {value}}}")
    tag = f"value-{value[:4].encode().hex()}"
    commit(project, tag)
    result = CliRunner().invoke(compare, ["--json", GOOD, tag])
    if value.startswith("&"):
        assert "holds more than 100,000 values" in result.output
        return
    assert result.exit_code == 0, result.output
    good, other = json.loads(result.stdout, parse_constant=pytest.fail)["runs"]
    assert good["name"] == GOOD
    assert isinstance(other["params"]["train.epochs"], str)


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff" * 100])
def test_a_model_that_cannot_be_read_is_no_reason_to_refuse(project: Path, content: bytes) -> None:
    (project / "models").mkdir(exist_ok=True)
    (project / "models" / "model.safetensors").write_bytes(content)
    tag = f"model-{len(content)}"
    commit(project, tag)
    result = CliRunner().invoke(compare, [GOOD, tag])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("content", ["stages: [1]", "stages: {train: {params: [1]}}"])
def test_a_lock_file_without_parameters_is_no_reason_to_refuse(project: Path, content: str) -> None:
    (project / LOCK).write_text(content)
    tag = f"lock-{len(content)}"
    commit(project, tag)
    result = CliRunner().invoke(compare, [GOOD, tag])
    assert result.exit_code == 0, result.output
    assert "dvc repro" not in result.output


def test_a_good_revision_is_identical_to_itself(project: Path) -> None:
    result = CliRunner().invoke(compare, [GOOD, GOOD])
    assert result.exit_code == 0
    assert result.stdout.startswith("good is identical to good")


def test_validation_predictions_are_compared_where_there_are_any(project: Path) -> None:
    sentence = error("--on", "validation", GOOD, GOOD, exit_codes=(2,))
    assert "good has no reports/validation_predictions.csv" in sentence
    shutil.copy(project / PREDICTIONS, project / "reports" / "validation_predictions.csv")
    commit(project, "validated")
    result = CliRunner().invoke(compare, ["--on", "validation", "validated", "validated"])
    assert result.exit_code == 0, result.output
    assert "images" in result.stdout


def test_validation_predictions_without_rows_are_told_as_such(project: Path) -> None:
    table = project / "reports" / "validation_predictions.csv"
    table.write_text((project / PREDICTIONS).read_text().splitlines()[0] + "\n")
    commit(project, "not-validated")
    sentence = error("--on", "validation", "not-validated", "not-validated", exit_codes=(2,))
    assert "with train.validation_fraction 0 there are no validation images" in sentence


def test_what_networks_were_trained_with_is_compared_and_noted(project: Path) -> None:
    tags = []
    for seed, kernels in enumerate(("openblas Zen", "openblas SkylakeX"), start=7):
        provenance = Provenance({"train.seed": seed}, "", "", "2.4", "1.17", kernels)
        metadata = json.dumps({"trained_with": asdict(provenance)})
        model = save({"biases": np.zeros(1, np.float32)}, {"metadata": metadata})
        (project / "models").mkdir(exist_ok=True)
        (project / "models" / "model.safetensors").write_bytes(model)
        tags.append(f"trained-with-{kernels.split()[1]}")
        commit(project, tags[-1])
    result = CliRunner().invoke(compare, tags)
    assert result.exit_code == 0, result.output
    assert (
        "trained-with-Zen was trained with NumPy 2.4, SciPy 1.17, openblas Zen and"
        " trained-with-SkylakeX with NumPy 2.4, SciPy 1.17, openblas SkylakeX" in result.output
    )
    header, *rows = result.output.split("\n\n")[-4].splitlines()
    assert header.split()[-1] == "train.seed"
    assert [row.split()[-1] for row in rows] == ["7", "8"]
    for tag, seed in zip(tags, (7, 8), strict=True):
        assert (
            f"params.yaml of {tag} has other values than its network was trained with: train.seed"
            f" 1 (the network's: {seed})" in result.output
        )
    assert "even the same parameters" not in CliRunner().invoke(compare, [tags[0]] * 2).output
    assert "even the same parameters" not in CliRunner().invoke(compare, [GOOD, tags[0]]).output


def test_all_without_experiments_is_one_sentence(project: Path) -> None:
    assert "there are no experiments of HEAD" in error("HEAD", "--all", exit_codes=(2,))
