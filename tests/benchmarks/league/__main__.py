"""`python -m tests.benchmarks.league [--split validation] [--seeds N] [--limit SECONDS] [NAME...]`.

Trains the entrants in turn, each run in a process of its own, and prints after how many seconds
the mean accuracy of the seeds reaches each target. Runs are kept in data/benchmark/league.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.peers import prepare

TARGETS = (98.0, 98.5, 99.0, 99.3, 99.4)
ENTRANTS = {
    "ours, sprint": "ours:mlp:sprint",
    "ours, quick": "ours:mlp:quick",
    "ours, mnist": "ours:mlp:mnist",
    "ours, classic": "ours:mlp:classic",
    "scikit-learn, [400]": "scikit_learn:mlp",
    "PyTorch, MLP as sprint": "pytorch:mlp:sprint",
    "PyTorch, MLP as quick": "pytorch:mlp:quick",
    "PyTorch's example, CNN": "pytorch:cnn",
    "JAX, MLP as sprint": "jax_flax:mlp:sprint",
    "JAX, MLP as quick": "jax_flax:mlp:quick",
    "flax' example, CNN": "jax_flax:cnn",
    "Keras' example on JAX, CNN": "keras_jax:cnn",
}
RUNS = Path("data/benchmark/league")


def run(entrant: str, seed: int, limit: float, split: str) -> None:
    """Train an entrant, unless the run is there, and keep seconds and accuracy by epoch."""
    path = RUNS / f"{entrant.replace(':', '-')}-{split}-{seed}.json"
    if path.exists():
        return
    # Peers use the threads and the kernels that they choose.
    own = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    own.pop("NPY_DISABLE_CPU_FEATURES", None)
    command = [sys.executable, "-m", "tests.benchmarks.league.run", entrant, str(seed)]
    done = subprocess.run(
        [*command, str(limit), split], env=own, stdout=subprocess.PIPE, text=True, check=True
    )
    RUNS.mkdir(parents=True, exist_ok=True)
    path.write_text(done.stdout.splitlines()[-1], encoding="utf-8")


def row(name: str, entrant: str, split: str) -> str:
    paths = sorted(RUNS.glob(f"{entrant.replace(':', '-')}-{split}-*.json"))
    curves = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    n_epochs = min(map(len, curves))
    seconds, accuracies = np.mean([curve[:n_epochs] for curve in curves], axis=0).T
    reached = [np.flatnonzero(100 * accuracies >= target) for target in TARGETS]
    times = [f"{seconds[epochs[0]]:.1f} s" if len(epochs) else "" for epochs in reached]
    best = f"{100 * accuracies.max():.2f} % after {seconds[accuracies.argmax()]:.0f} s"
    return f"| {name} | {len(curves)} | {' | '.join(times)} | {best} |"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="entrants, by a part of their names; else all")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=200, help="seconds after which a run ends")
    args = parser.parse_args(arguments)
    prepare()
    entrants = {
        name: entrant
        for name, entrant in ENTRANTS.items()
        if not args.names or any(part in name for part in args.names)
    }
    for seed in range(1, args.seeds + 1):
        for entrant in entrants.values():
            run(entrant, seed, args.limit, args.split)
    print("| entrant | seeds |", *(f"{target:g} % |" for target in TARGETS), "best |")
    print(f"|{'---|' * (len(TARGETS) + 3)}")
    for name, entrant in entrants.items():
        print(row(name, entrant, args.split))


if __name__ == "__main__":
    main()
