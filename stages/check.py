"""Check params.yaml before anything runs.

DVC notices a changed value, but neither a key that no stage reads nor a value that none can take:
without this stage a misspelt key would change nothing, and say nothing.
"""

from importlib import import_module

import click

from stages.cli.options import PARAMS_FILE, SHARED_KEYS, StageCommand, read_params, unknown_key

COMMANDS = ("download", "convert", "train", "evaluate", "demo", "predict")


@click.command("check", cls=StageCommand, example="")
def check() -> None:
    """Check that every key of params.yaml is known and every value can be used."""
    params = read_params()
    for key in params:
        if key not in SHARED_KEYS and key not in COMMANDS:
            raise unknown_key(key, [*SHARED_KEYS, *COMMANDS])
    for name in COMMANDS:
        # Imported one by one, here only: a command does not know the others.
        command: StageCommand = getattr(import_module(f"stages.{name}"), name)
        command.check_params(params)
    click.echo(f"{PARAMS_FILE}: every key is known, every value can be used.")


if __name__ == "__main__":
    check()
