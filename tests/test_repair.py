"""DVC's own files, broken as a kill or a power cut breaks them, and repaired."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from zc.lockfile import LockFile

from tests.helpers.commands import ROOT, dvc, run
from tests.helpers.project import commit, set_git_user
from tests.helpers.workers import build_once

pytestmark = pytest.mark.slow

PIPELINE = """
stages:
  first:
    cmd: echo first > first.txt
    outs: [first.txt]
  second:
    cmd: echo second > second.txt
    deps: [first.txt]
    outs: [second.txt]
"""


@pytest.fixture(scope="module")
def as_it_ran(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Run a pipeline of two stages."""

    def build(folder: Path) -> None:
        run("git", "init", "--quiet", cwd=folder)
        set_git_user(folder)
        dvc("init", "--quiet", cwd=folder)
        (folder / "dvc.yaml").write_text(PIPELINE)
        dvc("repro", cwd=folder)
        commit(folder, "As it ran")

    return build_once("repair", build, tmp_path_factory, worker_id)


@pytest.fixture
def project(as_it_ran: Path, tmp_path: Path) -> Path:
    return shutil.copytree(as_it_ran, tmp_path / "project")


def repair(project: Path, *args: str) -> str:
    done = run(sys.executable, ROOT / "tools" / "repair.py", *args, cwd=project)
    return done.stdout + done.stderr


def cached(project: Path) -> list[Path]:
    """List the files of DVC's cache."""
    return sorted(path for path in (project / ".dvc/cache/files").rglob("*") if path.is_file())


def overwrite(path: Path, content: bytes) -> None:
    """Change a file's content, not its mode: DVC trusts what is read-only."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)


def test_files_that_a_power_cut_emptied_are_made_again(project: Path) -> None:
    for path in [*cached(project), project / "first.txt", project / "second.txt"]:
        overwrite(path, b"")
    dvc("repro", cwd=project)  # takes the outputs from its cache, unread
    assert (project / "second.txt").read_text() == ""
    assert "removed 2 empty or damaged files" in repair(project)
    dvc("repro", cwd=project)
    assert (project / "second.txt").read_text() == "second\n"
    assert repair(project, "--all").startswith("DVC's files are whole; 2 of them are in ")


def test_cache_that_is_elsewhere_is_checked_too(project: Path, tmp_path: Path) -> None:
    (project / ".dvc/cache").rename(tmp_path / "elsewhere")
    dvc("cache", "dir", "--local", tmp_path / "elsewhere", cwd=project)
    damaged, _ = sorted((tmp_path / "elsewhere/files/md5").glob("*/*"))
    overwrite(damaged, b"damage")
    assert f"{tmp_path / 'elsewhere'}" in repair(project)
    assert not damaged.exists()
    assert f"1 of them are in {tmp_path / 'elsewhere'}" in repair(project, "--all")


def test_check_while_the_clock_was_ahead_is_not_trusted(project: Path) -> None:
    assert repair(project) == ""
    ahead = time.time() + 3600
    os.utime(project / ".dvc/tmp/checked", (ahead, ahead))
    overwrite(cached(project)[0], b"damage")
    assert "removed 1 empty or damaged files" in repair(project)


def test_what_is_whole_is_checked_again_only_when_it_changes(project: Path) -> None:
    first, second = cached(project)
    assert repair(project) == ""
    overwrite(first, b"damage")
    assert "removed 1 empty or damaged files" in repair(project)
    assert not first.exists()
    assert second.exists()
    overwrite(second, b"damage")
    time.sleep(0.02)  # a tick of the file system's clock
    (project / ".dvc/tmp/checked").touch()
    assert repair(project) == ""
    assert "removed 1 empty or damaged files" in repair(project, "--all")
    assert cached(project) == []


def test_file_of_a_folder_in_the_cache_is_compared_without_its_ending(project: Path) -> None:
    (project / "folder").mkdir()
    (project / "folder" / "file").write_text("content")
    dvc("add", "--quiet", "folder", cwd=project)
    listing = next(path for path in cached(project) if path.suffix == ".dir")
    assert repair(project) == ""
    overwrite(listing, b"[]")
    assert "removed 1 empty or damaged files" in repair(project)
    assert not listing.exists()


@pytest.mark.parametrize("content", [b"", b'{"read": {"/fir', b"[]"])
def test_rwlock_that_was_cut_short_is_removed(project: Path, content: bytes) -> None:
    path = project / ".dvc/tmp/rwlock"
    path.write_bytes(b"{}")
    assert repair(project) == ""
    path.write_bytes(content)
    assert repair(project) == ".dvc/tmp/rwlock: was incomplete, and is removed\n"
    assert not path.exists()


def test_lock_file_that_was_cut_short_is_restored_from_git_or_removed(project: Path) -> None:
    path = project / "dvc.lock"
    content = path.read_bytes()
    assert repair(project) == ""
    for size in (0, content.index(b"- path") + 4):
        path.write_bytes(content[:size])
        assert repair(project) == (
            "dvc.lock: was incomplete, is kept as dvc.lock.broken, and is restored from Git's last"
            " commit\n"
        )
        assert path.read_bytes() == content
        assert (project / "dvc.lock.broken").read_bytes() == content[:size]
    run("git", "rm", "--quiet", "--cached", "dvc.lock", cwd=project)
    run("git", "commit", "--quiet", "--message", "Without dvc.lock", cwd=project)
    path.write_bytes(b"")
    assert "and is removed\n" in repair(project)
    assert not path.exists()


def test_lock_file_with_merge_conflicts_is_left_to_who_merges(project: Path) -> None:
    path = project / "dvc.lock"
    content = path.read_text()
    for branch in ("ours", "theirs"):
        run("git", "checkout", "--quiet", "--orphan", branch, cwd=project)
        path.write_text(content.replace("size: 6", f"size: {len(branch)}"))
        commit(project, branch)
    merge = ("git", "merge", "--quiet", "--allow-unrelated-histories", "ours")
    run(*merge, cwd=project, expect=1)
    conflict = path.read_bytes()
    assert b"<<<<<<< HEAD" in conflict
    for _ in range(2):
        assert "dvc.lock: has the marks of a merge conflict: take one side" in repair(project)
        assert path.read_bytes() == conflict
    run("git", "checkout", "--quiet", "--theirs", "dvc.lock", cwd=project)
    assert repair(project) == ""


def test_nothing_is_touched_while_dvc_is_at_work(project: Path) -> None:
    path = project / ".dvc/tmp/rwlock"
    path.write_bytes(b"")
    lock = LockFile(str(project / ".dvc/tmp/lock"))
    try:
        assert "DVC is at work in this folder" in repair(project)
    finally:
        lock.close()
    assert path.exists()
