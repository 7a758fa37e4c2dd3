"""A short version of each part of `make torture`."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.helpers.project import set_params
from tests.torture import disk, fuzz, kills
from tests.torture.mutations import Target

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("target", fuzz.targets(), ids=lambda target: target.name)
def test_every_reader_reads_or_refuses_mutated_files(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert fuzz.torture(target, int(1500 * min(target.share, 1))).failures == []


def test_disk_fault_is_one_sentence_and_leaves_no_half_written_file(tmp_path: Path) -> None:
    if not disk.can_mount():
        pytest.skip("needs the right to mount a file system in memory")
    outcomes = list(disk.torture(tmp_path, 1, ["train"]))
    assert [outcome.n_trials for outcome in outcomes] == [1, 1, 1, 1]
    assert [failure for outcome in outcomes for failure in outcome.failures] == []


@pytest.fixture(scope="module")
def victim(reproduced: Path, tmp_path_factory: pytest.TempPathFactory) -> kills.Victim:
    """Copy the project as it ran."""
    clone = tmp_path_factory.mktemp("victim") / "clone"
    return kills.Victim(shutil.copytree(reproduced, clone, symlinks=True))


def test_killed_pipeline_is_finished_by_the_next_run_with_the_bytes_of_another_clone(
    victim: kills.Victim,
) -> None:
    assert victim.kill_and_run_again(after="before training", whole_group=True) is None


def test_ctrl_c_during_training_stops_dvc_and_the_next_run_resumes(victim: kills.Victim) -> None:
    set_params(victim.clone, seed=2)
    running = victim.repro()
    victim.wait_for("before training", running)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait() != 0
    assert "run the same command again to resume" in victim.printed
    # The stage's own exit code, or the end of the shell around it, which the signal reaches too.
    assert "exited with 130" in victim.printed or "exited with -2" in victim.printed
    assert "Traceback" not in victim.printed
    assert victim.repro().wait() == 0
    assert "resuming from models/model.safetensors." in victim.printed
    assert list((victim.clone / "models").glob("*.checkpoint")) == []


@pytest.mark.parametrize("name", [".dvc/tmp/rwlock", "dvc.lock"])
def test_incomplete_file_of_dvc_does_not_stop_the_next_make_run(
    victim: kills.Victim, name: str
) -> None:
    (victim.clone / name).write_bytes(b"")
    assert victim.repro().wait() != 0
    assert victim.make_run() == 0
    assert victim.repairs[-1].startswith(f"{name}: was incomplete")
