"""params.yaml: reading it, as DVC does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.cli.errors import UserError
from stages.runtime import yaml_file

PARAMS_FILE = Path("params.yaml")


def read_params() -> dict[str, Any]:
    """Read params.yaml of the current folder with `read_yaml`; empty if it is missing."""
    return read_yaml(PARAMS_FILE) if PARAMS_FILE.exists() else {}


def flatten(params: Mapping[str, Any]) -> dict[str, Any]:
    """Name the values of params.yaml by their keys with the section, such as `train.epochs`."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": inner_value for inner, inner_value in value.items()}
        else:
            flat[str(name)] = value
    return flat


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
