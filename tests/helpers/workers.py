"""Results that the workers of pytest-xdist share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def build_once(
    name: str,
    build: Callable[[Path], object],
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> Path:
    """Build a folder in the first worker that needs it; the others wait and share it.

    Parameters
    ----------
    name
        Name of the folder, unique in the test suite.
    build
        Fills the empty folder that it is given.
    tmp_path_factory, worker_id
        The fixtures of these names.

    Returns
    -------
    Path
        The folder. Tests must not change it: they copy it first.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / name
    done = folder.with_name(f"{name}.done")
    with FileLock(folder.with_name(f"{name}.lock")):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            done.touch()
    return folder
