"""The stages by hand, one after the other, as their --help shows."""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from safetensors.numpy import load_file

from stages.classifier import model_file
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.runtime.signals import Interrupted, interruptible
from tests.helpers.commands import ROOT, run, stage, stage_within
from tests.helpers.project import set_params

ALL = ("check", "download", "convert", "train", "evaluate", "demo", "lab", "report", "predict")


def draw_seven(path: Path) -> None:
    """Draw a seven with a felt pen on grey paper."""
    page = Image.new("L", (400, 600), 220)
    stroke = [(120, 150), (290, 150), (220, 290), (180, 430)]
    ImageDraw.Draw(page).line(stroke, fill=40, width=40, joint="curve")
    page.save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the example of each command's --help in turn, in an empty folder with params.yaml."""
    folder = tmp_path_factory.mktemp("by-hand")
    shutil.copy(ROOT / "params.yaml", folder)
    set_params(folder, epochs=8, snapshots=5)
    draw_seven(folder / "my-seven.jpg")
    for name in ALL:
        shown = stage_within(name, "--help", cwd=folder).stdout
        example = re.search(r"Example:\n +python -m stages\.(\w+)(.*)\n", shown)
        assert example is not None, shown
        assert example[1] == name
        stage_within(name, *shlex.split(example[2]), cwd=folder)
    return folder


def test_examples_in_help_work_in_turn(folder: Path) -> None:
    assert {path.name for path in (folder / "reports").iterdir()} == {
        "samples.png",
        "history.csv",
        "validation_predictions.csv",
        "metrics.json",
        "predictions.csv",
        "classes.csv",
        "calibration.csv",
        "reliability.png",
        "learning_curves.png",
        "confusion.png",
        "mistakes.png",
        "weights.png",
        "demo.html",
        "lab.html",
        "index.html",
        "my-seven.png",
    }


def test_every_picture_of_the_reports_has_content(folder: Path) -> None:
    contents = set()
    for path in (folder / "reports").glob("*.png"):
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("L"))
        assert (pixels < 250).mean() > 0.02, path.name
        contents.add(pixels.tobytes())
    assert len(contents) == 7


def files(out: Path) -> tuple[str, ...]:
    return "--model", str(out / "m"), "--reports", str(out)


def test_training_prints_its_files_and_ends_with_the_validation_accuracy(
    folder: Path, tmp_path: Path
) -> None:
    printed = stage_within("train", "--epochs", "2", *files(tmp_path), cwd=folder)
    lines = printed.stdout.splitlines()
    assert lines[0].startswith("before training: accuracy ")
    assert lines[1].startswith("epoch 2 of 2: loss ")
    written = [tmp_path / name for name in ("m", "history.csv", "validation_predictions.csv")]
    assert lines[2] == f"written: {', '.join(map(str, written))}"
    assert lines[3].startswith("lowest validation loss: ")
    assert lines[4].startswith("accuracy ")
    assert " of 400 validation images (95 % interval " in lines[4]
    assert len(lines) == 5
    assert printed.stderr == ""  # a bar is for terminals

    (_, last) = read_table(tmp_path / "history.csv")
    assert lines[1].endswith(f"accuracy {float(last['validation_accuracy']):.2%}")
    assert (tmp_path / "m").stat().st_size > 100_000


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_validation_accuracy_is_the_same_in_every_report(folder: Path, tmp_path: Path) -> None:
    args = ("--epochs", "3", "--hidden", "20", "--ensemble-size", "2", *files(tmp_path))
    printed = stage_within("train", *args, cwd=folder).stdout
    rows = read_table(tmp_path / "validation_predictions.csv")
    assert len(rows) == 400  # a tenth of the 4,000 training images
    expected = np.mean([row["actual"] == row["predicted"] for row in rows])
    assert printed.splitlines()[-1].startswith(f"accuracy {expected:.2%} of 400 validation images")


def test_training_without_validation_images_prints_no_validation_accuracy(
    folder: Path, tmp_path: Path
) -> None:
    args = ("--epochs", "1", "--validation-fraction", "0", *files(tmp_path))
    printed = stage_within("train", *args, cwd=folder).stdout
    assert "validation accuracy" not in printed
    written, calibration = printed.splitlines()[-2:]
    assert written.startswith("written: ")
    assert calibration == "not calibrated: train.validation_fraction is 0"
    assert read_table(tmp_path / "validation_predictions.csv") == []
    (row,) = read_table(tmp_path / "history.csv")
    assert row["validation_accuracy"] == row["validation_loss"] == ""
    assert 0 < float(row["clean_train_accuracy"]) <= 1
    stage_within("evaluate", *files(tmp_path), cwd=folder)


