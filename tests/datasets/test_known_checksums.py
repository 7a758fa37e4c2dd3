"""Files for which nobody publishes a checksum, from a real HTTP server."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from stages.datasets import known_checksums
from stages.datasets.catalogue import FILES, Checksum, Dataset, RemoteFile
from stages.datasets.errors import DatasetError
from stages.datasets.fetch import fetch
from tests.torture.downloads import ARCHIVES, CONTENT, LIMITS, Server, serving

LABELS = FILES[3]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def fetch_all(server: Server, folder: Path, mirror: Path | None = None) -> list[str]:
    files = tuple(RemoteFile((f"{server.url}/good/{name}",), None) for name in FILES)
    dataset = Dataset(classes=("0", "1"), digit_size=20, files=files)
    known_path = folder / "known.yaml"
    raw = folder / "raw"
    return list(fetch("letters", dataset, raw, str(mirror) if mirror else None, LIMITS, known_path))


def test_first_download_is_trusted_and_later_ones_are_compared(
    server: Server, tmp_path: Path
) -> None:
    lines = fetch_all(server, tmp_path)
    assert sum("first download is trusted" in line for line in lines) == len(FILES)
    sha256 = hashlib.sha256(CONTENT[LABELS]).hexdigest()
    assert f'{LABELS}: "{sha256}"' in (tmp_path / "known.yaml").read_text(encoding="utf-8")
    assert all("already there" in line for line in fetch_all(server, tmp_path))

    # What is there, or comes from elsewhere, and differs is not used.
    other = gzip.compress(b"other labels")
    (tmp_path / "raw" / LABELS).write_bytes(other)
    (tmp_path / "mirror" / "letters").mkdir(parents=True)
    (tmp_path / "mirror" / "letters" / LABELS).write_bytes(other)
    lines = fetch_all(server, tmp_path, mirror=tmp_path / "mirror")
    assert "/good/" in lines[3]
    assert (tmp_path / "raw" / LABELS).read_bytes() == ARCHIVES[LABELS]


def test_a_broken_archive_is_not_learnt(server: Server, tmp_path: Path) -> None:
    files = tuple(RemoteFile((f"{server.url}/html/{name}",), None) for name in FILES)
    dataset = Dataset(classes=("0", "1"), digit_size=20, files=files)
    known_path = tmp_path / "known.yaml"
    with pytest.raises(DatasetError, match="not a complete gzip file"):
        list(fetch("letters", dataset, tmp_path / "raw", None, LIMITS, known_path))
    assert not known_path.exists()


def test_checksums_of_several_datasets_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    checksums = {}
    for name in ("b", "a"):
        digest = hashlib.sha256(name.encode()).hexdigest()
        checksums[name] = Checksum("sha256", "content", digest)
        known_checksums.add(path, name, LABELS, checksums[name])
    for name in ("a", "b"):
        assert known_checksums.read(path, name) == {LABELS: checksums[name]}
    assert known_checksums.read(path, "c") == {}
    path.write_text("a: b", encoding="utf-8")
    with pytest.raises(DatasetError, match="a: must be a table of SHA-256 by file name"):
        known_checksums.read(path, "a")
