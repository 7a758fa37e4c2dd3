"""Fixtures that several test modules share."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from selenium import webdriver

from tests import browser as browsers
from tests.helpers import mnist as mnist_helper
from tests.helpers.commands import ROOT, dvc
from tests.helpers.mnist import Mnist
from tests.helpers.project import clone_project, commit, set_params
from tests.helpers.workers import build_once

# No test is decided by the speed of the machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# A background job may ignore Ctrl-C, and so would all the processes that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


# Of the fixture `reproduced`.
N_EPOCHS = 8

# The modules that take longest, longest first: no worker is left alone with one of them at the end.
FIRST = (
    "test_tour_of_dvc",
    "test_docs",
    "test_pipeline",
    "test_commands",
    "test_torture",
    "test_makefile",
    "test_own_data",
    "test_compare_command",
    "test_demo",
    "test_study_command",
    "test_compare_workflow",
    "test_lab",
    "test_gather",
    "test_provenance",
    "test_interruption",
    "test_run_inputs",
    "test_snapshots",
    "test_report",
    "test_digit_finder",
    "test_gather_formats",
    "test_reader",
    "test_revisions",
    "test_significance",
    "test_doubt",
    "test_plots",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session", autouse=True)
def _no_dvc_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep remotes and other settings outside the project away from the tests."""
    for kind in ("GLOBAL", "SYSTEM"):
        os.environ[f"DVC_{kind}_CONFIG_DIR"] = str(tmp_path_factory.mktemp("no-dvc-settings"))


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Clone the project, run its pipeline for few epochs and commit: for tests to copy."""

    def build(folder: Path) -> None:
        clone_project(folder)
        set_params(folder, epochs=N_EPOCHS, snapshots=5)
        dvc("repro", cwd=folder)
        commit(folder, "As it ran")

    return build_once("reproduced", build, tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def experimented(
    reproduced: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """Copy the project as it ran, to `clone`, and run a short experiment there.

    What DVC printed is in the files `stdout` and `stderr` beside it.
    """

    def build(folder: Path) -> None:
        clone = shutil.copytree(reproduced, folder / "clone", symlinks=True)
        changes = ("-S", "train.epochs=1", "-S", "train.activation=sigmoid")
        ran = dvc("exp", "run", "--name", "short", *changes, cwd=clone)
        (folder / "stdout").write_text(ran.stdout, encoding="utf-8")
        (folder / "stderr").write_text(ran.stderr, encoding="utf-8")

    return build_once("experimented", build, tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    """Open one browser for all tests of a worker: a page sets anew what it depends on."""
    with browsers.opened() as browser:
        yield browser


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a folder of the test's own that has the project's params.yaml."""
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


@pytest.fixture(scope="session")
def mnist(mirror: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Mnist:
    """Give MNIST's test images and a small network; both are in the folder."""

    def build(folder: Path) -> None:
        mnist_helper.build(mirror, folder)

    return mnist_helper.load(build_once("mnist", build, tmp_path_factory, worker_id))
