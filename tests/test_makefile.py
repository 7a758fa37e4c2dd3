"""The Makefile's own work: the environment, one DVC at a time, experiments, a run's last lines."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.runtime.yaml_file import read_yaml
from tests.helpers.commands import ROOT, dvc, run
from tests.helpers.project import lend_environment, set_git_user, set_params

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("make") is None, reason="needs make"),
]

# Without the environment's folder: the Makefile must find its commands by itself.
BARE_PATH = os.pathsep.join(
    folder
    for folder in os.environ["PATH"].split(os.pathsep)
    if Path(folder) != Path(sys.prefix) / "bin"
)

NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def start_make(target: str, cwd: Path) -> "subprocess.Popen[str]":
    # Started by a make of its own, as `make test` is, it would print the folders that it enters.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.Popen(
        ["make", target, f"PYTHON={sys.executable}"],
        cwd=cwd,
        env=environment | {"PATH": BARE_PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def with_empty_requirements(folder: Path) -> Path:
    """Copy the Makefile and its scripts, with nothing to install."""
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements").mkdir()
    for path in (ROOT / "requirements").iterdir():
        (folder / "requirements" / path.name).touch()
    return folder


def test_two_make_the_environment_at_once_and_a_moved_folder_gets_a_new_one(
    tmp_path: Path,
) -> None:
    folder = with_empty_requirements(tmp_path / "here")
    both = [start_make("environment", folder) for _ in range(2)]
    printed = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    assert sorted("installing what the pipeline needs" in text for text in printed) == [False, True]
    assert sum("waiting until it is done" in text for text in printed) <= 1
    assert "installed-run" in {path.name for path in (folder / ".venv").iterdir()}
    assert start_make("environment", folder).communicate()[0] == ""

    moved = folder.rename(tmp_path / "there")
    made = start_make("environment", moved)
    assert "installing what the pipeline needs" in made.communicate()[0]
    script = run(moved / ".venv/bin/python", "-c", "import sys; print(sys.prefix)", cwd=moved)
    assert script.stdout == f"{moved / '.venv'}\n"


def test_each_set_of_requirements_is_added_to_the_environment_there_is(tmp_path: Path) -> None:
    folder = with_empty_requirements(tmp_path / "here")
    marker = folder / ".venv" / "of-the-first"
    assert start_make("environment", folder).wait() == 0
    marker.touch()
    assert start_make("environment-dev", folder).wait() == 0
    assert start_make("environment-study", folder).communicate()[0] == ""

    (packages,) = (folder / ".venv").glob("lib/python*/site-packages")
    (packages / "of-another-tool").mkdir()
    assert (
        "installing what the pipeline needs" in start_make("environment", folder).communicate()[0]
    )
    assert start_make("environment", folder).communicate()[0] == ""
    assert marker.exists()
    (folder / "requirements/run.txt").write_text("# another lock\n")
    assert start_make("environment", folder).wait() == 0
    assert not marker.exists()


def write_wheel(folder: Path) -> Path:
    path = folder / "thing-1.0-py3-none-any.whl"
    info = "thing-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def write_source(folder: Path) -> Path:
    """Write a package that runs code of its own when it is built."""
    source = folder / "thing-1.0"
    source.mkdir()
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (source / "setup.py").write_text(f"open({str(folder / 'has-run')!r}, 'w')\n")
    path = folder / "thing-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(source, source.name)
    shutil.rmtree(source)
    return path


@pytest.mark.parametrize(
    ("write", "has_hash"), [(write_wheel, False), (write_source, True)], ids=["no hash", "no wheel"]
)
def test_what_has_no_hash_or_no_wheel_is_not_installed(
    write: Callable[[Path], Path], has_hash: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(tmp_path))
    folder = with_empty_requirements(tmp_path / "here")
    digest = hashlib.sha256(write(tmp_path).read_bytes()).hexdigest()
    requirement = f"thing==1.0{f' --hash=sha256:{digest}' if has_hash else ''}\n"
    (folder / "requirements/run.txt").write_text(requirement)
    made = start_make("environment", folder)
    said = made.communicate()[0]
    assert made.returncode != 0, said
    assert "hash" in said or has_hash
    assert not (tmp_path / "has-run").exists()
    assert not (folder / ".venv" / "installed-run").exists()


def test_locked_versions_of_what_runs_are_those_that_are_developed_with() -> None:
    run_lock, study_lock, dev_lock = (
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / f"requirements/{name}.txt").read_text(), re.M))
        for name in ("run", "study", "dev")
    )
    assert len(run_lock) > 50
    assert run_lock < study_lock < dev_lock
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), "the address of an index"


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs a virtual environment to lend")
def test_two_runs_at_once_both_end_with_the_accuracy(experimented: Path, tmp_path: Path) -> None:
    project = shutil.copytree(experimented / "clone", tmp_path / "clone", symlinks=True)
    # The outputs are those of the experiment: one of the two runs brings back the others.
    run("git", "checkout", "--quiet", "params.yaml", cwd=project)
    lend_environment(project)
    both = [start_make("run", project) for _ in range(2)]
    for process in both:
        printed, _ = process.communicate()
        assert process.returncode == 0, printed
        assert re.search(
            r"\naccuracy on the test images: [\d.]+ % \(95 % interval [\d.]+ to [\d.]+ %\)\n"
            r"plots: reports/confusion.png .*\nall of it on one page: .*\n"
            r"draw a digit yourself: .*\n$",
            printed,
        )


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs a virtual environment to lend")
def test_experiment_leaves_the_workspace_as_it_was_and_reset_brings_back_what_was_committed(
    reproduced: Path, tmp_path: Path
) -> None:
    project = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    lend_environment(project)
    set_params(project, epochs=2)
    before = workspace(project)
    tool = (sys.executable, "tools/one_at_a_time.py", "python", "-m", "tools.experiment")
    recipe = "train: {epochs: 1, hidden: [16, 8], optimizer: adam}\ndemo: {snapshots: 2}\n"
    (project / "recipes/trial.yaml").write_text(recipe, encoding="utf-8")
    for _ in range(2):  # the second replaces the first
        done = run(*tool, "trial", "demo.snapshots=0", cwd=project)
        assert "experiment 'trial' is kept, and the workspace is as before" in done.stdout
        assert workspace(project) == before
    failed = run(*tool, "trial", "train.epochs=-1", cwd=project, expect=255)
    assert "epochs" in failed.stdout + failed.stderr
    assert workspace(project) == before

    run("git", "checkout", "--quiet", "params.yaml", cwd=project)
    committed = workspace(project)
    set_params(project, epochs=2)
    dvc("exp", "apply", "trial", cwd=project)
    assert workspace(project) != committed
    params = read_yaml(project / "params.yaml")
    assert (params["train"]["hidden"], params["train"]["optimizer"]) == ([16, 8], "adam")
    assert params["demo"]["snapshots"] == 0
    reset = start_make("reset", project)
    printed, _ = reset.communicate()
    assert reset.returncode == 0, printed
    assert "-  epochs: 1 " in printed
    assert workspace(project) == committed


def workspace(project: Path) -> dict[str, bytes]:
    """Read the parameters, DVC's lock and all that the pipeline wrote."""
    folders = ("data", "models", "reports")
    paths = [path for name in folders for path in (project / name).rglob("*") if path.is_file()]
    paths += [project / "params.yaml", project / "dvc.lock"]
    return {str(path.relative_to(project)): path.read_bytes() for path in paths}