def test_random_weights_classify_about_a_tenth_correctly(folder: Path, tmp_path: Path) -> None:
    stage_within("train", "--epochs", "0", *files(tmp_path), cwd=folder)
    printed = stage_within("evaluate", *files(tmp_path), cwd=folder).stdout
    accuracy = re.search(r"accuracy ([\d.]+)% of 1,000", printed)
    assert accuracy is not None
    assert 2 < float(accuracy[1]) < 25


def copy_reports(folder: Path, out: Path) -> None:
    """Copy what `evaluate` reads, to let it write elsewhere."""
    shutil.copy(folder / "reports" / "history.csv", out)


def test_evaluation_shows_the_first_test_image_and_ends_with_the_accuracy(
    folder: Path, tmp_path: Path
) -> None:
    copy_reports(folder, tmp_path)
    printed = stage_within("evaluate", "--verbose", "--reports", tmp_path, cwd=folder).stdout
    assert re.search(r"\nthe first test image \(true label: 7\): .*\n  0  0\.\d{3}", printed)
    short = stage_within("evaluate", "--reports", tmp_path, cwd=folder).stdout
    assert short.startswith("lowest recall: ")
    assert "confusion matrix" not in short
    assert printed.endswith(short.partition("\n")[2])
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    last_line = short.splitlines()[-1]
    assert last_line.startswith(f"accuracy {metrics['accuracy']:.2%} of 1,000 test images (95 % ")
    assert last_line.endswith(f"), loss {metrics['loss']:.4f}")


def test_network_for_other_images_is_refused(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "test_images.npy", np.zeros((5, 3, 3), np.uint8))
    np.save(tmp_path / "test_labels.npy", np.zeros(5, np.uint8))
    write_manifest(create_manifest(tmp_path, "mnist-5k", CATALOGUE["mnist-5k"]), tmp_path)
    out = tmp_path / "out"
    result = stage_within("evaluate", "--data", tmp_path, "--reports", out, cwd=folder, expect=1)
    assert "the images have 9 pixels, but the network takes 784" in result.stderr
    assert not out.exists()


def test_broken_raw_file_is_one_sentence_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "data" / "raw", tmp_path / "raw")
    with (tmp_path / "raw" / "train-images-idx3-ubyte.gz").open("r+b") as file:
        file.truncate(5000)
    out = tmp_path / "npy"
    args = ("--raw", tmp_path / "raw", "--out", out)
    result = stage_within("convert", *args, cwd=folder, expect=1)
    assert "the gzip archive is broken" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.slow
def test_mnist_from_a_mirror_is_learnt(folder: Path, mirror: Path, tmp_path: Path) -> None:
    raw, npy = tmp_path / "raw", tmp_path / "npy"
    stage_within("download", "--dataset", "mnist", "--mirror", mirror, "--out", raw, cwd=folder)
    arrays = ("--out", npy, "--samples", tmp_path / "samples.png")
    stage_within("convert", "--dataset", "mnist", "--raw", raw, *arrays, cwd=folder)
    quick = ("--hidden", "32", "--epochs", "2", "--batch-size", "128", "--strength", "0")
    stage_within("train", "--data", npy, *files(tmp_path), *quick, cwd=folder)
    printed = stage_within("evaluate", "--data", npy, *files(tmp_path), cwd=folder).stdout
    accuracy = re.search(r"accuracy ([\d.]+)% of 10,000", printed)
    assert accuracy is not None
    assert float(accuracy[1]) > 94


