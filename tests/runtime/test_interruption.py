"""Training commands that are interrupted, killed, run at once, or given data that do not fit."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.reporting import tables
from tests.helpers import mnist_5k
from tests.helpers.commands import ROOT, run, stage, stage_within

pytestmark = pytest.mark.slow

OPTIONS = ("--epochs", "60", "--hidden", "20", "--strength", "0")
REPORTS = ["history.csv", "validation_predictions.csv"]
OUTPUTS = sorted([*REPORTS, "model", "model.snapshots.safetensors"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make arrays to train on, and the outputs of a training without a break, in `unbroken`."""
    folder = tmp_path_factory.mktemp("interruption")
    (folder / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    shutil.copytree(mnist_5k.FOLDER, folder / "data" / "raw")
    stage_within("convert", cwd=folder)
    stage("train", *OPTIONS, *files(folder / "unbroken"), cwd=folder)
    stage_within("evaluate", *files(folder / "unbroken"), cwd=folder)
    return folder


def files(out: Path) -> tuple[str, ...]:
    return "--model", str(out / "model"), "--reports", str(out)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def start(*args: str, cwd: Path) -> "subprocess.Popen[str]":
    """Start a training in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "stages.train", *OPTIONS, "--verbose", *args],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_epoch(process: "subprocess.Popen[str]", number: int) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if line.startswith(f"epoch {number} of"):
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_says_how_to_resume_and_gives_the_same_bytes(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    process = start(*files(tmp_path), cwd=folder)
    wait_for_epoch(process, 3)
    os.killpg(process.pid, number)
    _, printed = process.communicate()
    assert process.returncode == 128 + number
    (checkpoint,) = tmp_path.glob("*.checkpoint")
    assert printed == f"saved {checkpoint}: run the same command again to resume\n"
    # The history has what was trained so far, for whoever looks at it meanwhile.
    assert names(tmp_path) == ["history.csv", checkpoint.name]
    n_epochs = len(read_history(tmp_path / "history.csv"))
    assert 3 <= n_epochs < 60

    printed = stage("train", *OPTIONS, "--verbose", *files(tmp_path), cwd=folder).stdout
    assert printed.startswith(f"resuming from {checkpoint}, after ")
    assert "\nepoch 3 of 60" not in printed  # it was printed before the interrupt
    assert "\nepoch 60 of 60" in printed
    require_same_outputs(tmp_path, folder / "unbroken")

    stage_within("evaluate", *files(tmp_path), cwd=folder)
    assert read_accuracy(tmp_path) == read_accuracy(folder / "unbroken") > 0.8


def test_interrupt_while_the_model_is_written_is_not_forgotten(
    folder: Path, tmp_path: Path
) -> None:
    """All files are complete by then, and the exit code stops the pipeline."""
    code = f"""
import os, runpy, signal, sys
def interrupt(event, args):
    if event == "os.rename" and args[1] == {str(tmp_path / "model")!r}:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt)
runpy.run_module("stages.train", run_name="__main__")
"""
    args = ("--epochs", "1", *files(tmp_path))
    run(sys.executable, "-c", code, *args, cwd=folder, expect=130, PYTHONPATH=str(ROOT))
    assert names(tmp_path) == OUTPUTS


def read_accuracy(folder: Path) -> float:
    return float(json.loads((folder / "metrics.json").read_text())["accuracy"])


def require_same_outputs(out: Path, unbroken: Path) -> None:
    assert names(out) == OUTPUTS
    for name in OUTPUTS:
        assert (out / name).read_bytes() == (unbroken / name).read_bytes(), name


def read_history(path: Path) -> list[list[float]]:
    """Read and check a history: all columns, in each row a number, epochs from 1."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == list(tables.HISTORY)
    numbers = [[float(cell) for cell in row] for row in rows]
    assert all(len(row) == len(header) for row in numbers)
    assert [row[0] for row in numbers] == list(range(1, len(rows) + 1))
    return numbers


@contextmanager
def history_reader(path: Path) -> Iterator[list[list[list[float]]]]:
    """Read a history again and again, from another thread, and collect its versions.

    Raises what the reader raised, such as the AssertionError of a half-written table.
    """
    versions: list[list[list[float]]] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.001):
            try:
                version = read_history(path)
            except FileNotFoundError:
                # It is renamed into place: once it is there, it is never missing again.
                if versions:
                    errors.append(AssertionError("the history was deleted"))
            except (AssertionError, ValueError) as error:
                errors.append(error)
            else:
                if not versions or version != versions[-1]:
                    versions.append(version)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield versions
    finally:
        done.set()
        thread.join()
    if errors:
        raise errors[0]


def test_history_grows_while_training_and_is_never_half_written(
    folder: Path, tmp_path: Path
) -> None:
    """It is written once a second: the run has to take some seconds."""
    options = ("--epochs", "10000", "--hidden", "4")
    with history_reader(tmp_path / "history.csv") as versions:
        process = start(*options, *files(tmp_path), cwd=folder)
        assert process.stdout is not None
        for _ in process.stdout:
            if len(versions) >= 3:
                process.terminate()
        assert process.wait() == 128 + signal.SIGTERM
    lengths = [len(version) for version in versions]
    assert lengths[0] == 0  # written before the first epoch
    assert len(lengths) >= 3
    assert lengths == sorted(set(lengths))
    for shorter, longer in pairwise(versions):
        assert longer[: len(shorter)] == shorter