def run_alone(folder: Path, expect: int, **environment: str) -> str:
    command = (sys.executable, ROOT / "tools" / "one_at_a_time.py", sys.executable, "--version")
    return run(*command, cwd=folder, expect=expect, **environment).stderr


def test_copy_without_git_and_linked_folders_get_advice(tmp_path: Path) -> None:
    assert "is not a Git repository, which DVC needs: run `git init`" in run_alone(tmp_path, 1)
    run("git", "init", "--quiet", cwd=tmp_path)
    (tmp_path / "inner").mkdir()
    assert f"of the Git repository {tmp_path}, and DVC needs" in run_alone(tmp_path / "inner", 1)
    set_git_user(tmp_path)
    assert run_alone(tmp_path, 0) == ""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")
    assert "data: is a symbolic link, and DVC writes to folders alone" in run_alone(tmp_path, 1)
    (tmp_path / "data").unlink()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(tmp_path / "elsewhere")
    assert f"{Path('data/raw')}: is a symbolic link" in run_alone(tmp_path, 1)


def test_whom_git_does_not_know_gets_a_name_for_this_repository_alone(tmp_path: Path) -> None:
    run("git", "init", "--quiet", cwd=tmp_path)
    said = run_alone(tmp_path, 0, **NOBODY)
    for key in ("user.name", "user.email"):
        value = run("git", "config", "--local", key, cwd=tmp_path).stdout.strip()
        assert f'git config {key} "{value}"' in said
    assert run_alone(tmp_path, 0, **NOBODY) == ""


