"""The stages by hand, one after the other, as their --help shows."""

import json
import re
import shlex
import shutil
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.check import COMMANDS
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from tests.conftest import ROOT, run, stage, stage_within

ALL = ("check", *COMMANDS)


def draw_seven(path):
    """Draw a seven with a felt pen on grey paper."""
    page = Image.new("L", (400, 600), 220)
    stroke = [(120, 150), (290, 150), (220, 290), (180, 430)]
    ImageDraw.Draw(page).line(stroke, fill=40, width=24, joint="curve")
    page.save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Run the example of each command's --help in turn, in an empty folder with params.yaml."""
    folder = tmp_path_factory.mktemp("by-hand")
    shutil.copy(ROOT / "params.yaml", folder)
    draw_seven(folder / "my-seven.jpg")
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
        "classes.csv",
        "learning_curves.png",
        "confusion.png",
        "mistakes.png",
        "weights.png",
        "demo.html",
        "my-seven.png",
    }


def test_training_prints_every_step_and_writes_where_it_is_told(folder, tmp_path):
    printed = stage(
        "train", "--epochs", "2", "--model", tmp_path / "m", "--history", tmp_path / "h", cwd=folder
    )
    lines = printed.stdout.splitlines()
    assert lines[0].startswith("before training: accuracy ")
    assert lines[1].startswith("epoch 1 of 2: loss ")
    assert lines[2].startswith("epoch 2 of 2: loss ")
    assert printed.stderr == ""  # a bar is for terminals
    assert (tmp_path / "h").read_text().count("\n") == 3
    assert (tmp_path / "m").stat().st_size > 100_000


def test_random_weights_get_about_a_tenth_right(folder, tmp_path):
    files = ("--model", tmp_path / "m", "--history", tmp_path / "h")
    stage_within("train", "--epochs", "0", *files, cwd=folder)
    printed = stage_within("evaluate", *files, "--out", tmp_path, cwd=folder).stdout
    accuracy = re.search(r"accuracy ([\d.]+)% of 360", printed)
    assert accuracy is not None
    assert 2 < float(accuracy[1]) < 25


def test_evaluation_shows_the_first_test_image(folder, tmp_path):
    printed = stage_within("evaluate", "--out", tmp_path, cwd=folder).stdout
    assert "the first test image:\noutputs: 0 0." in printed
    assert "true label: 2" in printed  # digit 1437 of scikit-learn's copy is a two


def test_network_for_other_images_is_refused(folder, tmp_path):
    np.save(tmp_path / "test_images.npy", np.zeros((5, 3, 3), np.uint8))
    np.save(tmp_path / "test_labels.npy", np.zeros(5, np.uint8))
    write_manifest(create_manifest(tmp_path, "digits", CATALOGUE["digits"]), tmp_path)
    out = tmp_path / "out"
    found = stage_within("evaluate", "--data", tmp_path, "--out", out, cwd=folder, expect=1)
    assert "the images have 9 pixels, but the network takes 784" in found.stderr
    assert not out.exists()


def test_broken_raw_file_is_one_sentence_and_leaves_nothing(folder, tmp_path):
    shutil.copytree(folder / "data" / "raw", tmp_path / "raw")
    with (tmp_path / "raw" / "train-images-idx3-ubyte.gz").open("r+b") as file:
        file.truncate(5000)
    out = tmp_path / "npy"
    found = stage_within("convert", "--raw", tmp_path / "raw", "--out", out, cwd=folder, expect=1)
    assert "the gzip archive is broken" in found.stderr
    assert found.stderr.count("\n") == 1
    assert not out.exists()


