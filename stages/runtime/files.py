"""Atomic writes, and locks of folders, with what Linux, macOS and Windows have in common."""

import errno
import glob
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from stages.runtime.regular_file import require_file
from stages.runtime.run_inputs import require_unchanged
from stages.runtime.signals import SignalHandler

# Imported where it is needed: --help does not wait for it.
if TYPE_CHECKING:
    from filelock import FileLock

_LOCK_NAME = ".lock"
# A file system without locks answers with one of these.
_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)
# File names have at most 255 bytes: the start of a name is enough for a temporary one.
_MAX_NAME_LENGTH = 50
# How often to try again where other processes delete a folder and make it again.
_MAX_TRIES = 100


@contextmanager
def atomic_write(path: Path, *, is_result: bool = True) -> Iterator[Path]:
    """Write a file beside `path`, and rename it to `path` once it is complete and on the disk.

    Parameters
    ----------
    path
        The file to write. Its folder is created if it is missing.
    is_result
        Whether a stage gives it to others: it may not be written then if parameters or code have
        changed since the stage started.

    Yields
    ------
    Path
        The temporary file to write. When the block ends, it replaces `path` in one step. If the
        block raises, it is deleted, and a file at `path` stays as it was.

    Raises
    ------
    OSError
        If the file cannot be written there; where possible, before the block runs.
    InputsChangedError
        As `require_unchanged`.
    """
    require_file(path)
    with _temporary_folder(path.parent, path.name) as tmp_folder:
        tmp_path = tmp_folder / path.name
        tmp_path.touch()
        yield tmp_path
        _sync_file(tmp_path)
        if is_result:
            require_unchanged()
        tmp_path.replace(path)
    _sync_folder(path.parent)


@contextmanager
def atomic_write_files(folder: Path) -> Iterator[Path]:
    """Write files beside `folder`'s own, and replace these once all are complete.

    Parameters
    ----------
    folder
        Where the files go. It is created if it is missing.

    Yields
    ------
    Path
        The temporary folder to write to. When the block ends, its files move to `folder`. If the
        block raises, they are deleted, and the files in `folder` stay as they were. After a kill
        some may be missing, but old and new ones never stand side by side.

    Raises
    ------
    OSError
        If the files cannot be written there.
    InputsChangedError
        As `require_unchanged`.
    """
    with _temporary_folder(folder, "files") as tmp_folder:
        new_files = tmp_folder / "files"
        new_files.mkdir()
        yield new_files
        new = sorted(new_files.iterdir())
        for path in new:
            require_file(folder / path.name)
            _sync_file(path)
        require_unchanged()
        with SignalHandler() as signals:  # Ctrl-C waits until all files are renamed
            # Deleted first: a kill between two renames leaves files missing, but none of two runs.
            for path in new:
                (folder / path.name).unlink(missing_ok=True)
            for path in new:
                path.replace(folder / path.name)
    _sync_folder(folder)
    signals.raise_if_requested()


def require_writable(path: Path) -> None:
    """Check that new files can be made where a file or folder is to be, leaving nothing behind.

    Raises
    ------
    OSError
        If they cannot: it names the folder, the nearest one that exists.
    """
    for n_left in reversed(range(_MAX_TRIES)):
        folder = next(each for each in (path, *path.parents) if each.exists())
        if folder == path and path.is_file():
            folder = path.parent
        try:
            with TemporaryFile(dir=folder):
                return
        except OSError as error:
            # Deleted since it was found; but some folders, such as /proc, always answer so.
            if not (isinstance(error, FileNotFoundError) and n_left):
                raise OSError(error.errno, error.strerror, str(folder)) from error


@contextmanager
def exclusive_lock(folder: Path, on_wait: Callable[[], object]) -> Iterator[None]:
    """Let one process at a time work in a folder; the others wait.

    The lock is on a file in the folder. It is deleted at the end; after a kill it stays, unlocked.

    Parameters
    ----------
    folder
        Created if it is missing, and deleted again if the block wrote nothing there.
    on_wait
        Called once, if another process has the lock.

    Raises
    ------
    OSError
        If the folder cannot be created or written to.
    """
    existed = folder.exists()
    lock = _acquire_folder(folder, on_wait)
    try:
        yield
    finally:
        _delete_and_release(lock)
        if not existed:
            with suppress(OSError):
                folder.rmdir()


def _acquire_folder(folder: Path, on_wait: Callable[[], object]) -> "FileLock":
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK_NAME)
    waited = False
    while True:
        with suppress(FileExistsError):
            folder.mkdir(parents=True, exist_ok=True)
        require_writable(folder)
        try:
            _acquire(lock, blocking=waited)
        except Timeout:
            on_wait()
            waited = True
        except (FileNotFoundError, FileExistsError):  # deleted meanwhile by who had the lock
            if folder.exists() and not folder.is_dir():
                raise
        else:
            return lock


def _acquire(lock: "FileLock", *, blocking: bool) -> None:
    """Lock a file, or go on without a lock on a file system that has none."""
    try:
        lock.acquire(blocking=blocking)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def _delete_and_release(lock: "FileLock") -> None:
    """Delete a lock's file and release the lock.

    Elsewhere than on Windows the file goes first: once released, it may be another process's.
    Windows deletes no open file, and thus neither ours nor, after the release, another's.
    """
    path = Path(lock.lock_file)
    if sys.platform != "win32":
        path.unlink(missing_ok=True)
    lock.release()
    if sys.platform == "win32":
        with suppress(OSError):
            path.unlink()


@contextmanager
def _temporary_folder(parent: Path, name: str) -> Iterator[Path]:
    """Create a folder for temporary files, with a locked file beside it; delete both in the end."""
    from filelock import FileLock

    parent.mkdir(parents=True, exist_ok=True)
    require_writable(parent)
    prefix = f".{name[:_MAX_NAME_LENGTH]}."
    _delete_stale(parent, prefix)
    base = parent / f"{prefix}{os.urandom(4).hex()}"
    lock = FileLock(f"{base}.lock")
    _acquire(lock, blocking=True)
    folder = Path(f"{base}.part")
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _delete_and_release(lock)


def _delete_stale(parent: Path, prefix: str) -> None:
    """Delete the temporary folders that killed processes left.

    A process locks its file before it creates its folder: where nobody has the lock, nobody uses
    the folder.
    """
    from filelock import FileLock, Timeout

    for path in parent.glob(f"{glob.escape(prefix)}{'[0-9a-f]' * 8}.lock"):
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            continue  # in use, or another user's
        shutil.rmtree(path.with_suffix(".part"), ignore_errors=True)
        _delete_and_release(lock)


def _sync_file(path: Path) -> None:
    """Write a file to the disk: after a power cut a renamed file could be empty otherwise."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Write a folder's names to the disk, on the systems that open folders."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
