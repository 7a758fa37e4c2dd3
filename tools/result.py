"""Print the result of the last run."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

METRICS = Path("reports/metrics.json")
MODEL = Path("models/model.safetensors")


def main() -> None:
    """Print a line each for the model, its accuracy, the plots and the pages."""
    dataset, sentence = accuracy()
    print(f"model: {MODEL}, trained on {dataset}")
    print(sentence)
    print(f"plots: {' '.join(str(path) for path in sorted(Path('reports').glob('*.png')))}")
    print("all of it on one page: open reports/index.html in a browser")
    print("draw a digit yourself: open reports/demo.html in a browser")
    if only_results_differ():
        print(
            "note: dvc.lock and the tables in reports/ are not those of the last commit, though its"
            " parameters\nand its code are: this machine computes other last digits. Everything"
            " works with its own results;\nkeep them:"
            ' git commit --all --message "Results of this machine"'
        )


def accuracy() -> "tuple[str, str]":
    """Return the name of the dataset, and the accuracy as a sentence; end where there is none."""
    try:
        metrics = json.loads(METRICS.read_text(encoding="utf-8"))
        value, low, high = (metrics[f"accuracy{end}"] for end in ("", "_low", "_high"))
        dataset = YAML(typ="safe").load(Path("params.yaml"))["dataset"]
    except FileNotFoundError as error:
        sys.exit(f"{error.filename}: is missing: run the pipeline with `make run`")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"{METRICS}: is no result of this pipeline ({error}): run `make run` again")
    return dataset, (
        f"accuracy on the test images: {100 * value:.2f} %"
        f" (95 % interval {100 * low:.2f} to {100 * high:.2f} %)"
    )


def only_results_differ() -> bool:
    """Tell whether of all that Git tracks only what the pipeline writes has changed."""
    if shutil.which("git") is None:
        return False
    command = ["git", "diff", "--name-only", "--relative", "HEAD"]
    changed = subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout
    names = changed.splitlines()
    return "dvc.lock" in names and all(
        name == "dvc.lock" or name.startswith("reports/") for name in names
    )


if __name__ == "__main__":
    main()
