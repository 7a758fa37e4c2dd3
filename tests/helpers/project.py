"""Copies of the project in Git repositories of their own."""

import configparser
import re
import shutil
import sys
from pathlib import Path

from tests.helpers.commands import ROOT, run


def clone_project(folder: Path) -> Path:
    """Copy the project as it stands, without what it wrote, into a new Git repository."""
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    _remove_remotes(folder / ".dvc" / "config")
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=folder)
    set_git_user(folder)
    commit(folder, "As it stands")
    return folder


def set_git_user(folder: Path) -> None:
    """Give a repository the user that DVC's experiments need."""
    run("git", "config", "user.name", "Test", cwd=folder)
    run("git", "config", "user.email", "test@example.com", cwd=folder)


def commit(folder: Path, message: str) -> None:
    """Commit everything that Git does not ignore."""
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--allow-empty", "--message", message, cwd=folder)


def set_params(folder: Path, **values: int | float | str) -> None:
    """Change values in params.yaml, each named by the last part of its key."""
    path = folder / "params.yaml"
    text = path.read_text(encoding="utf-8")
    for key, value in values.items():
        text, n_changed = re.subn(
            rf"^( *{key}:) [^#\n]*?( #.*)?$", rf"\1 {value}\2", text, flags=re.M
        )
        assert n_changed == 1, key
    path.write_text(text, encoding="utf-8")


def lend_environment(project: Path) -> None:
    """Give a project the environment of the tests, which has everything installed."""
    venv = project / ".venv"
    venv.mkdir()
    for name in ("bin", "lib"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", venv)
    code = "import tools.environment as made; made.stamp_path('run').write_text(made.stamp('run'))"
    run(sys.executable, "-c", code, cwd=project)


def _remove_remotes(path: Path) -> None:
    """Remove the remotes from DVC's configuration: tests must not read or write them."""
    config = configparser.ConfigParser()
    config.read(path, encoding="utf-8")
    for section in config.sections():
        if "remote" in section:
            config.remove_section(section)
    config.remove_option("core", "remote")
    with path.open("w", encoding="utf-8") as file:
        config.write(file)