def test_killed_training_resumes_from_its_checkpoint_and_gives_the_same_bytes(
    folder: Path, tmp_path: Path
) -> None:
    """A first run, interrupted, leaves a checkpoint; the second is killed after it resumed."""
    process = start(*files(tmp_path), cwd=folder)
    wait_for_epoch(process, 2)
    process.terminate()
    process.communicate()
    process = start(*files(tmp_path), cwd=folder)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("resuming from ")
    process.kill()
    process.communicate()
    # The checkpoint stays; the temporary file of the model is left, the next run deletes it.
    assert [path.suffix for path in tmp_path.iterdir()].count(".checkpoint") == 1
    assert [path.suffix for path in tmp_path.iterdir()].count(".part") >= 1
    assert not (tmp_path / "model").exists()

    printed = stage("train", *OPTIONS, *files(tmp_path), cwd=folder).stdout
    assert printed.startswith("resuming from ")
    require_same_outputs(tmp_path, folder / "unbroken")


def test_temporary_files_of_a_killed_training_are_deleted_by_the_next_run(
    folder: Path, tmp_path: Path
) -> None:
    process = start(*files(tmp_path), cwd=folder)
    wait_for_epoch(process, 2)
    process.kill()
    process.communicate()
    assert [path.suffix for path in tmp_path.iterdir()].count(".part") >= 1
    stage("train", *OPTIONS, *files(tmp_path), cwd=folder)
    require_same_outputs(tmp_path, folder / "unbroken")


def test_output_that_cannot_be_written_is_refused_before_training(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "history.csv").mkdir()
    (tmp_path / "file").touch()
    refused = stage_within("train", *files(tmp_path), cwd=folder, expect=1)
    assert refused.stderr == f"Error: {tmp_path / 'history.csv'}: Is a directory\n"
    assert "epoch" not in refused.stdout
    refused = stage_within("train", *files(tmp_path / "file" / "in"), cwd=folder, expect=1)
    assert refused.stderr.startswith(f"Error: {tmp_path / 'file'}")
    assert refused.stderr.count("\n") == 1
    assert "epoch" not in refused.stdout
    assert names(tmp_path) == ["file", "history.csv"]


def test_second_training_of_the_same_model_waits_for_the_first(
    folder: Path, tmp_path: Path
) -> None:
    first = start("--seed", "1", *files(tmp_path), cwd=folder)
    wait_for_epoch(first, 1)
    second = start("--seed", "2", "--epochs", "2", *files(tmp_path), cwd=folder)
    assert second.stderr is not None
    message = f"{tmp_path}: another command is writing there; waiting until it is done\n"
    assert second.stderr.readline() == message
    assert first.poll() is None
    os.killpg(first.pid, signal.SIGTERM)
    first.communicate()
    second.communicate()
    assert second.returncode == 0
    assert len(read_history(tmp_path / "history.csv")) == 2


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([3] * 40, (), None),
        ([3, 5], ("--validation-fraction", "0", "--batch-size", "1000000"), None),
        ([3], ("--validation-fraction", "0"), None),
        ([3, 5], (), "there would be no validation images: 0.1 of 2 images"),
        ([3, 5], ("--validation-fraction", "0.9"), "no image is left to train on"),
        ([], (), "holds no images"),
    ],
)
def test_unusual_data_are_trained_on_or_refused_in_a_sentence(
    folder: Path, tmp_path: Path, labels: list[int], options: tuple[str, ...], message: str | None
) -> None:
    images = np.random.default_rng(1).integers(256, size=(len(labels), 28, 28)).astype(np.uint8)
    for split in ("train", "test"):
        np.save(tmp_path / f"{split}_images.npy", images)
        np.save(tmp_path / f"{split}_labels.npy", np.array(labels, np.uint8))
    write_manifest(create_manifest(tmp_path, "mnist-5k", CATALOGUE["mnist-5k"]), tmp_path)
    args = ("--data", str(tmp_path), "--epochs", "2", *files(tmp_path), *options)
    result = stage_within("train", *args, cwd=folder, expect=1 if message else 0)
    if message:
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
        return
    assert result.stderr.startswith("Warning: no training image is of class 0, ")
    assert "Error" not in result.stderr
    stage_within("evaluate", "--data", tmp_path, *files(tmp_path), cwd=folder)
    assert 0 <= read_accuracy(tmp_path) <= 1


def test_diverging_training_is_an_error_and_leaves_no_model(folder: Path, tmp_path: Path) -> None:
    wild = ("--activation", "sigmoid", "--loss", "squared_error", "--learning-rate", "1e9")
    args = ("--epochs", "3", *wild, *files(tmp_path))
    result = stage_within("train", *args, cwd=folder, expect=1)
    assert result.stderr.startswith(
        "Error: training has diverged in epoch 1 of 3: weights have grown beyond 1e+05;"
    )
    assert "lower train.learning_rate (it is 1e+09)" in result.stderr
    assert result.stderr.count("\n") == 1
    assert names(tmp_path) == ["history.csv"]
    assert read_history(tmp_path / "history.csv") == []


def test_accuracy_as_by_chance_is_a_warning(folder: Path, tmp_path: Path) -> None:
    args = ("--epochs", "3", "--learning-rate", "3", *files(tmp_path))
    warning = stage_within("train", *args, cwd=folder).stderr
    assert warning.startswith("Warning: after epoch 2 of 3 the accuracy is ")
    assert "lower train.learning_rate (3)" in warning
