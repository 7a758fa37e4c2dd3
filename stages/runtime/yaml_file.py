"""YAML files of names and values."""

import re
import warnings
from pathlib import Path
from typing import Any

from stages import ProjectError
from stages.runtime.regular_file import require_file

# Lists within lists; DVC's files need two.
_MAX_DEPTH = 100
# Anchors can multiply a few lines to billions of values, or put a list into itself.
_MAX_VALUES = 100_000
# Python computes with such numbers, but refuses to print them.
_LONG_NUMBER = re.compile(rb"[0-9a-fA-F_]{1000}")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})( |\r?$)", re.MULTILINE)


class YamlError(ProjectError):
    """A YAML file cannot be read; the message is a sentence for people."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file of names and values as DVC reads it (YAML 1.2).

    Raises
    ------
    YamlError
        If the file cannot be read, is not YAML, or is not a mapping of names to values.
    """
    try:
        require_file(path)
        text = path.read_bytes()
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: bytes, name: str) -> dict[str, Any]:
    """Parse the content of such a file; errors call it `name`.

    Raises
    ------
    YamlError
        If it is not YAML, or is not a mapping of names to values.
    """
    # DVC's own parser, so that both read the same numbers (for YAML 1.1, 1e-3 is text).
    from ruamel.yaml import YAML
    from ruamel.yaml.error import ReusedAnchorWarning

    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = _MAX_DEPTH
    try:
        if _LONG_NUMBER.search(text):
            raise ValueError("it holds a number of more than a thousand digits")
        if text.startswith(_UTF_16):
            raise ValueError("it is text in UTF-16, which DVC does not read: save it as UTF-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            content = yaml.load(text)
    # A date or number that does not exist makes the parser raise errors of many kinds.
    except Exception as error:
        raise YamlError(f"{name}: not YAML: {_reason(text, error)}") from error
    if not _has_few_values(content):
        raise YamlError(
            f"{name}: holds more than {_MAX_VALUES:,} values, by anchors (&) perhaps: write fewer"
        )
    if not isinstance(content, dict):
        raise YamlError(f"{name}: must hold names and values, as in 'dataset: mnist-5k'")
    return content


def _reason(text: bytes, error: Exception) -> str:
    """Describe what an editor or a merge left in a file, or else what the parser says."""
    if conflict := _CONFLICT.search(text):
        line = text.count(b"\n", 0, conflict.start()) + 1
        return f"line {line} is the mark of a merge conflict: keep one of the two versions"
    if "character '\\t'" in str(error) and (mark := getattr(error, "problem_mark", None)):
        return f"line {mark.line + 1} has a tab: use spaces"
    return " ".join(str(error).split())


def _has_few_values(content: Any) -> bool:
    n_values, rest = 0, [content]
    while rest and n_values <= _MAX_VALUES:
        value = rest.pop()
        n_values += 1
        if isinstance(value, dict):
            rest += [*value, *value.values()]
        elif isinstance(value, list | set | tuple):
            rest += value
    return n_values <= _MAX_VALUES
