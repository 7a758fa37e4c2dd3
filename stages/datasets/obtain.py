"""Gets the four IDX files of any dataset: those of the project, downloaded, or gathered."""

from collections.abc import Iterator
from pathlib import Path

from stages.datasets import own
from stages.datasets.catalogue import CATALOGUE, find
from stages.datasets.fetch import fetch


def obtain(name: str, own_folder: Path, folder: Path, mirror: str | None) -> Iterator[str]:
    """Write a dataset's files into a folder; each is verified.

    Parameters
    ----------
    name
        The dataset's name.
    own_folder
        Folder with one folder per dataset of one's own.
    folder
        Where the files go.
    mirror
        A directory or URL with one folder per dataset, tried before the catalogue's addresses.

    Yields
    ------
    str
        Lines that say where the files came from.

    Raises
    ------
    DatasetError
        If there is no such dataset, or no source has a valid file.
    OSError
        If a file cannot be written.
    """
    dataset = find(name, own_folder)
    if name not in CATALOGUE:
        yield from own.copy(own_folder / name, dataset, folder)
    else:
        # A folder with one folder per dataset, as a mirror is.
        source = mirror if dataset.files[0].urls else str(Path(__file__).parent)
        yield from fetch(name, dataset, folder, source)
