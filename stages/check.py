"""Check params.yaml before anything runs.

DVC notices a changed value, but not a key that no stage reads, or a value that no stage accepts:
without this stage a misspelt key would change nothing, silently.
"""

from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.errors import ParamsError, UserError
from stages.cli.parameters import PARAMETERS, check_params
from stages.cli.params_file import PARAMS_FILE, read_params
from stages.cli.paths import path_option
from stages.cli.terminal import echo
from stages.runtime.files import atomic_write


@click.command("check", cls=StageCommand, example="", takes_all_params=True)
@path_option("--out", "data/checked.txt", "File to write once all is valid: later stages need it.")
def check(out: Path) -> None:
    """Check that params.yaml has every parameter, and that every key and value is valid."""
    if not PARAMS_FILE.exists():
        raise UserError(f"{PARAMS_FILE}: no such file here: run this in the project's folder")
    values = check_params(read_params())
    for key in PARAMETERS:
        if key not in values:
            raise ParamsError(f"{key} is missing")
    sentence = f"{PARAMS_FILE}: every key is known, every value is valid."
    with atomic_write(out) as path:
        path.write_text(sentence + "\n", encoding="utf-8", newline="\n")
    echo(sentence)


if __name__ == "__main__":
    check()
