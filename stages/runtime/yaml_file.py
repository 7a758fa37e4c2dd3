"""YAML files of names and values."""

from pathlib import Path
from typing import Any

from stages import ProjectError


class YamlError(ProjectError):
    """A YAML file cannot be read; the message is a sentence for people."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of names and values as DVC reads it (YAML 1.2).

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    YamlError
        If the file cannot be read, is not YAML, or is not a mapping of names to values.
    """
    # DVC's own parser, so that both read the same numbers (for YAML 1.1, 1e-3 is text).
    from ruamel.yaml import YAML

    try:
        content = YAML(typ="safe").load(path)
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise YamlError(f"{path}: not YAML: it is nested too deeply") from error
    # A date or number that does not exist makes the parser raise errors of many kinds.
    except Exception as error:
        raise YamlError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise YamlError(f"{path}: must hold names and values, as in 'dataset: digits'")
    return content
