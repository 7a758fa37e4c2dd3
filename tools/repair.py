"""Repair DVC's own files after a kill or a power cut: `make run` does so before it starts DVC.

DVC does not wait until its files are on the disk, and trusts a file of its cache by its name. After
a power cut some may be empty, and every later run fails. Here each is compared with its name, which
is its hash; a broken one is removed, and DVC runs its stage again. What is whole is not checked
again until it changes, unless `--all` is given.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from dvc.config import Config
from zc.lockfile import LockError, LockFile

TMP = Path(".dvc/tmp")
RWLOCK = TMP / "rwlock"
DVC_LOCK = Path("dvc.lock")
# A broken `dvc.lock`, kept beside the one that replaces it.
BROKEN = Path("dvc.lock.broken")
# What has not changed since this file's time is whole, and on the disk.
STAMP = TMP / "checked"


def main() -> None:
    """Check what is new, or everything, and say what was repaired."""
    try:
        check()
    except OSError as error:
        sys.exit(
            f"{error.filename}: {error.strerror}: only who may change DVC's files can repair them"
        )


def check() -> None:
    """Check the files while DVC is not at work, and print what was repaired."""
    check_all = "--all" in sys.argv
    TMP.mkdir(parents=True, exist_ok=True)
    cache = cache_folder()
    with ExitStack() as stack:
        try:
            for name in ("lock", "rwlock.lock"):  # DVC's locks of all its files, and of `rwlock`
                stack.enter_context(closing(LockFile(str(TMP / name))))
        except LockError:
            print("DVC is at work in this folder: its files are not checked", file=sys.stderr)
            return
        since = changed_at(STAMP) if STAMP.exists() and not check_all else 0
        if since > time.time_ns():  # made while the clock was ahead: tells nothing
            since = 0
        repaired = list(repair(cache, since))
    for sentence in repaired:
        print(sentence, file=sys.stderr)
    if check_all and not repaired:
        print(f"DVC's files are whole; {len(objects(cache))} of them are in {cache}")


def cache_folder() -> Path:
    """Find the folder of DVC's cache, which its configuration may have put elsewhere."""
    folder = Config.from_cwd(validate=False).get("cache", {}).get("dir", ".dvc/cache")
    return Path(folder) / "files" / "md5"


def repair(cache: Path, since: int) -> Iterator[str]:
    """Repair what changed since a time, in nanoseconds, and is broken; yield what was done."""
    new_stamp = STAMP.with_name("checked.new")
    new_stamp.write_bytes(b"")
    broken = [path for path in objects(cache) if is_broken(path, check_object, since)]
    for path in broken:
        path.chmod(0o644)  # Windows deletes nothing that is read-only
        path.unlink()
    if broken:
        yield f"{cache}: removed {len(broken)} empty or damaged files: DVC runs their stages again"
    if is_broken(RWLOCK, check_rwlock, since):
        RWLOCK.unlink()
        yield f"{RWLOCK}: was incomplete, and is removed"
    if DVC_LOCK.exists() and has_conflict_marks(DVC_LOCK):
        yield (
            f"{DVC_LOCK}: has the marks of a merge conflict: take one side with `git checkout"
            f" --ours {DVC_LOCK}` or `--theirs`, then run the pipeline"
        )
    elif is_broken(DVC_LOCK, check_dvc_lock, since):
        DVC_LOCK.replace(BROKEN)
        yield f"{DVC_LOCK}: was incomplete, is kept as {BROKEN}, and is {restore_dvc_lock()}"
    new_stamp.replace(STAMP)


def objects(cache: Path) -> list[Path]:
    """List the files of a cache; names end with `.dir` where they list the files of a folder."""
    name = "[0-9a-f]" * 2 + "/" + "[0-9a-f]" * 30
    return [path for end in ("", ".dir") for path in cache.glob(name + end)]


def is_broken(path: Path, check: Callable[[bytes, Path], object], since: int) -> bool:
    """Check a file that is new; one that is whole is brought to the disk, if it is not there yet.

    Parameters
    ----------
    path
        A file, which may be missing.
    check
        Raises an error if the content is broken.
    since
        What has not changed since is not read, unless it is empty.
    """
    try:
        if path.stat().st_size and changed_at(path) < since:
            return False
        check(path.read_bytes(), path)
    except OSError:
        return False
    except Exception:  # of JSON, of YAML, of DVC's schemas
        return True
    sync(path)
    return False


def check_object(content: bytes, path: Path) -> None:
    """Compare a file of the cache with its name: its MD5."""
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != path.parent.name + path.stem:
        raise ValueError


def check_rwlock(content: bytes, path: Path) -> None:
    """Read `rwlock` as DVC does."""
    from dvc.rwlock import SCHEMA

    SCHEMA(json.loads(content))


def check_dvc_lock(content: bytes, path: Path = DVC_LOCK) -> None:
    """Read `dvc.lock` as DVC does."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from ruamel.yaml import YAML

    COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(content))


def has_conflict_marks(path: Path) -> bool:
    """Tell whether a file holds two versions of a part, as Git writes them after a merge."""
    return bool(re.search(rb"^(<{7}|={7}|>{7})( |\r?$)", path.read_bytes(), re.MULTILINE))


def restore_dvc_lock() -> str:
    """Write Git's copy of `dvc.lock`, if Git has one that is whole, and tell what was done."""
    command = ["git", "show", f"HEAD:./{DVC_LOCK}"]
    with suppress(Exception):
        copy = subprocess.run(command, capture_output=True, check=True).stdout
        check_dvc_lock(copy)
        DVC_LOCK.write_bytes(copy)
        sync(DVC_LOCK)
        return "restored from Git's last commit"
    return "removed"


def changed_at(path: Path) -> int:
    """Tell when a file, or its name, changed last, in nanoseconds."""
    stat = path.stat()
    return max(stat.st_mtime_ns, stat.st_ctime_ns)


def sync(path: Path) -> None:
    """Wait until a file is on the disk; Windows does so for files opened for writing alone."""
    with suppress(OSError), path.open("rb") as file:
        os.fsync(file.fileno())


if __name__ == "__main__":
    main()
