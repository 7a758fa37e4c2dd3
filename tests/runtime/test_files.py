import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stages.runtime.files import (
    atomic_write,
    atomic_write_files,
    exclusive_lock,
    require_writable,
)
from tests.helpers.commands import HANGS_AFTER, ROOT


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def start(code: str, cwd: Path) -> "subprocess.Popen[str]":
    """Start Python code that has the functions above and prints a line once it is ready."""
    imports = (
        "import sys, time; from pathlib import Path; from stages.runtime.files import *\n"
        f"HANGS_AFTER = {HANGS_AFTER}\n"
        "def ready(): print('ready', flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", imports + code],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with atomic_write(path) as temporary:
        temporary.write_text("complete")
        assert not path.exists()
    assert path.read_text() == "complete"
    assert names(path.parent) == ["file"]


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail_halfway() -> None:
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_files_of_a_killed_process_are_deleted_and_those_in_use_are_not(tmp_path: Path) -> None:
    code = """
with atomic_write(Path("file")) as one, atomic_write_files(Path(".")) as more:
    one.write_text("half"); (more / "other").write_text("half"); (more / "sub").mkdir()
    ready(); time.sleep(HANGS_AFTER)
"""
    with start(code, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with atomic_write(tmp_path / "file") as temporary, atomic_write_files(tmp_path):
            temporary.write_text("new")
            assert len(names(tmp_path)) == 8  # two folders and two locks of each process
        assert len(names(tmp_path)) == 5
        process.kill()
        process.wait()
    (tmp_path / ".file.mine.lock").touch()
    (tmp_path / ".file.mine.part").touch()
    with atomic_write(tmp_path / "file"), atomic_write_files(tmp_path):
        pass
    assert names(tmp_path) == [".file.mine.lock", ".file.mine.part", "file"]


def test_four_writers_of_one_file_lose_no_write(tmp_path: Path) -> None:
    code = """
ready()
for number in range(60):
    with atomic_write(Path("file")) as path: path.write_text(f"{number}")
"""
    processes = [start(code, tmp_path) for _ in range(4)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    assert (tmp_path / "file").read_text() == "59"
    assert names(tmp_path) == ["file"]


def test_one_path_in_two_spellings_is_written_twice(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "m") as first, atomic_write(tmp_path / "." / "m") as second:
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "m").read_text() == "first"
    assert names(tmp_path) == ["m"]


def test_name_of_full_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 127)
    with atomic_write(path) as temporary:
        temporary.write_text("x")
    assert names(tmp_path) == [path.name]


def test_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a device or a pipe"), atomic_write(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo()


def test_files_written_together_appear_all_or_none(tmp_path: Path) -> None:
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


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs a folder that refuses files")
def test_a_folder_that_refuses_files_with_no_such_file_is_not_waited_for() -> None:
    folder = Path("/proc")
    with pytest.raises(FileNotFoundError, match="'/proc'"), atomic_write(folder / "file"):
        pass
    with pytest.raises(FileNotFoundError, match="'/proc'"), exclusive_lock(folder, lambda: None):
        pass
    with pytest.raises(FileNotFoundError, match="'/proc'"):
        require_writable(folder / "new" / "file")


def test_what_can_be_written_is_told_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file", tmp_path / "new" / "folder" / "file"):
        require_writable(path)
    with pytest.raises(NotADirectoryError, match="file'"):
        require_writable(tmp_path / "file" / "new")
    assert names(tmp_path) == ["file"]


def test_lock_deletes_the_folder_it_created_if_it_is_empty(tmp_path: Path) -> None:
    with exclusive_lock(tmp_path / "new", lambda: None):
        assert (tmp_path / "new").is_dir()
    assert names(tmp_path) == []
    with exclusive_lock(tmp_path / "new", lambda: None):
        (tmp_path / "new" / "file").touch()
    assert names(tmp_path / "new") == ["file"]


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = "with exclusive_lock(Path('.'), lambda: 0): ready(); time.sleep(HANGS_AFTER)"
    with start(code, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    with exclusive_lock(tmp_path, lambda: pytest.fail("waits")):
        pass
    assert names(tmp_path) == []


def test_processes_take_turns_though_each_deletes_the_lock_and_the_folder(tmp_path: Path) -> None:
    """Each process marks its turns with a file that must not exist yet."""
    code = """
for _ in range(25):
    with exclusive_lock(Path("new"), lambda: 0):
        Path("mark").touch(exist_ok=False); time.sleep(0.001); Path("mark").unlink()
"""
    processes = [start(code, tmp_path) for _ in range(3)]
    for process in processes:
        process.communicate(timeout=HANGS_AFTER)
    assert [process.returncode for process in processes] == [0] * 3
    assert not (tmp_path / "new" / ".lock").exists()


class ContestedPath(type(Path())):  # type: ignore[misc]
    """A folder that another process makes, and deletes when this one finds it there."""

    tries: ClassVar[list[str]] = []

    def mkdir(self, *args: Any, **options: Any) -> None:
        self.tries.append(str(self))
        if len(self.tries) == 1:
            raise FileExistsError(errno.EEXIST, "File exists", str(self))
        super().mkdir(*args, **options)


def test_folder_that_is_deleted_while_it_is_made_is_made_again(tmp_path: Path) -> None:
    with exclusive_lock(ContestedPath(tmp_path / "new"), lambda: pytest.fail("waits")):
        assert names(tmp_path) == ["new"]
    assert names(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    with pytest.raises(OSError, match="new"), exclusive_lock(tmp_path / "new", lambda: None):
        pass
    assert names(tmp_path) == ["new"]


@pytest.mark.parametrize("n_renames", [1, 2, 3])
def test_kill_between_renames_leaves_no_files_of_two_runs(tmp_path: Path, n_renames: int) -> None:
    """End the process at once when it has renamed some of three files."""
    code = f"""
import os
def end_at_a_rename(event, args, left=[{n_renames}]):
    if event == "os.rename":
        left[0] -= 1
        if left[0] < 0: os._exit(9)
sys.addaudithook(end_at_a_rename)
with atomic_write_files(Path(".")) as folder:
    for name in "abc": (folder / name).write_text("new")
"""
    for name in "abc":
        (tmp_path / name).write_text("old", encoding="utf-8")
    with start(code, tmp_path) as process:
        assert process.wait() == (9 if n_renames < 3 else 0)
    left = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("[abc]")}
    assert left == dict.fromkeys("abc"[:n_renames], "new")


def test_ctrl_c_between_renames_waits_until_all_files_are_renamed(tmp_path: Path) -> None:
    code = """
import os, signal
from stages.runtime.signals import Interrupted, interruptible
def interrupt_at_a_rename(event, args, left=[2]):
    if event == "os.rename":
        left[0] -= 1
        if left[0] == 0: os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt_at_a_rename)
try:
    with interruptible(), atomic_write_files(Path(".")) as folder:
        for name in "abc": (folder / name).write_text("new")
except Interrupted as end:
    sys.exit(end.exit_code)
"""
    for name in "abc":
        (tmp_path / name).write_text("old", encoding="utf-8")
    with start(code, tmp_path) as process:
        assert process.wait() == 130
    left = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert left == dict.fromkeys("abc", "new")
