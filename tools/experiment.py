"""Run a recipe as an experiment of DVC, print its result, and put the workspace back as it was.

Usage: `python -m tools.experiment NAME [KEY=VALUE...]`: recipes/NAME.yaml holds the parameters that
differ from params.yaml. `dvc exp run` leaves the experiment's parameters and outputs in the
workspace: a stage by hand would go on with these.
"""

import json
import signal
import subprocess
import sys
from pathlib import Path

from dvc.repo import Repo

from stages.cli.params_file import flatten
from stages.runtime.yaml_file import YamlError, read_yaml
from tools import one_at_a_time, result

RECIPES = Path("recipes")


def main() -> None:
    """Run the experiment; restore parameters and outputs even if it fails or is stopped."""
    name, *changes = sys.argv[1:] or [""]
    changes = [*recipe(name), *changes]
    one_at_a_time.set_identity()  # for `uv run`, which starts this alone
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for DVC: wait until it has stopped
    before = {path: path.read_bytes() if path.is_file() else None for path in kept_by_git()}
    options = [word for change in changes for word in ("--set-param", change)]
    try:
        code = subprocess.run(
            ["dvc", "exp", "run", "--force", "--name", name, *options], check=False
        ).returncode
        if code == 0:
            _, sentence = result.accuracy()
            print(f"{name}: {sentence}")
    finally:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        # Whatever the lock names and the cache lacks was not there before.
        subprocess.run(["dvc", "checkout", "--quiet", "--force", "--allow-missing"], check=False)
    if code:
        sys.exit(code)
    print(
        f"experiment {name!r} is kept, and the workspace is as before; to use its model:"
        f" `. .venv/bin/activate`, `dvc exp apply {name}`; to go back: `make reset`"
    )


def recipe(name: str) -> "list[str]":
    """Return the parameters of a recipe as `dvc exp run --set-param` takes them."""
    path = RECIPES / f"{name}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(path.stem for path in RECIPES.glob("*.yaml")))
        sys.exit(f"{path}: is missing: `make recipe NAME=...` takes one of {names}")
    try:
        return [f"{key}={json.dumps(value)}" for key, value in flatten(read_yaml(path)).items()]
    except YamlError as error:
        sys.exit(str(error))


def kept_by_git() -> "list[Path]":
    """List what an experiment changes and DVC's cache does not keep."""
    with Repo() as repo:
        outputs = [Path(out.fs_path) for out in repo.index.outs if not out.use_cache]
    return [Path("params.yaml"), Path("dvc.lock"), *outputs]


if __name__ == "__main__":
    main()
