"""Options for files and folders, and the files of a command that must not be the same."""

from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

import click

from stages.cli.errors import UserError

FunctionType = TypeVar("FunctionType", bound=Callable[..., Any])

MODEL = Path("models/model.safetensors")
HISTORY = Path("reports/history.csv")


def path_option(
    flag: str, default: str | Path, description: str, *, folder: bool = False
) -> Callable[[FunctionType], FunctionType]:
    """Declare an option for a file or folder, given to the command as `pathlib.Path`."""
    type_ = click.Path(file_okay=not folder, dir_okay=folder, path_type=Path)
    return click.option(flag, type=type_, default=Path(default), help=description)


def history_option(description: str) -> Callable[[FunctionType], FunctionType]:
    """Declare `--history`, which is None if not given: see `history_path`."""
    return click.option(
        "--history",
        type=click.Path(dir_okay=False, path_type=Path),
        show_default=f"{HISTORY}; for another model, beside it: m.history.csv for m.safetensors",
        help=description,
    )


def history_path(history: Path | None, model: Path) -> Path:
    """Choose the history's file: the one that is given, or the model's own.

    Parameters
    ----------
    history
        What `--history` gave.
    model
        What `--model` gave.
    """
    if history is not None:
        return history
    return HISTORY if _same(model, MODEL) else model.with_name(f"{model.stem}.history.csv")


def require_distinct(*, reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """Check that a command overwrites neither what it reads nor what it writes itself.

    Parameters
    ----------
    reads
        Files that the command reads.
    writes
        Files that it writes.

    Raises
    ------
    UserError
        If two are the same file, whatever their spelling.
    """
    reads, writes = list(reads), list(writes)
    for output in writes:
        for input_ in reads:
            if _same(output, input_):
                raise UserError(f"{output}: this command reads it, and would overwrite it")
    for first, second in combinations(writes, 2):
        if _same(first, second):
            raise UserError(f"{second}: two outputs of this command would be this one file")


def _same(first: Path, second: Path) -> bool:
    if first.exists() and second.exists():
        return first.samefile(second)
    return first.resolve() == second.resolve()
