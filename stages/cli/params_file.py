"""params.yaml: reading it, as DVC does."""

from pathlib import Path
from typing import Any

from stages.cli.errors import UserError
from stages.runtime import yaml_file

PARAMS_FILE = Path("params.yaml")


def read_params() -> dict[str, Any]:
    """Read params.yaml of the current folder with `read_yaml`; empty if it is missing."""
    return read_yaml(PARAMS_FILE) if PARAMS_FILE.exists() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of names and values that a person wrote.

    Raises
    ------
    UserError
        If the file cannot be read, is not YAML, or is not a mapping of names to values.
    """
    try:
        return yaml_file.read_yaml(path)
    except yaml_file.YamlError as error:
        raise UserError(str(error)) from error
