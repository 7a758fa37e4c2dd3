"""Make `.venv`, the environment of the Makefile's targets, where it is missing or out of date.

Usage: `python tools/environment.py [run | study | dev]`. Any Python 3 runs this, with its standard
library alone. uv installs the locked requirements: the one on PATH, else one of `.uv`, which is
made here; pip does, where uv has no build for the platform. A virtual environment holds the path
that it was made at, so a moved folder gets a new one. Of two that run at once the second waits.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

OLDEST = (3, 11)
ROOT = Path.cwd()
VENV = ROOT / ".venv"
UV = ROOT / ".uv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
REQUIREMENTS = ROOT / "requirements"
# Comes with DVC's Hydra, and is the one package without a wheel; `build.txt` locks what builds it.
NO_WHEEL = "antlr4-python3-runtime"
# No warnings of an old pip, or of one that root runs: it installs into folders here.
ENVIRONMENT = {
    **os.environ,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}
VERIFIED = ["--require-hashes", "--only-binary", ":all:"]
# What each set adds to those before it.
SETS = {
    "run": "what the pipeline needs",
    "study": "what a study needs",
    "dev": "what tests, style and types need",
}


def main() -> None:
    """Make the environment, or add what it lacks."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else "run"
    if wanted not in SETS:
        sys.exit(f"{wanted}: is none of the sets of requirements: {', '.join(SETS)}")
    try:
        with (ROOT / ".venv.lock").open("w") as lock:
            wait_for(lock.fileno())
            if not is_current(wanted):
                install(wanted)
    except OSError as error:
        sys.exit(
            f"{error.filename}: {error.strerror}: packages are installed into the project's folder,"
            " where you must be allowed to write"
        )


def wait_for(lock: int) -> None:
    """Wait until no other process makes the environment."""
    if sys.platform != "win32":
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another make installs packages here; waiting until it is done", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)


def is_current(name: str) -> bool:
    """Tell whether a set is installed as it is locked, and nothing was installed since."""
    return is_made(name) and (
        site_packages().stat().st_mtime_ns <= stamp_path(name).stat().st_mtime_ns
    )


def is_made(name: str) -> bool:
    """Tell whether a set was installed as it is locked, here, in an environment that can be run."""
    try:
        return stamp_path(name).read_text() == stamp(name) and PYTHON.exists()
    except FileNotFoundError:
        return False


def stamp(name: str) -> str:
    """Name what a set's packages depend on: the environment's path and the locked versions."""
    locked = (REQUIREMENTS / f"{name}.txt").read_bytes()
    return f"{VENV}\n{hashlib.sha256(locked).hexdigest()}\n"


def stamp_path(name: str) -> Path:
    """Name the file that holds a set's stamp, once the set is installed."""
    return VENV / f"installed-{name}"


def site_packages() -> Path:
    """Find the folder that packages are installed into."""
    pattern = "Lib/site-packages" if sys.platform == "win32" else "lib/python*/site-packages"
    return next(VENV.glob(pattern))


def install(wanted: str) -> None:
    """Install a set of requirements, into a new environment if the present one is out of date."""
    start = time.monotonic()
    path = REQUIREMENTS / f"{wanted}.txt"
    print(f"installing {SETS[wanted]} into .venv, from {path.relative_to(ROOT)}", flush=True)
    build = REQUIREMENTS / "build.txt"
    uv = find_uv()
    if uv:
        base = [] if sys.version_info < OLDEST else ["--python", sys.executable]
        make = [uv, "venv", "--quiet", "--no-project", *base, str(VENV)]
        add = [uv, "pip", "install", "--python", str(PYTHON), "--build-constraints", str(build)]
        if sys.dont_write_bytecode:  # else each process would compile what it imports
            add.append("--compile-bytecode")
    else:
        require_python()
        make = [sys.executable, "-m", "venv", str(VENV)]
        add = [str(PYTHON), "-m", "pip", "install", "--no-build-isolation"]
    if not is_made("run"):
        shutil.rmtree(VENV, ignore_errors=True)
        run(make)
        if not uv:  # pip builds with what is installed
            run([*add, *VERIFIED, "--requirement", str(build)])
    run([*add, *VERIFIED, "--no-binary", NO_WHEEL, "--requirement", str(path)])
    (site_packages() / "__pycache__").mkdir(exist_ok=True)  # else Python makes it, after the stamp
    for name in SETS:  # each set holds those before it
        stamp_path(name).write_text(stamp(name))
        if name == wanted:
            break
    files = [file.lstat().st_size for file in VENV.rglob("*")]
    n_packages = len(list(site_packages().glob("*.dist-info")))
    seconds = time.monotonic() - start
    print(
        f".venv: {n_packages} packages, {sum(files) / 1e6:.0f} MB, in {seconds:.0f} s", flush=True
    )


def find_uv() -> "str | None":
    """Find uv on PATH or in `.uv`, or install it there; None where it has no build."""
    found = shutil.which("uv") or shutil.which("uv", path=str(UV / "bin"))
    if found:
        return found
    print("installing uv, which installs the packages, into .uv", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(UV)]
    command = [*pip, *VERIFIED, "--requirement", str(REQUIREMENTS / "uv.txt")]
    subprocess.run(command, env=ENVIRONMENT, check=False)
    found = shutil.which("uv", path=str(UV / "bin"))
    if not found:
        print("without uv: pip installs the packages, which takes a minute", flush=True)
    return found


def require_python() -> None:
    """Stop if this Python is too old: unlike uv, pip cannot find another."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}:"
            " name another, as in make PYTHON=python3.12 run"
        )


def run(command: "list[str]") -> None:
    """Run a command, and end with its exit code if it fails."""
    code = subprocess.run(command, env=ENVIRONMENT, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
