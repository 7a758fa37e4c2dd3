"""Run a command in `.venv`, after all others that were started by this script in this folder.

DVC does not wait for another DVC that is at work in the same folder; it fails.
"""

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def main() -> None:
    """Wait for the lock, then become the command, which holds the lock until it ends."""
    require_repository()
    # The stages' commands say `python`: that of the environment.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    lock_path = Path(".dvc/tmp/make.lock")
    lock_path.parent.mkdir(exist_ok=True)
    lock = os.open(lock_path, os.O_CREAT | os.O_RDWR, 0o666)
    os.set_inheritable(lock, True)
    if sys.platform != "win32":
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another make runs DVC here; waiting until it is done", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
    os.execvp(sys.argv[1], sys.argv[1:])


def require_repository() -> None:
    """Advise who has an archive of the project instead of a clone, or links to another disk."""
    if not Path(".git").exists():
        sys.exit(
            f"{Path.cwd()} is not a Git repository, which DVC needs: run `git init` here, or clone"
            " the project"
        )
    for folder in (Path("data"), *Path("data").glob("*"), Path("models"), Path("reports")):
        if folder.is_symlink():
            sys.exit(
                f"{folder}: is a symbolic link, and DVC writes to folders alone: make it a folder;"
                " large files can be on another disk with `dvc cache dir` and `dvc config"
                " cache.type symlink`"
            )


if __name__ == "__main__":
    main()
