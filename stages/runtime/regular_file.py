"""Regular files: what commands read and write, and nothing else that has a path."""

import errno
import os
from pathlib import Path


def require_file(path: Path) -> None:
    """Check that a path is a file or missing: a pipe would be waited for, a device may never end.

    Raises
    ------
    OSError
        If it is anything else.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is a device or a pipe, not a file", str(path))
