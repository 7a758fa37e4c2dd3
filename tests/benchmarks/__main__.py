"""`make bench`: every published speed, measured in turn with what it is compared to."""

import itertools
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import threadpoolctl

from stages.datasets import arrays
from stages.datasets.catalogue import CATALOGUE
from stages.network.augmentation import Augmentation
from tests.benchmarks import jax_peer, peers, scale, studies
from tests.benchmarks.league import __main__ as league

HIDDEN = ((128,), (800,), (512, 256))
BATCH_SIZES = (64, 128, 512)


def epochs() -> None:
    measured: Mapping[str, Callable[..., float]] = {
        "ours": peers.ours,
        "PyTorch": peers.pytorch,
        "JAX": jax_peer.epoch,
        "products": peers.bare_products,
    }
    cases = list(itertools.product(HIDDEN, BATCH_SIZES))
    print("\nAn epoch of MNIST, in seconds, and the ratios\n")
    others = [name for name in measured if name != "ours"]
    names = ["hidden", "batch", *measured, *(f"ours / {name}" for name in others)]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}", flush=True)
    ratios: dict[str, list[float]] = {name: [] for name in others}
    for (hidden, batch_size), times in zip(
        cases, peers.side_by_side(measured, *cases), strict=True
    ):
        row = [f"{statistics.median(values):.3f}" for values in times.values()]
        for name, values in ratios.items():
            values.append(peers.ratio(times, "ours", name))
            row.append(f"{values[-1]:.2f}")
        print(f"| {list(hidden)} | {batch_size} | {' | '.join(row)} |", flush=True)
    for name, values in ratios.items():
        mean = math.exp(statistics.fmean(map(math.log, values)))
        print(f"\nours / {name}: geometric mean {mean:.2f}, worst {max(values):.2f}")
    print(
        f"\nJAX compiles for {jax_peer.compilation((128,), 128):.1f} s before its first epoch"
        " ([128], batches of 128), which is not in its times.",
        flush=True,
    )


def diary() -> None:
    params: dict[str, Any] = {
        "activation": "sigmoid",
        "loss": "squared_error",
        "learning_rate": 1.0,
        "momentum": 0.0,
        "epochs": 10,
    }
    measured = {
        "ours": partial(peers.ours, **params),
        "PyTorch": partial(peers.pytorch, **params),
    }
    (times,) = peers.side_by_side(measured, ((128,), 1000))
    ours, theirs = (10 * statistics.median(values) for values in times.values())
    print(
        f"\nThe diary's 100 epochs (10 times the time of 10): {ours:.1f} s, PyTorch {theirs:.1f} s,"
        f" ratio {peers.ratio(times, 'ours', 'PyTorch'):.2f}",
        flush=True,
    )


AUGMENTATION = Augmentation(shift=1.5, rotation=12, scale=0.12, shear=0.15, elastic=1.6)


def augmentation() -> None:
    measured: Mapping[str, Callable[..., float]] = {
        "without": peers.ours,
        "with": partial(peers.ours, augmentation=AUGMENTATION),
    }
    (times,) = peers.side_by_side(measured, ((800,), 128), repeats=15)
    print(
        "\nAugmented images, hidden [800], batch 128: an epoch takes"
        f" {peers.ratio(times, 'with', 'without'):.2f} times as long as without augmentation",
        flush=True,
    )


def commands() -> None:
    with tempfile.TemporaryDirectory() as folder:

        def convert() -> None:
            arrays.convert(peers.RAW, Path(folder), "mnist", CATALOGUE["mnist"])

        def gzip() -> None:
            files = sorted(peers.RAW.glob("*.gz"))
            with (Path(folder) / "out").open("wb") as out:
                subprocess.run(["gzip", "-dc", *files], stdout=out, check=True)

        in_turn("Conversion of MNIST / gzip -dc", convert, gzip)

    def show_help() -> None:
        command = [sys.executable, "-m", "stages.train", "--help"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    def import_click() -> None:
        subprocess.run([sys.executable, "-c", "import click"], check=True)

    in_turn('train --help / python -c "import click"', show_help, import_click)


def in_turn(
    title: str, ours: Callable[[], None], theirs: Callable[[], None], repeats: int = 11
) -> None:
    ratios, seconds = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        ours()
        middle = time.perf_counter()
        theirs()
        seconds.append(middle - start)
        ratios.append(seconds[-1] / (time.perf_counter() - middle))
    print(
        f"\n{title}: {statistics.median(seconds):.2f} s, ratio {statistics.median(ratios):.2f}",
        flush=True,
    )


def memory() -> None:
    """Train on MNIST with the default parameters, and print the peak memory."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True,"
        " stdout=subprocess.DEVNULL);"
        " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    with tempfile.TemporaryDirectory() as folder:
        files = ["--model", f"{folder}/model", "--reports", folder]
        stage = [sys.executable, "-m", "stages.train", "--epochs", "2"]
        command = [sys.executable, "-c", code, *stage, "--data", str(peers.DATA), *files]
        peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    print(f"\nTraining on MNIST with the default network: at most {peak} MiB resident", flush=True)


def main() -> None:
    for name in ("torch", "jax", "sklearn", "keras", "flax"):
        if find_spec(name) is None:
            sys.exit(f"{name} is missing: `make bench` installs it")
    peers.prepare()
    for library in threadpoolctl.threadpool_info():
        print(f"{library['prefix']} {library['version']}, {library.get('architecture')} kernels")
    commands()
    memory()
    epochs()
    augmentation()
    diary()
    league.main([])
    studies.main()
    print("\nFrom the disk, hidden [128], batch 128\n", flush=True)
    scale.main()


if __name__ == "__main__":
    main()
