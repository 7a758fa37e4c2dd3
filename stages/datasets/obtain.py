"""Gets the four IDX files of any dataset: those of the project, downloaded, or gathered."""

from collections.abc import Iterator
from pathlib import Path

from stages.datasets.catalogue import CATALOGUE, find
from stages.datasets.fetch import fetch
from stages.datasets.sources import Limits

# Of files on this computer, of any size.
_LOCAL = Limits(deadline=86_400, max_bytes=1 << 50)


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
    if dataset.files[0].urls:
        yield from fetch(name, dataset, folder, mirror)
    else:
        # A folder with one folder per dataset, as a mirror is.
        local = Path(__file__).parent if name in CATALOGUE else own_folder
        yield from fetch(name, dataset, folder, str(local), _LOCAL)
