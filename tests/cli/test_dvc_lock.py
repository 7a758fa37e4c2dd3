"""Stages that are started by hand while DVC is at work in the same folder."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from dvc.fs import localfs
from dvc.rwlock import rwlock
from ruamel.yaml import YAML
from zc.lockfile import LockFile

from tests.helpers import mnist_5k
from tests.helpers.commands import DVC, ENVIRONMENT, ROOT, dvc, stage, stage_within

WAITING = "another command is writing there; waiting until it is done\n"
OUTPUT = "data/raw/train-images-idx3-ubyte.gz"
# One that runs on after its stage has ended, as DVC does itself, until its pipe is written to.
PIPELINE = """
stages:
  train:
    cmd: python -m stages.train --epochs 1 --hidden 4 && touch ended && cat pipe
    outs: [models/model.safetensors, reports/history.csv]
"""


@pytest.fixture
def folder(params: Path) -> Path:
    """Make a folder in which DVC has run."""
    tmp = params.parent / ".dvc" / "tmp"
    tmp.mkdir(parents=True)
    (tmp / "rwlock").write_text("{}", encoding="utf-8")
    return params.parent


def start(*command: str | Path, cwd: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def lock_of_dvc(
    folder: Path, read: tuple[str, ...] = (), write: tuple[str, ...] = ()
) -> AbstractContextManager[None]:
    """Lock files as DVC does: in the name of this process."""
    paths = ([str(folder / name) for name in names] for names in (read, write))
    lock: AbstractContextManager[None] = rwlock(
        str(folder / ".dvc" / "tmp"), localfs, "dvc repro", *paths, False
    )
    return lock


@pytest.mark.parametrize(
    "lock",
    [
        lambda folder: lock_of_dvc(folder, write=(OUTPUT,)),
        lambda folder: lock_of_dvc(folder, read=("data/npy", OUTPUT)),
        lambda folder: lock_of_dvc(folder, read=("data",)),
        lambda folder: closing(LockFile(str(folder / ".dvc" / "tmp" / "lock"))),
    ],
    ids=["writes it", "reads it", "reads the folder around it", "is between two stages"],
)
def test_stage_started_by_hand_waits_while_dvc_uses_its_outputs(
    folder: Path, lock: Callable[[Path], AbstractContextManager[None]]
) -> None:
    with lock(folder):
        process = start(sys.executable, "-m", "stages.download", cwd=folder)
        assert process.stderr is not None
        assert process.stderr.readline() == f"data/raw: {WAITING}"
        assert not (folder / OUTPUT).exists()
    assert process.communicate()[1] == ""
    assert process.returncode == 0
    assert (folder / OUTPUT).exists()


def test_stage_that_dvc_starts_does_not_wait_for_it(folder: Path) -> None:
    with lock_of_dvc(folder, write=(OUTPUT,)):
        assert stage("download", cwd=folder, DVC_STAGE="download").stderr == ""
    assert (folder / OUTPUT).exists()


def test_stage_with_other_outputs_does_not_wait(folder: Path) -> None:
    with lock_of_dvc(folder, write=(OUTPUT,)):
        assert stage_within("download", "--out", "data/other", cwd=folder).stderr == ""


def test_stage_outside_of_the_project_does_not_wait_for_a_dvc_between_two_stages(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("elsewhere")
    with closing(LockFile(str(folder / ".dvc" / "tmp" / "lock"))):
        assert stage_within("download", "--out", out, cwd=folder).stderr == ""


def test_what_a_killed_dvc_left_is_not_waited_for(folder: Path) -> None:
    path = folder / ".dvc" / "tmp" / "rwlock"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    # After a restart of the computer the number may be another process's: this one's, here.
    for pid, written_at in ((ended.pid, path.stat().st_mtime), (os.getpid(), 0)):
        user = {"pid": pid, "cmd": "dvc repro"}
        content = {"write": {str(folder / OUTPUT): user}, "read": {str(folder / OUTPUT): [user]}}
        path.write_text(json.dumps(content), encoding="utf-8")
        os.utime(path, (written_at, written_at))
        assert stage_within("download", cwd=folder).stderr == ""


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"write": {"/": 1}}', '{"read": {"/": [{}]}}']
)
def test_a_broken_file_of_dvc_is_not_waited_for(folder: Path, content: str) -> None:
    (folder / ".dvc" / "tmp" / "rwlock").write_text(content, encoding="utf-8")
    assert stage_within("download", cwd=folder).stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes that have a path")
def test_dvc_records_what_its_stage_wrote_though_another_waits_for_the_folder(
    params: Path,
) -> None:
    folder = params.parent
    shutil.copytree(mnist_5k.FOLDER, folder / "data" / "raw")
    stage_within("convert", cwd=folder)
    dvc("init", "--no-scm", "--quiet", cwd=folder)
    (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    os.mkfifo(folder / "pipe")
    repro = start(DVC, "repro", cwd=folder)
    while not (folder / "ended").exists():
        assert repro.poll() is None, repro.communicate()
        time.sleep(0.02)
    pipe = (folder / "pipe").open("w")
    own = (folder / "reports" / "history.csv").read_bytes()
    options = ("--epochs", "1", "--hidden", "4", "--seed", "7")
    by_hand = start(sys.executable, "-m", "stages.train", *options, cwd=folder)
    assert by_hand.stderr is not None
    assert by_hand.stderr.readline() == f"models: {WAITING}"
    pipe.close()
    assert repro.communicate()[1] == ""
    assert by_hand.communicate()[1] == ""
    assert (repro.returncode, by_hand.returncode) == (0, 0)
    recorded = YAML(typ="safe").load(folder / "dvc.lock")["stages"]["train"]["outs"]
    md5 = {out["path"]: out["md5"] for out in recorded}
    assert md5["reports/history.csv"] == hashlib.md5(own, usedforsecurity=False).hexdigest()
    assert (folder / "reports" / "history.csv").read_bytes() != own
