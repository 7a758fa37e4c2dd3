"""Make `.venv`, the environment of the Makefile's targets, where it is missing or out of date.

Any Python 3 runs this, with its standard library alone. A virtual environment holds the path that
it was made at, so a moved folder gets a new one. Of two that run at once the second waits.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl

ROOT = Path.cwd()
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.txt"
# What builds the packages that have no wheel; installed first, so that it is locked as well.
BUILD_REQUIREMENTS = ROOT / "requirements-build.txt"
NO_WHEEL = "antlr4-python3-runtime"
# Written last: what the environment was made of.
STAMP = VENV / "installed"


def main() -> None:
    """Make the environment, unless it is there already."""
    with (ROOT / ".venv.lock").open("w") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current():
            make()


def is_current() -> bool:
    """Tell whether the environment was made here, of these requirements, and can be run."""
    try:
        return STAMP.read_text() == wanted_stamp() and (VENV / "bin" / "python").exists()
    except OSError:
        return False


def wanted_stamp() -> str:
    """Name what the environment depends on: its path and the requirements."""
    locked = BUILD_REQUIREMENTS.read_bytes() + REQUIREMENTS.read_bytes()
    return f"{VENV}\n{hashlib.sha256(locked).hexdigest()}\n"


def make() -> None:
    """Make the environment anew."""
    if sys.version_info < (3, 11):  # noqa: UP036, an older Python must get as far as this
        sys.exit(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}:"
            " name another, as in make PYTHON=python3.12 run"
        )
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    wheels = [*pip, "--quiet", "--require-hashes", "--only-binary", ":all:"]
    source = ["--no-binary", NO_WHEEL, "--no-build-isolation"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        [*wheels, "--requirement", str(BUILD_REQUIREMENTS)],
        [*wheels, *source, "--requirement", str(REQUIREMENTS)],
    ):
        code = subprocess.run(command, check=False).returncode
        if code:
            sys.exit(code)
    STAMP.write_text(wanted_stamp())


if __name__ == "__main__":
    main()