def test_ensemble_predicts_the_mean_of_its_networks_outputs(folder: Path, tmp_path: Path) -> None:
    """Its reports are compared with the weights in the model file, layer by layer."""
    train = ("--ensemble-size", "3", "--epochs", "2", "--hidden", "20", "--activation", "relu")
    args = (*train, "--loss", "cross_entropy", *files(tmp_path))
    stage_within("train", *args, cwd=folder)
    stage_within("evaluate", *files(tmp_path), cwd=folder)

    pixels = np.load(folder / "data" / "npy" / "test_images.npy").reshape(1000, 784) / 255
    labels = np.load(folder / "data" / "npy" / "test_labels.npy")
    tensors = load_file(tmp_path / "m")
    of_networks = [tensor.tobytes() for name, tensor in tensors.items() if "networks" in name]
    assert len(set(of_networks)) == len(of_networks) == 3 * 2 * 2
    outputs = []
    for index in range(3):
        w1, b1, w2, b2 = (
            tensors[f"networks.{index}.layers.{layer}.{name}"]
            for layer in (0, 1)
            for name in ("weights", "biases")
        )
        scores = np.maximum(pixels @ w1 + b1, 0) @ w2 + b2
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        outputs.append(exponentials / exponentials.sum(axis=1, keepdims=True))
    mean = np.mean(outputs, axis=0)
    assert not np.allclose(mean, outputs[0], atol=0.01)

    rows = read_table(tmp_path / "predictions.csv")
    calibrated = mean ** (1 / model_file.load(tmp_path / "m").calibration.temperature)
    calibrated /= calibrated.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        [float(row["confidence"]) for row in rows], calibrated.max(axis=1), atol=1e-4
    )
    assert [int(row["predicted"]) for row in rows] == mean.argmax(axis=1).tolist()
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    accuracy = (mean.argmax(axis=1) == labels).mean()
    loss = -np.log(mean[np.arange(1000), labels]).mean()
    assert metrics["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert metrics["loss"] == pytest.approx(loss, abs=1e-4)


@pytest.mark.slow
def test_number_of_blas_threads_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    outs = []
    for n_threads in ("1", "3"):
        out = tmp_path / n_threads
        quick = ("--epochs", "1", "--hidden", "32", *files(out))
        stage("train", *quick, cwd=folder, OPENBLAS_NUM_THREADS=n_threads)
        stage("evaluate", *files(out), cwd=folder, OPENBLAS_NUM_THREADS=n_threads)
        outs.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert outs[0] == outs[1]


def test_pictures_are_predicted_even_if_others_are_unreadable(
    reproduced: Path, tmp_path: Path
) -> None:
    draw_seven(tmp_path / "seven.png")
    Image.new("L", (300, 300), 200).save(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "huge.png").write_bytes(png_header(20_000, 10_000))
    names = ["empty.png", "text.png", "seven.png", "huge.png", "missing.png"]
    paths = [tmp_path / name for name in names]
    result = stage_within("predict", *paths, cwd=reproduced, expect=1)
    assert re.search(r"seven.png: 7, [\d.]+% sure\n +0  0.\d+", result.stdout)
    assert re.search(r"\n +7  [01]\.\d+  █+", result.stdout)
    sentences = result.stderr.splitlines()
    assert len(sentences) == 4
    for path, sentence in zip((*paths[:2], *paths[3:]), sentences, strict=True):
        assert sentence.startswith(f"Error: {path}: ")
    answers = json.loads(stage_within("predict", "--json", *paths, cwd=reproduced, expect=1).stdout)
    assert [(answer["picture"], answer["class"]) for answer in answers] == [(str(paths[2]), "7")]
    assert list(answers[0]["probabilities"]) == list("0123456789")
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert max(answers[0]["probabilities"].values()) == answers[0]["confidence"]
    assert (
        json.loads(stage_within("predict", "--json", paths[0], cwd=reproduced, expect=1).stdout)
        == []
    )


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    return start + struct.pack(">I", zlib.crc32(header)) + struct.pack(">I", 9) + b"IDAT"


def test_diverging_training_is_one_sentence_and_leaves_no_model(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "m").write_text("of an earlier run")
    args = ("--learning-rate", "1e30", *files(tmp_path))
    result = stage_within("train", *args, cwd=folder, expect=1)
    assert "training has diverged in epoch 1 of 8: " in result.stderr
    assert "; lower train.learning_rate" in result.stderr
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "m").read_text() == "of an earlier run"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "m"]


