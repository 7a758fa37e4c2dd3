"""A short version of each part of `make torture`."""

import os
import signal
import time

import pytest

from tests.torture import disk, fuzz, kills


@pytest.mark.parametrize("target", fuzz.targets(), ids=lambda target: target.name)
def test_no_mutated_input_gets_the_better_of_a_reader(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = fuzz.torture(target, 1500)
    assert outcome.lost == []


def test_stage_on_a_disk_that_fails_says_so_and_leaves_nothing_half_written(tmp_path):
    if not disk.can_be_tried():
        pytest.skip("needs a machine that lets us mount a file system in memory")
    for outcome in disk.torture(tmp_path, 1, ["download"]):
        assert outcome.lost == []


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    """Clone the project and run it once, with few epochs; the tests below kill it."""
    return kills.Victim(tmp_path_factory.mktemp("victim") / "clone", {"epochs: 100": "epochs: 20"})


def test_killed_pipeline_is_finished_by_the_next_run(victim):
    try:
        assert victim.kill_and_run_again(after=victim.seconds / 2, whole_group=True) is None
    except kills.DvcFaultError as error:
        pytest.xfail(str(error))


def test_ctrl_c_stops_dvc_amid_training_and_the_next_run_goes_on(victim):
    (victim.clone / "params.yaml").write_text(
        (victim.clone / "params.yaml").read_text().replace("seed: 1", "seed: 2")
    )
    running = victim.repro()
    while "before training" not in victim.printed:
        assert running.poll() is None, victim.printed
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait() != 0
    assert "run the same command again to go on from here" in victim.printed
    # The stage's own exit code, or the end of the shell around it, which the signal reaches too.
    assert "exited with 130" in victim.printed or "exited with -2" in victim.printed
    assert "Traceback" not in victim.printed
    assert victim.repro().wait() == 0
    assert "resuming from models/model.safetensors." in victim.printed
    assert list((victim.clone / "models").glob("*.checkpoint")) == []


@pytest.mark.xfail(strict=True, reason="DVC rewrites the file in place; the README says what to do")
@pytest.mark.parametrize("name", [".dvc/tmp/rwlock", "dvc.lock"])
def test_file_of_dvcs_own_that_a_kill_cut_short_is_no_hindrance(victim, name):
    path = victim.clone / name
    whole = path.read_bytes() if path.exists() else None
    path.write_bytes(b"")
    try:
        assert victim.repro().wait() == 0
    finally:
        path.write_bytes(whole) if whole else path.unlink()


@pytest.mark.parametrize("name", [".dvc/tmp/rwlock", "dvc.lock"])
def test_file_of_dvcs_own_that_is_broken_is_repaired_as_the_readme_says(victim, name):
    (victim.clone / name).write_bytes(b"")
    assert victim.repro().wait() != 0
    assert f"{name}'" in victim.printed
    victim.repair()
    assert victim.repro().wait() == 0
