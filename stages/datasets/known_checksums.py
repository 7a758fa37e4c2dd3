"""Checksums learnt at a first download, of files for which nobody publishes one.

As with the keys of servers in SSH's `known_hosts`, the first download is trusted, and every later
one must have the same content. The file is for Git to keep, so that other people's downloads are
compared with it too.
"""

from pathlib import Path

from stages.datasets.catalogue import Checksum
from stages.datasets.errors import DatasetError
from stages.runtime.files import atomic_write
from stages.runtime.yaml_file import YamlError, read_yaml

_COMMENT = """\
# SHA-256 of the content of files for which nobody publishes a checksum, learnt at their first
# download. Later downloads must have the same content. Keep this file in Git.
"""


def read(path: Path, dataset: str) -> dict[str, Checksum]:
    """Read what is known of a dataset's files.

    Parameters
    ----------
    path
        The file; it may be missing.
    dataset
        Name of the dataset.

    Returns
    -------
    dict
        Checksums by file name.

    Raises
    ------
    DatasetError
        If the file is not as `add` writes it.
    """
    known = _read(path).get(dataset, {})
    return {name: Checksum("sha256", "content", sha256) for name, sha256 in known.items()}


def add(path: Path, dataset: str, name: str, checksum: Checksum) -> None:
    """Add a checksum to the file.

    Parameters
    ----------
    path
        The file; it may be missing.
    dataset
        Name of the dataset.
    name
        Name of its file.
    checksum
        The SHA-256 of its content.

    Raises
    ------
    DatasetError
        If the file is not as this writes it.
    OSError
        If it cannot be written.
    """
    known = _read(path)
    known.setdefault(dataset, {})[name] = checksum.hexdigest
    lines = [
        line
        for known_dataset, files in sorted(known.items())
        for line in (
            f"{known_dataset}:",
            *(f'  {file}: "{sha256}"' for file, sha256 in sorted(files.items())),
        )
    ]
    with atomic_write(path) as new_path:
        new_path.write_text(_COMMENT + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        known = read_yaml(path)
    except YamlError as error:
        raise DatasetError(str(error)) from error
    for dataset, files in known.items():
        if not isinstance(files, dict) or not all(isinstance(sha, str) for sha in files.values()):
            raise DatasetError(f"{path}: {dataset}: must be a table of SHA-256 by file name")
    return known
