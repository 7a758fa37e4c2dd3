"""A study of 20 cells of MNIST: two workers against one."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.peers import DATA

ROUNDS = 3
STUDY = """
seeds: 5
baseline: "32"
variants:
  - {name: "32", train: {batch_size: 32, epochs: 3, validation_fraction: 0},
     augment: &none {strength: 0}}
  - {name: "64", train: {batch_size: 64, epochs: 4, validation_fraction: 0}, augment: *none}
  - {name: "128", train: {batch_size: 128, epochs: 6, validation_fraction: 0}, augment: *none}
  - {name: "256", train: {batch_size: 256, epochs: 8, validation_fraction: 0}, augment: *none}
"""


def seconds(workers: int) -> tuple[float, bytes]:
    """Run the study without cached cells; return its time and its table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "batches.yaml"
        file.write_text(STUDY)
        places = ["--data", str(DATA), "--cells", f"{folder}/cells", "--out", folder]
        options = [str(file), "--dataset", "mnist", "--workers", str(workers), *places]
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "stages.study", *options],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - start, file.with_suffix(".csv").read_bytes()


def main() -> None:
    ratios, two = [], 0.0
    for _ in range(ROUNDS):
        (one, table), (two, same) = seconds(1), seconds(2)
        assert table == same
        ratios.append(two / one)
    print(
        f"\nA study of 20 cells, from start to table: {two:.0f} s on two workers,"
        f" {statistics.median(ratios):.2f} of the time on one"
        f" (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})",
        flush=True,
    )


if __name__ == "__main__":
    main()
