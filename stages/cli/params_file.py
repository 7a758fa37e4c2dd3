"""params.yaml: reading it, as DVC does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.runtime.yaml_file import read_yaml

PARAMS_FILE = Path("params.yaml")


def read_params() -> dict[str, Any]:
    """Read params.yaml of the current folder; empty if it is missing."""
    return read_yaml(PARAMS_FILE) if PARAMS_FILE.exists() else {}


def flatten(params: Mapping[str, Any]) -> dict[str, Any]:
    """Name the values of params.yaml by their keys with the section, such as `train.epochs`."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, dict) and value:
            flat |= {f"{name}.{inner}": inner_value for inner, inner_value in value.items()}
        else:
            flat[str(name)] = value
    return flat
