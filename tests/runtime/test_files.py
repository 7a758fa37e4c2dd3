import subprocess
import sys

import pytest

from stages.runtime.files import atomic_write, atomic_write_files, exclusive_lock


def test_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file"
    with atomic_write(path) as beside:
        beside.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [path] == list(path.parent.iterdir())


def test_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail_halfway() -> None:
        with atomic_write(path) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert [path] == list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_deleted_and_what_is_in_use_is_not(tmp_path):
    path = tmp_path / "file"
    (tmp_path / ".file.99999.part").write_text("half")
    (tmp_path / ".together.99999.part").mkdir()
    (tmp_path / ".together.99999.part" / "one").write_text("half")
    (tmp_path / ".file.txt").write_text("mine")
    with atomic_write(path) as beside, atomic_write_files(tmp_path) as folder:
        code = f"""
import os; os.getpid = lambda: 1  # so that the name is another
from pathlib import Path
from stages.runtime.files import atomic_write, atomic_write_files
with atomic_write(Path({str(path)!r})) as beside, atomic_write_files(Path({str(tmp_path)!r})):
    beside.write_text("of the other")
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        assert sorted(tmp_path.iterdir()) == [
            beside, tmp_path / ".file.txt", folder, path,
        ]  # fmt: skip
        assert path.read_text() == "of the other"
        beside.write_text("mine")
    assert path.read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == [tmp_path / ".file.txt", path]


def test_files_written_together_appear_all_or_none(tmp_path):
    (tmp_path / "one").write_text("old")
    (tmp_path / "two").mkdir()

    def write() -> None:
        with atomic_write_files(tmp_path) as folder:
            (folder / "one").write_text("new")
            (folder / "two").write_text("new")
            assert (tmp_path / "one").read_text() == "old"

    with pytest.raises(IsADirectoryError, match="two"):
        write()
    assert (tmp_path / "one").read_text() == "old"
    (tmp_path / "two").rmdir()
    write()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "one": "new",
        "two": "new",
    }


def test_folder_where_nothing_was_written_goes_again(tmp_path):
    with exclusive_lock(tmp_path / "new", lambda: None):
        assert (tmp_path / "new").is_dir()
    assert list(tmp_path.iterdir()) == []
    with exclusive_lock(tmp_path / "new", lambda: None):
        (tmp_path / "new" / "file").touch()
    assert (tmp_path / "new" / "file").exists()