def test_layers_too_large_for_the_memory_are_one_sentence(folder: Path, tmp_path: Path) -> None:
    args = ("--hidden", "1,1000000,1000000", *files(tmp_path))
    result = stage_within("train", *args, cwd=folder, expect=1)
    assert "weights takes 8,000 GB of memory, and this machine has " in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_reports_of_a_model_of_another_name_lie_beside_it(folder: Path, tmp_path: Path) -> None:
    tracked = {path: path.read_bytes() for path in (folder / "reports").iterdir()}
    model = tmp_path / "small.safetensors"
    stage_within("train", "--epochs", "3", "--hidden", "4", "--model", model, cwd=folder)
    reports = tmp_path / "small.reports"
    assert len(read_table(reports / "history.csv")) == 3
    stage_within("evaluate", "--model", model, cwd=folder)
    beside = {path.name: path.read_bytes() for path in reports.iterdir()}
    assert {"metrics.json", "predictions.csv", "learning_curves.png"} <= beside.keys()
    stage_within("evaluate", "--model", model, "--reports", reports, cwd=folder)
    assert {path.name: path.read_bytes() for path in reports.iterdir()} == beside
    assert {path: path.read_bytes() for path in (folder / "reports").iterdir()} == tracked

    (reports / "history.csv").unlink()
    result = stage_within("evaluate", "--model", model, cwd=folder, expect=2)
    assert result.stderr == f"Error: {reports / 'history.csv'}: No such file or directory\n"


