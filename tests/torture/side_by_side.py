"""Several runs at once in one folder, and parallel experiments from DVC's queue."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.helpers.commands import DVC, run
from tests.helpers.project import commit
from tests.torture.kills import ENVIRONMENT, Victim, differences, hashes
from tests.torture.outcome import Outcome


def two_runs(victim: Victim) -> str | None:
    """Start `dvc repro` twice: one does the work, the other is refused, or does the rest."""
    victim.wipe()
    both = [_start(victim.clone, DVC, "repro") for _ in range(2)]
    printed = [process.communicate()[0] for process in both]
    codes = [process.returncode for process in both]
    if 0 not in codes:
        return f"two runs: both failed: {printed}"
    for code, text in zip(codes, printed, strict=True):
        if code and not ("is busy" in text or "Unable to acquire lock" in text):
            return f"two runs: unclear: {text[-400:]}"
    return _failure_after_repro(victim, "two runs")


def stage_beside_repro(victim: Victim) -> str | None:
    """Run `train` with another seed beside `dvc repro`: it waits, and no output is mixed."""
    train = [sys.executable, "-m", "stages.train", "--seed", "7"]
    victim.wipe()
    for name in ("download", "convert"):
        run(sys.executable, "-m", f"stages.{name}", cwd=victim.clone)
    run(*train, cwd=victim.clone)
    expected = _training_outputs(victim.clone)

    victim.wipe()
    repro = victim.repro()
    while not list((victim.clone / "models").glob("*.part")) and repro.poll() is None:
        time.sleep(0.02)
    process = _start(victim.clone, *train)
    printed = process.communicate()[0]
    if process.returncode or "another command is writing there; waiting" not in printed:
        return f"stage beside dvc: exit code {process.returncode}: {printed}"
    if repro.wait():
        return f"dvc beside a stage: {victim.printed[-400:]}"
    if _training_outputs(victim.clone) != expected:
        return "stage beside dvc: outputs of both are mixed"
    return _failure_after_repro(victim, "stage beside dvc")


def _failure_after_repro(victim: Victim, trial: str) -> str | None:
    victim.repro().wait()
    different = differences(hashes(victim.clone), victim.expected)
    return f"{trial}: different outputs: {', '.join(different)}" if different else None


def queue(victim: Victim, n_experiments: int = 3) -> str | None:
    """Run experiments from DVC's queue, two at once; each gives the same as `train` alone."""
    victim.wipe()
    clone = victim.clone
    assert victim.repro().wait() == 0, victim.printed
    commit(clone, "As it ran")
    expected = {}
    for seed in range(2, 2 + n_experiments):
        name, out = f"seed-{seed}", clone.parent / f"seed-{seed}"
        _dvc(clone, "exp", "run", "--queue", "--name", name, "-S", f"train.seed={seed}")
        files = ("--model", out / "model", "--reports", out)
        run(sys.executable, "-m", "stages.train", "--seed", str(seed), *files, cwd=clone)
        expected[name] = (out / "history.csv").read_text()
    # Without pipes: the workers would keep them open.
    subprocess.run(
        [DVC, "queue", "start", "--jobs", "2"],
        cwd=clone,
        env=ENVIRONMENT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while "Running" in (status := _dvc(clone, "queue", "status")) or "Queued" in status:
        time.sleep(1)
    _end_workers(clone)
    histories = {}
    refs = run("git", "for-each-ref", "--format=%(refname)", "refs/exps", cwd=clone).stdout.split()
    for ref in refs:
        history = run("git", "show", f"{ref}:reports/history.csv", cwd=clone).stdout
        histories[ref.rpartition("/")[2]] = history
    different = [name for name in expected if histories.get(name) != expected[name]]
    return f"queue: {', '.join(different)} differ: {status}" if different else None


def _end_workers(clone: Path) -> None:
    """End the queue's workers: sometimes one waits for ever after its last task."""
    for path in (clone / ".dvc/tmp/exps/celery").glob("*.pid"):
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(int(path.read_text()))
            worker.terminate()
            psutil.wait_procs([worker], timeout=10)
            worker.kill()


def torture(folder: Path, n_trials: int, epochs: int) -> Iterator[Outcome]:
    """Run each kind of parallel runs."""
    victim = Victim.prepare(folder, epochs)
    kinds = {
        "two dvc repro at once": two_runs,
        "a stage beside dvc repro": stage_beside_repro,
        "dvc queue start --jobs 2": queue,
    }
    for name, trial in kinds.items():
        outcome = Outcome(name)
        for _ in range(n_trials):
            outcome.add(trial(victim))
        yield outcome


def _training_outputs(clone: Path) -> dict[str, str]:
    names = (
        "models/model.safetensors",
        "reports/history.csv",
        "reports/validation_predictions.csv",
    )
    all_hashes = hashes(clone)
    return {name: all_hashes[name] for name in names}


def _start(clone: Path, *command: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        cwd=clone,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _dvc(clone: Path, *args: str) -> str:
    return run(DVC, *args, cwd=clone, PATH=ENVIRONMENT["PATH"]).stdout