def test_mnist_from_a_mirror_is_learnt(folder, mirror, tmp_path):
    raw, npy, model, history = (tmp_path / name for name in ("raw", "npy", "model", "history"))
    stage_within("download", "--dataset", "mnist", "--mirror", mirror, "--out", raw, cwd=folder)
    arrays = ("--out", npy, "--samples", tmp_path / "samples.png")
    stage_within("convert", "--dataset", "mnist", "--raw", raw, *arrays, cwd=folder)
    files = ("--model", model, "--history", history)
    quick = ("--hidden", "32", "--epochs", "2", "--batch-size", "128", "--augment", "0")
    stage_within("train", "--dataset", "mnist", "--data", npy, *files, *quick, cwd=folder)
    printed = stage_within("evaluate", "--data", npy, *files, "--out", tmp_path, cwd=folder).stdout
    accuracy = re.search(r"accuracy ([\d.]+)% of 10,000", printed)
    assert accuracy is not None
    assert float(accuracy[1]) > 94


def test_a_committee_answers_together(folder, tmp_path):
    files = ("--model", tmp_path / "m", "--history", tmp_path / "h")
    printed = stage_within(
        "train", "--ensemble-size", "3", "--epochs", "2", *files, cwd=folder
    ).stdout
    assert re.search(r"3 networks together: [\d.]+% in validation", printed)
    printed = stage_within("evaluate", *files, "--out", tmp_path, cwd=folder).stdout
    assert "of 360 test images" in printed


def test_threads_that_blas_is_given_from_outside_change_no_byte(folder, tmp_path):
    outs = []
    for threads in ("1", "3"):
        out = tmp_path / threads
        files = ("--model", out / "model", "--history", out / "history.csv")
        environment = {"OPENBLAS_NUM_THREADS": threads}
        stage("train", "--epochs", "2", *files, cwd=folder, **environment)
        stage("evaluate", *files, "--out", out, cwd=folder, **environment)
        outs.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert outs[0] == outs[1]


def test_pictures_are_predicted_and_a_bad_one_keeps_no_other_from_it(folder, tmp_path):
    draw_seven(tmp_path / "seven.png")
    Image.new("L", (300, 300), 200).save(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "huge.png").write_bytes(png_header(20_000, 10_000))
    names = ["empty.png", "text.png", "seven.png", "huge.png", "missing.png"]
    paths = [tmp_path / name for name in names]
    found = stage_within("predict", *paths, cwd=folder, expect=1)
    assert re.search(r"seven.png: 7, [\d.]+% sure\n +0  0.\d+", found.stdout)
    assert re.search(r"\n +7  [01]\.\d+  █+", found.stdout)
    sentences = found.stderr.splitlines()
    assert len(sentences) == 4
    for path, sentence in zip((*paths[:2], *paths[3:]), sentences, strict=True):
        assert sentence.startswith(f"Error: {path}: ")
    answers = json.loads(stage_within("predict", "--json", *paths, cwd=folder, expect=1).stdout)
    assert [(answer["picture"], answer["class"]) for answer in answers] == [(str(paths[2]), "7")]
    assert list(answers[0]["outputs"]) == list("0123456789")
    assert sum(answers[0]["outputs"].values()) == pytest.approx(1, abs=1e-4)
    assert (
        json.loads(stage_within("predict", "--json", paths[0], cwd=folder, expect=1).stdout) == []
    )


def png_header(width, height):
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    return start + struct.pack(">I", zlib.crc32(header)) + struct.pack(">I", 9) + b"IDAT"


@pytest.mark.parametrize("name", [*ALL, "compare", "study"])
def test_help_does_not_wait_for_numpy(name):
    code = f"import sys; import stages.{name}; sys.exit('numpy' in sys.modules)"
    run(sys.executable, "-c", code, cwd=ROOT)


def test_training_that_goes_wrong_says_so_and_leaves_no_model(folder, tmp_path):
    files = ("--model", tmp_path / "m", "--history", tmp_path / "h")
    found = stage_within("train", "--learning-rate", "1e30", *files, cwd=folder, expect=1)
    assert "the loss is no longer a finite number; lower the learning rate" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_layers_beyond_all_memory_are_one_sentence(folder):
    found = stage_within("train", "--hidden", "1000000000000", cwd=folder, expect=1)
    assert found.stderr.startswith("Error: there is not enough memory for this")
