"""Several runs at once in one folder, and experiments at once from DVC's queue."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.helpers.commands import run
from tests.torture.kills import DVC, ENVIRONMENT, Victim, hashes
from tests.torture.outcome import Outcome


def two_runs(victim: Victim) -> str | None:
    """Start `dvc repro` twice: one does the work, the other says why not, or does the rest."""
    victim.wipe()
    both = [_started(victim.clone, DVC, "repro") for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    codes = [process.returncode for process in both]
    if 0 not in codes:
        return f"two runs: both failed: {said}"
    for code, text in zip(codes, said, strict=True):
        if code and not ("is busy" in text or "Unable to acquire lock" in text):
            return f"two runs: unclear: {text[-400:]}"
    victim.repro().wait()
    return None if hashes(victim.clone) == victim.wished else "two runs: not the same outputs"


def by_hand_meanwhile(victim: Victim) -> str | None:
    """Train by hand, with another seed, beside `dvc repro`: it waits, and nothing is mixed."""
    by_hand = [sys.executable, "-m", "stages.train", "--seed", "7"]
    victim.wipe()
    for name in ("download", "convert"):
        run(sys.executable, "-m", f"stages.{name}", cwd=victim.clone)
    run(*by_hand, cwd=victim.clone)
    wished = _pair(victim.clone)

    victim.wipe()
    repro = victim.repro()
    while not list((victim.clone / "models").glob("*.part")) and repro.poll() is None:
        time.sleep(0.02)
    process = _started(victim.clone, *by_hand)
    said = process.communicate()[0]
    if process.returncode or "another command is writing there; waiting" not in said:
        return f"by hand: ended with {process.returncode}: {said}"
    if repro.wait():
        return f"dvc beside a stage by hand: {victim.printed[-400:]}"
    if _pair(victim.clone) != wished:
        return "by hand: the model of one and the history of the other"
    victim.repro().wait()
    return None if hashes(victim.clone) == victim.wished else "by hand: dvc's outputs differ"


def queue(victim: Victim, experiments: int = 3) -> str | None:
    """Run experiments from DVC's queue, two at once; each gives what its stage gives alone."""
    victim.wipe()
    clone = victim.clone
    assert victim.repro().wait() == 0, victim.printed
    run("git", "add", "--all", cwd=clone)
    run("git", "commit", "--quiet", "--allow-empty", "--message", "As it ran", cwd=clone)
    wished = {}
    for seed in range(2, 2 + experiments):
        name, out = f"seed-{seed}", clone.parent / f"seed-{seed}"
        _dvc(clone, "exp", "run", "--queue", "--name", name, "-S", f"train.seed={seed}")
        files = ("--model", out / "model", "--history", out / "history.csv")
        run(sys.executable, "-m", "stages.train", "--seed", str(seed), *files, cwd=clone)
        wished[name] = (out / "history.csv").read_text()
    # Without pipes: the workers would hold their other end for as long as they live.
    start = [DVC, "queue", "start", "--jobs", "2"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(start, cwd=clone, env=ENVIRONMENT, check=True, **quiet)
    while "Running" in (status := _dvc(clone, "queue", "status")) or "Queued" in status:
        time.sleep(1)
    _end_workers(clone)
    found = {}
    for ref in run(
        "git", "for-each-ref", "--format=%(refname)", "refs/exps", cwd=clone
    ).stdout.split():
        shown = run("git", "show", f"{ref}:reports/history.csv", cwd=clone)
        found[ref.rpartition("/")[2]] = shown.stdout
    different = [name for name in wished if found.get(name) != wished[name]]
    return f"queue: {', '.join(different)} differ: {status}" if different else None


def _end_workers(clone: Path) -> None:
    """End the queue's workers: now and then one of DVC's waits for ever after its last task."""
    for path in (clone / ".dvc/tmp/exps/celery").glob("*.pid"):
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(int(path.read_text()))
            worker.terminate()
            psutil.wait_procs([worker], timeout=10)
            worker.kill()


def torture(folder: Path, rounds: int, params: dict[str, str]) -> Iterator[Outcome]:
    """Try each kind of company."""
    victim = Victim(folder, params)
    kinds = {
        "two dvc repro at once": two_runs,
        "a stage by hand beside dvc repro": by_hand_meanwhile,
        "dvc queue start --jobs 2": queue,
    }
    for what, kind in kinds.items():
        outcome = Outcome(what)
        for _ in range(rounds):
            outcome.add(kind(victim))
        yield outcome


def _pair(clone: Path) -> dict[str, str]:
    found = hashes(clone)
    return {name: found[name] for name in ("models/model.safetensors", "reports/history.csv")}


def _started(clone: Path, *words: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        words,
        cwd=clone,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _dvc(clone: Path, *words: str) -> str:
    return run(DVC, *words, cwd=clone, PATH=ENVIRONMENT["PATH"]).stdout
