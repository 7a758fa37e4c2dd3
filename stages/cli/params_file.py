"""params.yaml: reading it, as DVC does."""

import re
import warnings
from itertools import accumulate
from pathlib import Path
from typing import Any

from stages.cli.errors import UserError

PARAMS_FILE = Path("params.yaml")


# Brackets within brackets; the parser takes seconds for a thousand, and DVC's files need two.
_MAX_DEPTH = 100
# Python computes with such numbers, but refuses to print them.
_LONG_NUMBER = re.compile(rb"[0-9a-fA-F_]{1000}")


def read_params() -> dict[str, Any]:
    """Read params.yaml of the current folder with `read_yaml`; empty if it is missing."""
    return read_yaml(PARAMS_FILE) if PARAMS_FILE.exists() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of names and values as DVC reads it (YAML 1.2).

    Raises
    ------
    UserError
        If the file cannot be read, is not YAML, or is not a mapping of names to values.
    """
    # DVC's own parser, so that both read the same numbers (for YAML 1.1, 1e-3 is text).
    from ruamel.yaml import YAML
    from ruamel.yaml.error import ReusedAnchorWarning

    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path}: is a device or a pipe, not a file")
    try:
        text = path.read_bytes()
        if _depth(text) > _MAX_DEPTH:
            raise RecursionError
        if _LONG_NUMBER.search(text):
            raise ValueError("it holds a number of more than a thousand digits")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            content = YAML(typ="safe").load(text)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise UserError(f"{path}: not YAML: it is nested too deeply") from error
    # A date or number that does not exist makes the parser raise errors of many kinds.
    except Exception as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold names and values, as in 'dataset: digits'")
    return content


def _depth(text: bytes) -> int:
    """Count how many brackets are open at most, those in comments and quotes too."""
    steps = (1 if byte in b"[{" else -1 if byte in b"]}" else 0 for byte in text)
    return max(accumulate(steps), default=0)
