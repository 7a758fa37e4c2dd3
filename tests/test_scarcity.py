"""Little memory, networks too large for it, and pipes where files should be."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.helpers.commands import HANGS_AFTER, ROOT, stage_within

COMMANDS = ("train", "evaluate", "predict", "demo", "convert")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert mnist-5k."""
    folder = tmp_path_factory.mktemp("scarcity")
    (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    stage_within("download", cwd=folder)
    stage_within("convert", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def trained(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train and evaluate a small network."""
    trained = tmp_path_factory.mktemp("trained") / "copy"
    shutil.copytree(folder, trained, ignore=shutil.ignore_patterns("*--*"))  # the pipes of tests
    stage_within("train", "--epochs", "1", "--hidden", "4", cwd=trained)
    stage_within("evaluate", cwd=trained)
    return trained


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit that the system enforces")
@pytest.mark.parametrize("megabytes", [200, 250, 300, 450])
@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_too_little_memory_is_one_sentence(folder: Path, name: str, megabytes: int) -> None:
    command = f"ulimit -v {megabytes * 1024}; exec '{sys.executable}' -m stages.{name}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_AFTER,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("Error: there is not enough memory for this (")
    assert done.stderr.count("\n") == 1


def test_network_too_large_for_the_machine_says_how_much_memory_it_takes(folder: Path) -> None:
    size = ("--hidden", "1000000,1000000", "--ensemble-size", "1000")
    printed = stage_within("train", *size, cwd=folder, expect=1).stderr
    assert "takes 8,006,3" in printed
    assert printed.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes that have a path")
@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("train", "--model"),
        ("evaluate", "--model"),
        ("demo", "--model"),
        ("demo", "--out"),
        ("convert", "--samples"),
    ],
)
def test_pipe_instead_of_a_file_is_refused(folder: Path, name: str, option: str) -> None:
    path = folder / f"{name}{option}"
    os.mkfifo(path)
    printed = stage_within(name, option, path, cwd=folder, expect=2).stderr
    assert "is a device or a pipe, not a file." in printed


@pytest.fixture
def alarm() -> Iterator[None]:
    """Raise an error in what waits for ever."""

    def end(number: int, frame: object) -> None:
        raise AssertionError("waits for ever")

    previous = signal.signal(signal.SIGALRM, end)
    signal.alarm(HANGS_AFTER)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes that have a path")
@pytest.mark.parametrize(
    ("command", "pipe"),
    [
        ("check", "params.yaml"),
        ("train", "params.yaml"),
        ("train", "data/npy/manifest.json"),
        ("evaluate", "data/npy/test_labels.npy"),
        ("evaluate", "reports/history.csv"),
        ("report", "reports/history.csv"),
        ("demo", "models/model.snapshots.safetensors"),
        ("predict picture.png", "picture.png"),
        ("predict --many picture.png", "picture.png"),
        ("study study.yaml", "study.yaml"),
    ],
)
def test_pipe_among_the_files_that_a_command_reads_is_refused(
    trained: Path, tmp_path: Path, alarm: None, command: str, pipe: str
) -> None:
    folder = shutil.copytree(trained, tmp_path / "copy")
    (folder / pipe).unlink(missing_ok=True)
    os.mkfifo(folder / pipe)
    name, *args = command.split()
    with chdir(folder):
        result = CliRunner().invoke(getattr(import_module(f"stages.{name}"), name), args)
    assert result.exit_code in (1, 2)
    assert pipe in result.stderr
    assert result.stderr.endswith("is a device or a pipe, not a file\n")
    assert result.stderr.count("\n") == 1


def test_a_name_too_long_for_the_files_beside_it_is_a_sentence(folder: Path) -> None:
    model = folder / ("m" * 238)
    options = ("--ensemble-size", "2", "--epochs", "2", "--hidden", "4", "--model", model)
    result = stage_within("train", *options, "--reports", folder / "r", cwd=folder, expect=1)
    assert "File name too long" in result.stderr
