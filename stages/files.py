"""Files that are whole or not there at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name in the same folder, and rename it once it is whole.

    Parameters
    ----------
    path
        Where the file is to stand. Its folder is made when missing.

    Yields
    ------
    Path
        The name to write to. When the block ends well it becomes `path`, in one step; when the
        block raises, it is deleted and what stood at `path` stays as it was.

    Raises
    ------
    OSError
        If the folder cannot be made or the file cannot be renamed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process number keeps two runs that write the same file apart.
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
