"""The stages by hand, one after the other, as their --help shows."""

import re
import shlex
import shutil
import sys

import numpy as np
import pytest

from stages.check import COMMANDS
from tests.conftest import ROOT, run

ALL = ("check", *COMMANDS)


def stage(name, *args, cwd, expect=0, **environment):
    command = (sys.executable, "-m", f"stages.{name}", *args)
    return run(*command, cwd=cwd, expect=expect, PYTHONPATH=str(ROOT), **environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Run the example of each command's --help in turn, in an empty folder with params.yaml."""
    folder = tmp_path_factory.mktemp("by-hand")
    shutil.copy(ROOT / "params.yaml", folder)
    for name in ALL:
        shown = stage(name, "--help", cwd=folder).stdout
        example = re.search(r"Example:\n +python -m stages\.(\w+)(.*)\n", shown)
        assert example is not None, shown
        assert example[1] == name
        stage(name, *shlex.split(example[2]), cwd=folder)
    return folder


def test_examples_in_help_work_in_turn(folder):
    assert {path.name for path in (folder / "reports").iterdir()} == {
        "samples.png",
        "history.csv",
        "metrics.json",
        "predictions.csv",
        "learning_curves.png",
        "confusion.png",
        "mistakes.png",
        "weights.png",
    }


def test_training_prints_every_step_and_writes_where_it_is_told(folder, tmp_path):
    printed = stage(
        "train", "--epochs", "2", "--model", tmp_path / "m", "--history", tmp_path / "h", cwd=folder
    )
    lines = printed.stdout.splitlines()
    assert lines[0].startswith("before training: accuracy ")
    assert lines[1].startswith("epoch 1 of 2: cost ")
    assert lines[2].startswith("epoch 2 of 2: cost ")
    assert printed.stderr == ""  # a bar is for terminals
    assert (tmp_path / "h").read_text().count("\n") == 3
    assert (tmp_path / "m").stat().st_size > 100_000


def test_random_weights_get_about_a_tenth_right(folder, tmp_path):
    files = ("--model", tmp_path / "m", "--history", tmp_path / "h")
    stage("train", "--epochs", "0", *files, cwd=folder)
    printed = stage("evaluate", *files, "--out", tmp_path, cwd=folder).stdout
    accuracy = re.search(r"accuracy ([\d.]+)% of 360", printed)
    assert accuracy is not None
    assert 2 < float(accuracy[1]) < 25


def test_evaluation_shows_the_first_test_image(folder, tmp_path):
    printed = stage("evaluate", "--out", tmp_path, cwd=folder).stdout
    assert "the first test image:\noutputs: 0 0." in printed
    assert "true label: 2" in printed  # digit 1437 of scikit-learn's copy is a two


def test_network_for_other_images_is_refused(folder, tmp_path):
    np.save(tmp_path / "test_images.npy", np.zeros((5, 3, 3), np.uint8))
    np.save(tmp_path / "test_labels.npy", np.zeros(5, np.uint8))
    out = tmp_path / "out"
    found = stage("evaluate", "--data", tmp_path, "--out", out, cwd=folder, expect=1)
    assert "the images have 9 pixels, but the network takes 784" in found.stderr
    assert not out.exists()


def test_broken_raw_file_is_one_sentence_and_leaves_nothing(folder, tmp_path):
    shutil.copytree(folder / "data" / "raw", tmp_path / "raw")
    with (tmp_path / "raw" / "train-images-idx3-ubyte.gz").open("r+b") as file:
        file.truncate(5000)
    out = tmp_path / "npy"
    found = stage("convert", "--raw", tmp_path / "raw", "--out", out, cwd=folder, expect=1)
    assert "the gzip archive is broken" in found.stderr
    assert found.stderr.count("\n") == 1
    assert list(out.iterdir()) == []


def test_mnist_from_a_mirror_is_learnt(folder, mirror, tmp_path):
    raw, npy, model, history = (tmp_path / name for name in ("raw", "npy", "model", "history"))
    stage("download", "--dataset", "mnist", "--mirror", mirror, "--out", raw, cwd=folder)
    arrays = ("--out", npy, "--samples", tmp_path / "samples.png")
    stage("convert", "--dataset", "mnist", "--raw", raw, *arrays, cwd=folder)
    files = ("--model", model, "--history", history)
    quick = ("--hidden", "32", "--epochs", "2", "--batch-size", "128", "--deform", "0")
    stage("train", "--dataset", "mnist", "--data", npy, *files, *quick, cwd=folder)
    printed = stage("evaluate", "--data", npy, *files, "--out", tmp_path, cwd=folder).stdout
    accuracy = re.search(r"accuracy ([\d.]+)% of 10,000", printed)
    assert accuracy is not None
    assert float(accuracy[1]) > 94


def test_a_committee_answers_together(folder, tmp_path):
    files = ("--model", tmp_path / "m", "--history", tmp_path / "h")
    printed = stage("train", "--members", "3", "--epochs", "2", *files, cwd=folder).stdout
    assert re.search(r"3 networks together: [\d.]+% in validation", printed)
    printed = stage("evaluate", *files, "--out", tmp_path, cwd=folder).stdout
    assert "of 360 test images" in printed


def test_threads_that_blas_is_given_from_outside_change_no_byte(folder, tmp_path):
    outs = []
    for threads in ("1", "2", "3"):
        out = tmp_path / threads
        files = ("--model", out / "model", "--history", out / "history.csv")
        environment = {"OPENBLAS_NUM_THREADS": threads}
        stage("train", "--epochs", "2", *files, cwd=folder, **environment)
        stage("evaluate", *files, "--out", out, cwd=folder, **environment)
        outs.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert outs[0] == outs[1] == outs[2]


@pytest.mark.parametrize("name", [*ALL, "compare", "study"])
def test_help_does_not_wait_for_numpy(name):
    code = f"import sys; import stages.{name}; sys.exit('numpy' in sys.modules)"
    run(sys.executable, "-c", code, cwd=ROOT)


def test_training_that_goes_wrong_says_so_and_leaves_no_model(folder, tmp_path):
    files = ("--model", tmp_path / "m", "--history", tmp_path / "h")
    found = stage("train", "--learning-rate", "1e30", *files, cwd=folder, expect=1)
    assert "the cost is no longer a finite number; lower the learning rate" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_layers_beyond_all_memory_are_one_sentence(folder):
    found = stage("train", "--hidden", "1000000000000", cwd=folder, expect=1)
    assert found.stderr.startswith("Error: there is not enough memory for this")
