"""Run a command in `.venv`, after all others that were started by this script in this folder.

DVC does not wait for another DVC that is at work in the same folder; it fails. Nor does it keep
experiments where Git knows no name to keep them under, so one is set.
"""

import getpass
import os
import subprocess
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def main() -> None:
    """Wait for the lock, then become the command, which holds the lock until it ends."""
    require_repository()
    set_identity()
    # The stages' commands say `python`: that of the environment.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    lock_path = Path(".dvc/tmp/make.lock")
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(lock_path, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        sys.exit(
            f"{error.filename}: {error.strerror}: DVC writes to the project's folder, where you"
            " must be allowed to"
        )
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
        top = git("rev-parse", "--show-toplevel")
        sys.exit(
            f"{Path.cwd()} is a folder of the Git repository {top}, and DVC needs one of its own:"
            " clone the project elsewhere"
            if top
            else f"{Path.cwd()} is not a Git repository, which DVC needs: run `git init` here, or"
            " clone the project"
        )
    for folder in (Path("data"), *Path("data").glob("*"), Path("models"), Path("reports")):
        if folder.is_symlink():
            sys.exit(
                f"{folder}: is a symbolic link, and DVC writes to folders alone: make it a folder;"
                " large files can be on another disk with `dvc cache dir` and `dvc config"
                " cache.type symlink`"
            )


def set_identity() -> None:
    """Give this repository a user name and an email address, where Git knows none."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # of a user without an entry in the system's table
        name = "user"
    values = {"user.name": name, "user.email": f"{name}@localhost"}
    missing = {key: value for key, value in values.items() if not git("config", key)}
    for key, value in missing.items():
        git("config", key, value)
    if missing:
        print(
            "Git does not know you, and DVC keeps experiments as commits. For this repository"
            " alone, you are now:\n"
            + "\n".join(f'  git config {key} "{value}"' for key, value in missing.items()),
            file=sys.stderr,
        )


def git(*args: str) -> str:
    """Return what a Git command prints; nothing if it fails."""
    done = subprocess.run(
        ["git", *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
