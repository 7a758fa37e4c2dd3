"""DVC's locks: it hashes the outputs of a stage after the stage's own lock is released."""

import json
import os
from pathlib import Path

_TMP = Path(".dvc/tmp")


def is_used_by_dvc(path: Path) -> bool:
    """Check whether a DVC that did not start this command reads or writes a file or folder now.

    What a killed DVC left in its files, and files that cannot be read, do not count.
    """
    path, rwlock = path.resolve(), _TMP / "rwlock"
    if "DVC_STAGE" in os.environ or not path.is_relative_to(Path.cwd()) or not rwlock.exists():
        return False
    # Imported where they are needed: the stages that DVC starts do not wait for them.
    import psutil
    from filelock import FileLock, Timeout

    try:
        # DVC holds this lock except while the command of a stage runs: between two stages too.
        with FileLock(_TMP / "lock", blocking=False):
            content, written_at = json.loads(rwlock.read_bytes()), rwlock.stat().st_mtime
        return any(
            psutil.pid_exists(user["pid"])
            # A process that started later has the number of one that was killed.
            and psutil.Process(user["pid"]).create_time() < written_at
            for users_by_name in content.values()
            for name, users in users_by_name.items()
            if path.is_relative_to(name) or Path(name).is_relative_to(path)
            for user in (users if isinstance(users, list) else [users])
        )
    except Timeout:
        return True
    except Exception:  # of JSON, of what it holds, of files
        return False