def test_default_model_in_another_spelling_has_the_default_reports(folder: Path) -> None:
    before = (folder / "reports" / "metrics.json").read_bytes()
    (folder / "reports" / "metrics.json").unlink()
    stage_within("evaluate", "--model", "./models/../models/model.safetensors", cwd=folder)
    assert (folder / "reports" / "metrics.json").read_bytes() == before
    assert not list((folder / "models").glob("*.reports"))


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("train", ("--model", "x/history.csv", "--reports", "x/../x")),
        ("train", ("--model", "x/validation_predictions.csv", "--reports", "x")),
        ("train", ("--model", "data/npy/../npy/train_labels.npy")),
        ("convert", ("--samples", "data/npy/train_images.npy")),
        ("convert", ("--samples", "data/raw/train-images-idx3-ubyte.gz")),
        ("evaluate", ("--model", "reports/metrics.json", "--reports", "reports")),
        ("evaluate", ("--model", "reports/weights.png", "--reports", "./reports")),
        ("demo", ("--out", "models/model.safetensors")),
        ("lab", ("--out", "data/npy/test_labels.npy")),
        ("predict", ("my-seven.jpg", "--show", "./my-seven.jpg")),
    ],
)
def test_files_that_collide_are_refused_in_a_sentence(
    folder: Path, command: str, args: tuple[str, ...]
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = stage_within(command, *args, cwd=folder, expect=2)
    assert result.stderr.startswith("Error: ")
    assert "this command" in result.stderr
    assert result.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_closed_output_pipe_loses_no_report(folder: Path, tmp_path: Path) -> None:
    """Like `evaluate | head -2`, with a reader that is gone before the first line."""
    copy_reports(folder, tmp_path)
    for name, args in [("evaluate", ("--reports", tmp_path)), ("predict", ("my-seven.jpg",))]:
        read, write = os.pipe()
        os.close(read)
        result = subprocess.run(
            [sys.executable, "-m", f"stages.{name}", *args],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=write,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(write)
        assert result.returncode == 141
        assert result.stderr == b""
    names = {path.name for path in tmp_path.iterdir()}
    assert {"metrics.json", "predictions.csv", "confusion.png"} <= names


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_every_command_works_with_closed_streams_and_an_unknown_mplbackend(
    folder: Path, tmp_path: Path, name: str
) -> None:
    args = {
        "download": ("--out", tmp_path),
        "convert": ("--out", tmp_path, "--samples", tmp_path / "samples.png"),
        "train": (*files(tmp_path), "--epochs", "1", "--hidden", "4"),
        "evaluate": ("--reports", tmp_path),
        "demo": ("--out", tmp_path / "demo.html"),
        "lab": ("--out", tmp_path / "lab.html"),
        "report": ("--reports", tmp_path),
        "predict": ("my-seven.jpg", "--show", tmp_path / "seven.png"),
    }
    if name == "evaluate":
        copy_reports(folder, tmp_path)
    if name == "report":
        shutil.copytree(folder / "reports", tmp_path, dirs_exist_ok=True)
        (tmp_path / "index.html").unlink()
    command = [sys.executable, "-m", f"stages.{name}", *map(str, args.get(name, ()))]
    run(
        "sh",
        "-c",
        f"{shlex.join(command)} <&- >&- 2>&-",
        cwd=folder,
        PYTHONPATH=str(ROOT),
        MPLBACKEND="nonsense",
    )
    first_output = {
        "download": "train-images-idx3-ubyte.gz",
        "convert": "train_images.npy",
        "train": "m",
        "evaluate": "metrics.json",
        "demo": "demo.html",
        "lab": "lab.html",
        "report": "index.html",
        "predict": "seven.png",
    }
    assert name == "check" or (tmp_path / first_output[name]).stat().st_size > 0


def test_control_characters_of_names_do_not_reach_the_terminal(
    reproduced: Path, tmp_path: Path
) -> None:
    path = tmp_path / "\x1b]0;seven\x07\x9b31m\udcff.jpg"
    draw_seven(tmp_path / "seven.jpg")
    (tmp_path / "seven.jpg").rename(path)
    printed = stage("predict", path, cwd=reproduced).stdout
    assert "\\x1b]0;seven\\x07\\x9b31m\\udcff.jpg: 7" in printed
    path.unlink()
    failed = stage_within("predict", path, cwd=reproduced, expect=1).stderr
    refused = stage_within("predict", path, "--model", path, cwd=reproduced, expect=2).stderr
    unknown = stage_within("predict", "--\x1b[31m", cwd=reproduced, expect=2).stderr
    for text in (failed, refused, unknown):
        assert "\\x1b" in text
        assert "\x1b" not in text


@pytest.mark.parametrize("options", [(), ("--many",)])
def test_a_picture_of_any_name_is_drawn(
    folder: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    draw_seven(tmp_path / "seven.jpg")
    path = (tmp_path / "seven.jpg").rename(tmp_path / "\x1b[31m\x07\udcff.jpg")
    shown = tmp_path / "seven.png"
    assert stage_within("predict", path, "--show", shown, *options, cwd=folder).stderr == ""
    assert shown.stat().st_size > 1000


def test_control_characters_in_a_librarys_warning_do_not_reach_the_terminal(folder: Path) -> None:
    code = """
import sys, warnings
from stages.predict import predict
sys.addaudithook(lambda event, _: event == "open" and warnings.warn("\x1b[31m", stacklevel=1))
predict()
"""
    done = run(sys.executable, "-c", code, "--help", cwd=folder, PYTHONPATH=str(ROOT))
    assert "Warning: \\x1b[31m" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ALL, "compare", "study"])
def test_help_needs_no_module_that_windows_lacks(folder: Path, name: str) -> None:
    code = f"""
import runpy, signal, sys
for missing in ("fcntl", "resource", "termios", "grp", "pwd", "posix_ipc"):
    sys.modules[missing] = None
for missing in ("SIGALRM", "ITIMER_REAL", "setitimer", "alarm", "SIGKILL", "SIGHUP", "SIGPIPE"):
    delattr(signal, missing)
sys.argv = ["stages.{name}", "--help"]
runpy.run_module("stages.{name}", run_name="__main__")
"""
    printed = run(sys.executable, "-c", code, cwd=folder, PYTHONPATH=str(ROOT)).stdout
    assert printed.startswith("Usage: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("check", "stages.cli"),
        ("check", "ruamel.yaml"),
        ("train", "filelock"),
        ("train", "numpy"),
        ("train", "stages.training.config"),
        ("evaluate", "matplotlib.figure"),
    ],
)
def test_interrupt_while_modules_load_is_silent(
    folder: Path, tmp_path: Path, name: str, module: str
) -> None:
    """Interrupt when a module is about to be imported."""
    code = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
"""
    (tmp_path / "sitecustomize.py").write_text(code)
    result = subprocess.run(
        [sys.executable, "-m", f"stages.{name}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode in (-signal.SIGINT, 130)
    assert result.stderr == ""


def test_interrupt_that_a_library_discards_still_ends_the_command() -> None:
    def discard_interrupt() -> None:
        with interruptible(), suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted) as raised:
        discard_interrupt()
    assert raised.value.exit_code == 143


def test_a_python_without_the_packages_says_how_to_activate_the_environment() -> None:
    said = run(sys.executable, "-S", "-m", "stages.check", cwd=ROOT, expect=1).stderr
    assert said.startswith(f"Error: {sys.executable} has no package ")
    assert said.endswith("with `. .venv/bin/activate`\n")
    assert said.count("\n") == 1
