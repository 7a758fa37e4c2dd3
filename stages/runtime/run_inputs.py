"""What a run started from: its parameters and its code, which may not change while it runs.

DVC hashes both after a command has ended (https://github.com/treeverse/dvc/issues/11058): a result
would be recorded, and given back for ever, with parameters or code that it was not made with.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stages import ProjectError

_STAGES = Path(__file__).parent.parent


class InputsChangedError(ProjectError):
    """Parameters or code changed while a command ran."""


def _hash_file(path: Path) -> str | None:
    """Compute the SHA-256 of a file; None if it has been removed."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


# SHA-256 of each file of the code, and of what lies beside it: hashed when the code is loaded, for
# later the files may hold other code than what runs.
_CODE = {
    path: _hash_file(path)
    for path in sorted(_STAGES.rglob("*"))
    if path.is_file() and "__pycache__" not in path.parts
}
# Parameters of the command that runs, and what reads them again.
_params: Mapping[str, Any] = {}
_read_params: Callable[[], Mapping[str, Any]] | None = None


def code_hash(*rooms: str) -> str:
    """Compute the SHA-256 of rooms or files of the code, such as "network", as they were loaded."""
    hashes = {
        path.relative_to(_STAGES).as_posix(): sha256
        for path, sha256 in _CODE.items()
        if any(path.is_relative_to(_STAGES / room) for room in rooms)
    }
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


@contextmanager
def unchanged(
    params: Mapping[str, Any], read_params: Callable[[], Mapping[str, Any]]
) -> Iterator[None]:
    """Let `require_unchanged` compare with these parameters in the block, and call it at the end.

    They are those that the block takes from params.yaml, by key; `read_params` reads them again.

    Raises
    ------
    InputsChangedError
        As `require_unchanged`.
    """
    global _params, _read_params  # atomic_write is called far below any command
    _params, _read_params = params, read_params
    try:
        yield
        require_unchanged()
    finally:
        _params, _read_params = {}, None


def require_unchanged() -> None:
    """Check that the running command's parameters and loaded code are those that it started with.

    Raises
    ------
    InputsChangedError
        If one has changed. Commands outside of the pipeline may be changed while they run.
    """
    if _read_params is None:
        return
    now = _read_params() if _params else {}
    changes = [
        f"{key} in params.yaml ({_params.get(key)} -> {now.get(key)})"
        for key in dict.fromkeys([*_params, *now])
        if _params.get(key) != now.get(key)
    ]
    files = sorted(path for path in _loaded_files() if _hash_file(path) != _CODE.get(path))
    changes += [path.relative_to(_STAGES.parent).as_posix() for path in files]
    if changes:
        raise InputsChangedError(
            f"changed while this ran: {', '.join(changes)}; nothing is recorded: run it again"
        )


def _loaded_files() -> set[Path]:
    """Find the modules of the project that are loaded, and the other files of their rooms."""
    files = [str(getattr(module, "__file__", None)) for module in [*sys.modules.values()]]
    loaded = {Path(file) for file in files if file.startswith(f"{_STAGES}{os.sep}")}
    rooms = {path.parent for path in loaded} - {_STAGES}
    others = {path for path in _CODE if path.suffix != ".py"}
    return loaded | {path for path in others if not rooms.isdisjoint(path.parents)}
