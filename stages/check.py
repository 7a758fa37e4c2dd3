"""Check params.yaml before anything runs.

DVC notices a changed value, but not a key that no stage reads, or a value that no stage accepts:
without this stage a misspelt key would change nothing, silently.
"""

import click

from stages.cli.command import StageCommand
from stages.cli.errors import ParamsError, UserError
from stages.cli.parameters import PARAMETERS, check_params
from stages.cli.params_file import PARAMS_FILE, read_params
from stages.cli.terminal import echo


@click.command("check", cls=StageCommand, takes_all_params=True, example="")
def check() -> None:
    """Check that params.yaml has every parameter, and that every key and value is valid."""
    if not PARAMS_FILE.exists():
        raise UserError(f"{PARAMS_FILE}: no such file here: run this in the project's folder")
    values = check_params(read_params())
    for key in PARAMETERS:
        if key not in values:
            raise ParamsError(f"{key} is missing")
    echo(f"{PARAMS_FILE}: every key is known, every value is valid.")


if __name__ == "__main__":
    check()
