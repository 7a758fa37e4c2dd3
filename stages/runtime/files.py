"""Files that are whole or not there at all."""

import errno
import fcntl
import glob
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name in the same folder, and rename it once it is whole.

    Parameters
    ----------
    path
        Where the file is to stand. Its folder is made when missing.

    Yields
    ------
    Path
        The name to write to. When the block ends well it becomes `path`, in one step; when the
        block raises, it is deleted and what stood at `path` stays as it was.

    Raises
    ------
    OSError
        If the file cannot be written there: before the block runs, if that can be known.
    """
    beside = _name_beside(path.parent, path.name)
    _refuse_folder(path)
    try:
        with _in_use(os.open(beside, os.O_CREAT | os.O_RDWR, 0o666)):
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def atomic_write_files(folder: Path) -> Iterator[Path]:
    """Write files of a folder that belong together: all of them get their names, or none.

    Parameters
    ----------
    folder
        Where the files are to stand. It is made when missing.

    Yields
    ------
    Path
        The folder to write to. When the block ends well its files go to `folder`; when the block
        raises, they are deleted and what stood in `folder` stays as it was.

    Raises
    ------
    OSError
        If the files cannot be written there.
    """
    beside = _name_beside(folder, "together")
    try:
        beside.mkdir()
        with _in_use(os.open(beside, os.O_RDONLY)):
            yield beside
            new = sorted(beside.iterdir())
            for path in new:
                _refuse_folder(folder / path.name)
            for path in new:
                path.replace(folder / path.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _name_beside(folder: Path, name: str) -> Path:
    """Choose a temporary name, and delete what killed processes left under such names."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f".{glob.escape(name)}.*.part"):
        if _is_abandoned(left):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    # The process number keeps two runs that write the same file apart.
    return folder / f".{name}.{os.getpid()}.part"


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


@contextmanager
def _in_use(handle: int) -> Iterator[None]:
    """Lock a file or folder for as long as the block takes; the kernel unlocks for the killed."""
    try:
        with suppress(OSError):  # a file system that knows no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_abandoned(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False  # it has gone meanwhile, or is not ours
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


@contextmanager
def exclusive_lock(folder: Path, on_wait: Callable[[], object]) -> Iterator[None]:
    """Keep a folder to this process: another that reserves it waits until the block ends.

    The lock is the kernel's own (flock) on the folder itself: it leaves no file behind, and goes
    with the process however that ends.

    Parameters
    ----------
    folder
        Made when missing, and deleted again when nothing was written there.
    on_wait
        Called once, when another process has the folder.

    Raises
    ------
    OSError
        If the folder cannot be made or opened.
    """
    made = not folder.exists()
    handle = _locked(folder, on_wait)
    try:
        yield
    finally:
        if made:
            with suppress(OSError):
                folder.rmdir()
        os.close(handle)


def _locked(folder: Path, on_wait: Callable[[], object]) -> int:
    """Open and lock a folder, and give the handle that holds the lock until it is closed."""
    waited = False
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waited:
                    on_wait()
                waited = True
                fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            return handle  # a file system that knows no locks
        except BaseException:
            os.close(handle)
            raise
        with suppress(FileNotFoundError):
            if folder.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        os.close(handle)  # who had it before has deleted the folder
