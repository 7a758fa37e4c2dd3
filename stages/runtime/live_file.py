"""A file that is rewritten whole while a command works, so that others can read along."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from stages.runtime.files import atomic_write

# Least time between two writes, in seconds.
INTERVAL = 1.0


class LiveFile:
    """Rewrites a file as its content grows; as a context, it is written at both ends.

    Parameters
    ----------
    path
        The file. It is never seen half written.
    write
        Writes the content, as it is at the time, to the path that it is given.
    """

    def __init__(self, path: Path, write: Callable[[Path], object]) -> None:
        self._path, self._write = path, write
        self._due = 0.0

    def __enter__(self) -> Self:
        self._replace()
        return self

    def __exit__(self, *error: object) -> None:
        self._replace()

    def update(self) -> None:
        """Write the file if it is due."""
        if time.monotonic() >= self._due:
            self._replace()

    def _replace(self) -> None:
        with atomic_write(self._path) as tmp_path:
            self._write(tmp_path)
        self._due = time.monotonic() + INTERVAL
