"""Lists the files that a person gives: files, folders of them, and what archives hold."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NamedTuple, TypeVar

from stages import ProjectError
from stages.datasets.archive import unpack
from stages.datasets.content import ARCHIVE, ARRAYS, PICTURE, UNKNOWN, Kind, kind_of
from stages.datasets.errors import DatasetError

Result = TypeVar("Result")

_EMPTY = Kind("a folder without files")
# Folders within folders, and archives within archives: an archive can hold itself.
_MAX_DEPTH = 20


class SourceFile(NamedTuple):
    """A file that was found; it can be read while the sources are open."""

    path: Path
    place: tuple[str, ...]  # the parts of its path, from the name of the source on
    kind: Kind
    name: str  # its path for messages, with that of its archive

    def read(self, reader: Callable[[Path], Result]) -> Result:
        """Call a reader of files; errors have the name for messages."""
        try:
            return reader(self.path)
        except ProjectError as error:
            raise type(error)(str(error).replace(str(self.path), self.name)) from error


@contextmanager
def open_sources(sources: Sequence[Path]) -> Iterator[list[SourceFile]]:
    """List files, those of folders, and those of archives, which are unpacked meanwhile.

    Yields
    ------
    list of SourceFile
        Sorted by path, without hidden files. A folder without files stands for itself; the kind of
        a file that cannot be read is why.

    Raises
    ------
    DatasetError
        If an archive is broken, or larger than what is free on the disk.
    OSError
        If a folder cannot be read, or an archive's files cannot be written.
    """
    with TemporaryDirectory() as folder:

        def list_files(path: Path, place: tuple[str, ...], name: str) -> Iterator[SourceFile]:
            if len(place) > _MAX_DEPTH:
                raise DatasetError(f"{name}: more than {_MAX_DEPTH} folders within each other")
            if path.is_dir():
                entries = sorted(path.iterdir())
                visible = [entry for entry in entries if not entry.name.startswith(".")]
                # macOS keeps in this folder of an archive what other systems have no use for.
                if not visible or place[-1] == "__MACOSX":
                    yield SourceFile(path, place, _EMPTY, name)
                    return
                for entry in visible:
                    yield from list_files(entry, (*place, entry.name), f"{name}/{entry.name}")
                return
            try:
                kind = kind_of(path)
            except OSError as error:
                kind = Kind(error.strerror or str(error))
            if kind.name == ARCHIVE:
                unpacked = Path(mkdtemp(dir=folder))
                unpack(path, unpacked, name)
                yield from list_files(unpacked, place, name)
            else:
                yield SourceFile(path, place, kind, name)

        yield [
            file
            for source in sources
            for file in list_files(source, (source.absolute().name,), str(source))
        ]


def choose_data(
    files: Sequence[SourceFile], on_left_out: Callable[[str], object]
) -> list[SourceFile]:
    """Choose the files that hold data: arrays, or pictures where there are no arrays.

    `on_left_out` is called with a sentence for each other file.

    Raises
    ------
    DatasetError
        If there is none.
    """
    arrays = [file for file in files if file.kind.name in ARRAYS]
    data = arrays or [file for file in files if file.kind.name == PICTURE]
    if not data:
        raise DatasetError("\n".join(f"{file.name}: {file.kind}" for file in files))
    for file in files:
        if file not in data:
            reason = file.kind.name if file.kind is UNKNOWN else str(file.kind)
            on_left_out(f"left out: {file.name}: {reason}")
    return data


def places_within(files: Sequence[SourceFile]) -> list[tuple[str, ...]]:
    """Return the places of files within the innermost folder that holds all of them."""
    folders = [file.place[:-1] for file in files]
    first, last = min(folders), max(folders)  # what these two share, all others do
    shared = [a == b for a, b in zip(first, last, strict=False)]
    n_shared = [*shared, False].index(False)
    return [file.place[n_shared:] for file in files]
