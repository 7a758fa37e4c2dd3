"""Real commands that are stopped, killed, run at once, or given data that cannot be learnt."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from stages.datasets import bundled
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from tests.helpers.commands import ROOT, stage, stage_within


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Prepare arrays to learn from, and what a training that is left alone makes of them."""
    folder = tmp_path_factory.mktemp("interrupted")
    (folder / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    bundled.write(folder / "data" / "raw")
    stage("convert", cwd=folder)
    stage("train", *OPTIONS, *files(folder / "alone"), cwd=folder)
    return folder


OPTIONS = ("--epochs", "60", "--hidden", "20", "--augment", "0")


def files(out):
    return ("--model", str(out / "model"), "--history", str(out / "history.csv"))


def start(*args, cwd):
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


def wait_for_epoch(process, number):
    for line in process.stdout:
        if line.startswith(f"epoch {number} of"):
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_training_says_how_to_go_on_and_gives_the_same_bytes(folder, tmp_path, number):
    process = start(*files(tmp_path), cwd=folder)
    wait_for_epoch(process, 3)
    os.killpg(process.pid, number)
    _, said = process.communicate()
    assert process.returncode == 128 + number
    (checkpoint,) = tmp_path.glob("*.checkpoint")
    assert said == f"saved {checkpoint}: run the same command again to resume\n"

    printed = stage("train", *OPTIONS, "--verbose", *files(tmp_path), cwd=folder).stdout
    assert printed.startswith(f"resuming from {checkpoint}, after ")
    assert "\nepoch 3 of 60" not in printed  # it was printed before the interrupt
    assert "\nepoch 60 of 60" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "model"]
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / "alone" / path.name).read_bytes()


def test_killed_training_leaves_nothing_that_the_next_does_not_tidy_up(folder, tmp_path):
    process = start(*files(tmp_path), cwd=folder)
    wait_for_epoch(process, 2)
    process.kill()
    process.communicate()
    assert [path.suffix for path in tmp_path.iterdir()].count(".part") == 2
    stage("train", *OPTIONS, *files(tmp_path), cwd=folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "model"]


def test_training_that_cannot_be_written_is_refused_before_it_begins(folder, tmp_path):
    (tmp_path / "history.csv").mkdir()
    (tmp_path / "file").touch()
    refused = stage_within("train", *files(tmp_path), cwd=folder, expect=2)
    assert "is a directory" in refused.stderr
    refused = stage_within("train", *files(tmp_path / "file"), cwd=folder, expect=1)
    assert refused.stderr == f"Error: {tmp_path / 'file'}: File exists\n"
    assert "epoch" not in refused.stdout


def test_of_two_trainings_one_waits_and_nothing_is_mixed(folder, tmp_path):
    first = start("--seed", "1", *files(tmp_path), cwd=folder)
    wait_for_epoch(first, 1)
    second = start("--seed", "2", "--epochs", "2", *files(tmp_path), cwd=folder)
    said = second.stderr.readline()
    assert said == f"{tmp_path}: another command is writing there; waiting until it is done\n"
    assert first.poll() is None
    os.killpg(first.pid, signal.SIGTERM)
    first.communicate()
    second.communicate()
    assert second.returncode == 0
    assert (tmp_path / "history.csv").read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("labels", "options", "says"),
    [
        ([3] * 40, (), None),
        ([3, 5], ("--validation-fraction", "0", "--batch-size", "1000000"), None),
        ([3], ("--validation-fraction", "0"), None),
        ([3, 5], (), "the validation part would be empty: 0.1 of 2 images"),
        ([3, 5], ("--validation-fraction", "0.9"), "no image is left to learn from"),
        ([], (), "holds no images"),
    ],
)
def test_data_of_odd_kinds_is_learnt_or_refused_in_a_sentence(
    folder, tmp_path, labels, options, says
):
    images = np.random.default_rng(1).integers(256, size=(len(labels), 28, 28)).astype(np.uint8)
    for part in ("train", "test"):
        np.save(tmp_path / f"{part}_images.npy", images)
        np.save(tmp_path / f"{part}_labels.npy", np.array(labels, np.uint8))
    write_manifest(create_manifest(tmp_path, "digits", CATALOGUE["digits"]), tmp_path)
    data = ("--data", tmp_path, "--epochs", "2")
    done = stage_within(
        "train", *data, *files(tmp_path), *options, cwd=folder, expect=1 if says else 0
    )
    if says:
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
        return
    assert done.stderr == ""
    stage_within("evaluate", "--data", tmp_path, *files(tmp_path), "--out", tmp_path, cwd=folder)
    assert 0 <= json.loads((tmp_path / "metrics.json").read_text())["accuracy"] <= 1


def test_weights_that_explode_and_networks_that_learn_nothing_are_told_of(folder, tmp_path):
    data = ("--epochs", "3", *files(tmp_path))
    wild = ("--activation", "sigmoid", "--loss", "squared_error", "--learning-rate", "1e9")
    found = stage_within("train", *data, *wild, cwd=folder, expect=1)
    assert found.stderr.startswith("Error: training has gone wrong in epoch 1 of 3: weights have")
    assert "lower the learning rate (it is 1e+09)" in found.stderr
    assert list(tmp_path.iterdir()) == []
    warning = stage_within("train", *data, "--learning-rate", "3", cwd=folder).stderr
    assert warning.startswith("Warning: after epoch 1 of 3 the accuracy is ")
    assert "lower train.learning_rate (3)" in warning
