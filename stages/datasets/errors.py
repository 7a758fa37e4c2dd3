"""Errors of datasets' files."""

import errno
from pathlib import Path

from stages import ProjectError


class DatasetError(ProjectError):
    """A dataset's file is missing, unreadable or invalid; the message is a sentence for people."""


class SourceError(ProjectError):
    """One source did not deliver a valid file; the message says why, and the next is tried."""


def missing(path: Path, command: str) -> FileNotFoundError:
    """Return the error for a file that a command of `stages` writes."""
    sentence = f"no such file: run `python -m stages.{command}` first"
    return FileNotFoundError(errno.ENOENT, sentence, str(path))