def test_an_experiment_that_uv_starts_without_make_gets_a_name_too(tmp_path: Path) -> None:
    run("git", "init", "--quiet", cwd=tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "name.yaml").write_text("dataset: mnist\n", encoding="utf-8")
    command = (sys.executable, "-m", "tools.experiment", "name")
    # It ends there: nothing of DVC is in the folder.
    said = run(*command, cwd=tmp_path, expect=1, PYTHONPATH=str(ROOT), **NOBODY).stderr
    assert said.startswith("Git does not know you")


@pytest.mark.parametrize(
    ("script", "blocked"),
    [
        ("environment.py", ".venv.lock"),
        ("one_at_a_time.py", ".dvc/tmp/make.lock"),
        ("repair.py", ".dvc/tmp/checked.new"),
        ("result.py", "reports/metrics.json"),
    ],
)
def test_file_that_cannot_be_opened_is_named_in_a_sentence(
    script: str, blocked: str, tmp_path: Path
) -> None:
    run("git", "init", "--quiet", cwd=tmp_path)
    (tmp_path / blocked).mkdir(parents=True)
    command = (sys.executable, ROOT / "tools" / script, sys.executable)
    said = run(*command[: 3 if script == "one_at_a_time.py" else 2], cwd=tmp_path, expect=1).stderr
    assert said.splitlines()[-1].startswith(f"{blocked}: ") or f"/{blocked}: " in said
    assert "Traceback" not in said


def test_result_of_no_run_says_how_to_run(tmp_path: Path) -> None:
    said = run(sys.executable, ROOT / "tools" / "result.py", cwd=tmp_path, expect=1).stderr
    assert said == "reports/metrics.json: is missing: run the pipeline with `make run`\n"


@pytest.mark.parametrize("arguments", [("klassic",), ("",), ()])
def test_recipe_that_is_missing_is_a_sentence_that_names_those_there_are(
    arguments: tuple[str, ...],
) -> None:
    command = (sys.executable, "-m", "tools.experiment", *arguments)
    said = run(*command, cwd=ROOT, expect=1).stderr
    names = ", ".join(sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml")))
    assert said.endswith(f"takes one of {names}\n")
    assert said.count("\n") == 1


def test_makefile_uses_no_feature_that_make_3_81_lacks() -> None:
    text = (ROOT / "Makefile").read_text()
    for newer in (".ONESHELL", "::=", "!=", "$(file ", "undefine", "$(guile", "export "):
        assert newer not in text, newer


def test_results_of_other_kernels_end_with_what_to_do_about_them(
    reproduced: Path, tmp_path: Path
) -> None:
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)

    def last_lines() -> str:
        return run(sys.executable, ROOT / "tools" / "result.py", cwd=clone).stdout

    assert "note:" not in last_lines()
    # The kernels of another processor, in place of those that are the same everywhere.
    dvc("repro", "--force", cwd=clone, DIGITS_KERNELS="native", OPENBLAS_CORETYPE="Sandybridge")
    said = last_lines()
    assert "this machine computes other last digits" in said
    command = said.rpartition("keep them: ")[2]
    run("bash", "-c", command, cwd=clone)
    assert "note:" not in last_lines()
    assert run("git", "status", "--porcelain", cwd=clone).stdout == ""
    set_params(clone, epochs=1)  # now the results differ since a parameter does
    dvc("repro", cwd=clone)
    assert "note:" not in last_lines()
