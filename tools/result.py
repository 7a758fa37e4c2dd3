"""Print the result of the last run, and with `--experiment` the name that DVC gave to it."""

import json
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Print a line each for the accuracy, the experiment, the plots and the page."""
    metrics = json.loads(Path("reports/metrics.json").read_text(encoding="utf-8"))
    accuracy, low, high = (metrics[f"accuracy{end}"] for end in ("", "_low", "_high"))
    print(
        f"accuracy on the test images: {100 * accuracy:.2f} %"
        f" (95 % interval {100 * low:.2f} to {100 * high:.2f} %)"
    )
    if "--experiment" in sys.argv:
        print(f"experiment: {last_experiment()}")
    print(f"plots: {' '.join(str(path) for path in sorted(Path('reports').glob('*.png')))}")
    print("all of it on one page: open reports/index.html in a browser")
    print("draw a digit yourself: open reports/demo.html in a browser")


def last_experiment() -> str:
    """Find the newest of DVC's experiments, which are Git references of five parts."""
    command = ["git", "for-each-ref", "--sort=-committerdate", "--format=%(refname)"]
    names = subprocess.run(
        [*command, "refs/exps/*/*/*"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    return names.splitlines()[0].rpartition("/")[2]


if __name__ == "__main__":
    main()
