"""What several tests need: a project folder, and MNIST where there is a mirror of it."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import chdir
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner, Result

from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE, DIGITS
from stages.network import model_file
from stages.network.config import TrainingConfig

ROOT = Path(__file__).parent.parent

# What starts the tests in the background may ignore Ctrl-C, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def run(
    *command: str | Path, cwd: Path, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a real command as a person would, and return what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done


def clone_project(folder: Path) -> Path:
    """Put the project as it stands, and nothing that it wrote, into a new Git repository."""
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    run("git", "init", "--quiet", cwd=folder)
    run("git", "config", "user.name", "Test", cwd=folder)
    run("git", "config", "user.email", "test@example.com", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--message", "As it stands", cwd=folder)
    return folder


def stage(
    name: str, *args: str | Path, cwd: Path, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a stage in a process of its own."""
    command = (sys.executable, "-m", f"stages.{name}", *args)
    return run(*command, cwd=cwd, expect=expect, PYTHONPATH=str(ROOT), **environment)


def stage_within(name: str, *args: str | Path, cwd: Path, expect: int = 0) -> Result:
    """Run a stage in this process, where all that it imports is there already."""
    command = getattr(import_module(f"stages.{name}"), name)
    with chdir(cwd):
        done = CliRunner().invoke(command, [str(word) for word in args])
    assert done.exit_code == expect, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


DVC = Path(sys.executable).with_name("dvc")
# Stages say `python`: that of the environment which the tests run in.
ENVIRONMENT = {"PATH": f"{DVC.parent}:/usr/bin:/bin"}


def dvc(*args: str, cwd: Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run DVC, with the stages' `python` that of the tests."""
    return run(DVC, *args, cwd=cwd, expect=expect, **ENVIRONMENT)


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clone the project, run its pipeline once and commit the results: for tests to copy."""
    clone = clone_project(tmp_path_factory.mktemp("reproduced"))
    dvc("repro", cwd=clone)
    run("git", "add", "--all", cwd=clone)
    run("git", "commit", "--quiet", "--allow-empty", "--message", "As it ran", cwd=clone)
    return clone


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of its own that has the project's params.yaml."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "params.yaml"


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Give the folder that DATASET_MIRROR names, or skip where it has no MNIST."""
    named = os.environ.get("DATASET_MIRROR", "")
    folder = (ROOT / named).resolve()
    if not named or not (folder / "mnist").is_dir():
        pytest.skip("needs MNIST: name a folder that has it with DATASET_MIRROR")
    return folder


class Mnist(NamedTuple):
    """MNIST's test part, and a small network that learnt its training part."""

    folder: Path
    images: np.ndarray
    labels: np.ndarray
    model: model_file.Model


@pytest.fixture(scope="session")
def mnist(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Mnist:
    """Convert MNIST, and learn a third of it for a few seconds; both are in the folder."""
    folder = tmp_path_factory.mktemp("mnist")
    arrays.convert(mirror / "mnist", folder, "mnist", CATALOGUE["mnist"])
    images, labels = arrays.load(folder, "train")
    deformed = {"augment": 0.5, "shift": 1.2, "rotation": 10, "scale": 0.1, "shear": 0.1}
    recipe = TrainingConfig(
        hidden=(100,),
        activation="relu",
        loss="cross_entropy",
        epochs=4,
        batch_size=128,
        learning_rate=0.1,
        learning_rate_schedule="cosine",
        momentum=0.9,
        weight_decay=0,
        validation_fraction=0,
        ensemble_size=1,
        seed=1,
        elastic=1.2,
        **deformed,
    )
    committee, epochs = recipe.start(images[:20_000], labels[:20_000], len(DIGITS))
    list(epochs)
    model = model_file.Model(committee, (28, 28), DIGITS)
    model_file.save(model, folder / "model.safetensors")
    return Mnist(folder, *arrays.load(folder, "test"), model)
