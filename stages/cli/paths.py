"""Options for files and folders, and the files of a command that must not be the same."""

from collections.abc import Callable, Iterable
from itertools import combinations, product
from pathlib import Path
from typing import Any, TypeVar

import click

from stages.cli.errors import UserError
from stages.runtime.files import require_writable
from stages.runtime.regular_file import require_file

FunctionType = TypeVar("FunctionType", bound=Callable[..., Any])

MODEL = Path("models/model.safetensors")
REPORTS = Path("reports")
# Folder with one folder per dataset of one's own.
OWN_DATASETS = Path("data/own")
# What gathering downloads, to add it to one's own pictures.
DOWNLOADS = Path("data/downloads")


class RegularFile(click.Path):
    """A file, if there is one: a pipe would be waited for, a device may never end."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is neither a file nor missing."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.exists() and not path.is_file():
            self.fail(f"{path} is a device or a pipe, not a file.", param, ctx)
        return path


def path_option(
    flag: str, default: str | Path, description: str, *, folder: bool = False
) -> Callable[[FunctionType], FunctionType]:
    """Declare an option for a file or folder, given to the command as `pathlib.Path`."""
    type_ = click.Path(file_okay=False, path_type=Path) if folder else RegularFile()
    return click.option(flag, type=type_, default=Path(default), help=description)


def reports_option(function: FunctionType) -> FunctionType:
    """Declare `--reports`, which is None if not given: see `reports_folder`."""
    return click.option(
        "--reports",
        type=click.Path(file_okay=False, path_type=Path),
        show_default=f"{REPORTS}; for another model, beside it: m.reports for m.safetensors",
        help="Folder for the reports of training and evaluation.",
    )(function)


def reports_folder(reports: Path | None, model: Path) -> Path:
    """Choose the folder for the reports: the one that `--reports` gives, or the model's own."""
    if reports is not None:
        return reports
    return REPORTS if _same(model, MODEL) else model.with_name(f"{model.stem}.reports")


def snapshots_path(model: Path) -> Path:
    """Name the file of the snapshots of a model's training: m.snapshots.safetensors beside it."""
    return model.with_name(f"{model.stem}.snapshots.safetensors")


def require_distinct(*, reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """Check that a command can write its files, and overwrites none that it reads or writes.

    A command does so before its work, so that no work is lost.

    Raises
    ------
    UserError
        If two are the same file, whatever their spelling.
    OSError
        If a file cannot be written.
    """
    reads, writes = list(reads), list(writes)
    for output, input_ in product(writes, reads):
        if _same(output, input_):
            raise UserError(f"{output}: this command reads it, and would overwrite it")
    for first, second in combinations(writes, 2):
        if _same(first, second):
            raise UserError(f"{second}: two outputs of this command would be this one file")
    for output in writes:
        require_file(output)
        require_writable(output)


def _same(first: Path, second: Path) -> bool:
    if first.exists() and second.exists():
        return first.samefile(second)
    return first.resolve() == second.resolve()
