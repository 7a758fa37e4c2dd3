"""Downloads from a real HTTP server on the loopback interface."""

import datetime
import gzip
import hashlib
import ipaddress
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stages.datasets import fetch
from stages.datasets.catalogue import CATALOGUE, FILES, Dataset, RemoteFile
from stages.datasets.errors import DatasetError
from tests.torture import downloads
from tests.torture.downloads import ARCHIVES, CONTENT, LIMITS, Server, dataset, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def fetch_all(dataset: Dataset, folder: Path, mirror: str | None = None) -> list[str]:
    return list(fetch.fetch("letters", dataset, folder, mirror, LIMITS))


def assert_all_valid(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    for name in FILES:
        assert gzip.decompress((folder / name).read_bytes()) == CONTENT[name]


@pytest.mark.parametrize("of", ["content", "archive"])
def test_files_are_fetched_and_not_fetched_again(server: Server, tmp_path: Path, of: str) -> None:
    fetch_all(dataset(server, "good", of=of), tmp_path)
    assert_all_valid(tmp_path)
    server.requests.clear()
    assert all("already there" in line for line in fetch_all(dataset(server, "good"), tmp_path))
    assert server.requests == []


@pytest.mark.parametrize("behaviour", downloads.FAULTS)
def test_failure_of_a_source_is_reported_in_bounded_time_and_space(
    server: Server, tmp_path: Path, behaviour: str
) -> None:
    message = downloads.FAULTS[behaviour]
    assert downloads.fault_without_a_source(server, tmp_path, behaviour, message) is None


@pytest.mark.parametrize("behaviour", downloads.FAULTS)
def test_next_mirror_is_tried(server: Server, tmp_path: Path, behaviour: str) -> None:
    for name in FILES[1:]:
        (tmp_path / name).write_bytes(ARCHIVES[name])
    limits = downloads.SHORT_LIMITS.get(behaviour, LIMITS)
    mirrors = dataset(server, behaviour, "good")
    lines = downloads.fetch_with_more_time(mirrors, tmp_path, None, limits)
    assert all("/good/" in line or "already there" in line for line in lines)
    assert_all_valid(tmp_path)


@pytest.mark.parametrize("behaviour", downloads.GOOD)
def test_valid_file_is_accepted_however_it_is_sent(
    server: Server, tmp_path: Path, behaviour: str
) -> None:
    assert downloads.fault_after_fetching(server, tmp_path, behaviour) is None


def test_body_of_a_redirect_is_not_read(server: Server, tmp_path: Path) -> None:
    server.n_redirect_bytes = 0
    fetch_all(dataset(server, "redirected_with_endless_body"), tmp_path)
    assert_all_valid(tmp_path)
    assert server.n_redirect_bytes < len(FILES) * (16 << 20)  # what the sockets buffer


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_file_of_a_mirror_that_never_opens_is_abandoned(server: Server, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    os.mkfifo(tmp_path / "letters" / FILES[0])
    limits = downloads.SHORT_LIMITS["drips"]
    lines = downloads.fetch_with_more_time(
        dataset(server, "good"), tmp_path / "out", str(tmp_path), limits
    )
    assert all("/good/" in line or "already there" in line for line in lines)


@pytest.mark.parametrize("password", ["secret", "sec/ret", "sec@ret", "sec ret", "[sec::ret"])
def test_password_of_a_mirror_is_not_printed(server: Server, tmp_path: Path, password: str) -> None:
    mirror = f"{server.url}/missing".replace("://", f"://user:{password}@")
    with pytest.raises(DatasetError, match=r"http://\*\*\*@127\.0\.0\.1") as caught:
        fetch_all(dataset(server, "missing"), tmp_path, mirror)
    assert "sec" not in str(caught.value)
    assert "ret" not in str(caught.value)


def test_password_is_not_printed_after_a_success(server: Server, tmp_path: Path) -> None:
    mirror = f"{server.url}/mine".replace("://", "://user:secret@")
    lines = fetch_all(dataset(server, "missing"), tmp_path, mirror)
    assert all("http://***@127.0.0.1" in line for line in lines)


@pytest.mark.parametrize(
    "proxy", ["http://user:secret@127.0.0.1:9", "http://user:secret@[::1", "ftp://user:secret@x"]
)
def test_password_of_a_proxy_is_not_printed(
    server: Server, tmp_path: Path, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(DatasetError) as caught:
        fetch_all(dataset(server, "good"), tmp_path)
    assert "secret" not in str(caught.value)


def test_text_of_a_server_is_shortened(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        fetch_all(dataset(server, "long_reason"), tmp_path)
    assert max(map(len, str(caught.value).splitlines())) < 500


def test_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    with serving(context) as server, pytest.raises(DatasetError) as error:
        fetch_all(dataset(server, "good"), tmp_path / "out")
    assert f"{server.url}/good/{FILES[0]}: its certificate is not trusted" in str(error.value)
    assert server.requests == []


def test_invalid_file_is_replaced(server: Server, tmp_path: Path) -> None:
    (tmp_path / FILES[0]).write_bytes(ARCHIVES[FILES[1]])
    fetch_all(dataset(server, "good"), tmp_path)
    assert_all_valid(tmp_path)


def test_failure_names_each_source_and_leaves_no_file(server: Server, tmp_path: Path) -> None:
    sources = dataset(server, "missing", "html")
    closed_port = "http://127.0.0.1:9"
    with pytest.raises(DatasetError) as error:
        fetch_all(sources, tmp_path, mirror=closed_port)
    message = str(error.value)
    assert f"{closed_port}/letters/{FILES[0]}: no connection" in message
    assert f"{server.url}/missing/{FILES[0]}: 404 Not Found" in message
    assert f"{server.url}/html/{FILES[0]}: not a complete gzip file" in message
    assert "DATASET_MIRROR" in message
    assert list(tmp_path.iterdir()) == []


def test_failure_names_the_folder_for_a_local_mirror(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="put the file into a folder 'letters'"):
        fetch_all(dataset(server, "missing"), tmp_path)


def test_mirror_that_is_not_a_folder_is_skipped(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    mirror = str(tmp_path / "file")
    lines = fetch_all(dataset(server, "good"), tmp_path / "out", mirror)
    assert all("/good/" in line for line in lines)


def test_mirror_with_a_huge_file_or_an_invalid_url_is_refused(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / FILES[0]).write_bytes(bytes(LIMITS.max_bytes + 1))
    with pytest.raises(DatasetError, match="longer than 1,048,576 bytes"):
        fetch_all(dataset(server, "missing"), tmp_path / "out", mirror=str(tmp_path))
    with pytest.raises(DatasetError, match=r"failed \(InvalidURL\)"):
        fetch_all(dataset(server, "missing"), tmp_path / "out", mirror="http://[::1")


def test_mirror_is_tried_first_as_url_and_as_folder(server: Server, tmp_path: Path) -> None:
    lines = fetch_all(dataset(server, "good"), tmp_path / "one", mirror=f"{server.url}/mine/")
    assert all("/mine/letters/" in line for line in lines)
    (tmp_path / "letters").mkdir()
    for name, archive in ARCHIVES.items():
        (tmp_path / "letters" / name).write_bytes(archive)
    server.requests.clear()
    fetch_all(dataset(server, "good"), tmp_path / "two", mirror=str(tmp_path))
    assert_all_valid(tmp_path / "two")
    assert server.requests == []


def test_file_of_a_mirror_is_verified(server: Server, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    for name in FILES:
        (tmp_path / "letters" / name).write_bytes(gzip.compress(b"something else"))
    lines = fetch_all(dataset(server, "good"), tmp_path / "out", mirror=str(tmp_path))
    assert all("/good/" in line for line in lines)


def test_files_of_an_mnist_mirror_are_valid(mirror: Path, tmp_path: Path) -> None:
    lines = list(fetch.fetch("mnist", CATALOGUE["mnist"], tmp_path, str(mirror)))
    assert all(str(mirror) in line for line in lines)


@pytest.mark.parametrize("is_gzipped", [False, True])
@pytest.mark.parametrize("dot", ["-", "."])
def test_mirror_wants_content_whatever_the_files_are_called(
    tmp_path: Path, dot: str, is_gzipped: bool
) -> None:
    contents = {name: b"\0\0\x08\x01" + name.encode() for name in FILES}
    (tmp_path / "letters").mkdir()
    for name, content in contents.items():
        spelling = name.removesuffix(".gz").replace("-idx", f"{dot}idx") + ".gz" * is_gzipped
        stored = gzip.compress(content) if is_gzipped else content
        (tmp_path / "letters" / spelling).write_bytes(stored)
    files = tuple(
        RemoteFile((), "sha256", "content", hashlib.sha256(content).hexdigest())
        for content in contents.values()
    )
    letters = Dataset(classes=("0", "1"), digit_size=20, files=files)
    lines = fetch_all(letters, tmp_path / "out", mirror=str(tmp_path))
    assert all(f"{dot}idx" in line.partition("fetched from")[2] for line in lines)
    for name, content in contents.items():
        assert gzip.decompress((tmp_path / "out" / name).read_bytes()) == content


def test_mirror_without_a_file_names_what_was_looked_for(server: Server, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x01other")
    with pytest.raises(DatasetError) as caught:
        fetch_all(dataset(server, "missing"), tmp_path / "out", mirror=str(tmp_path))
    for spelling, error in (
        ("train-images-idx3-ubyte.gz", "no such file"),
        ("train-images-idx3-ubyte", "wrong content"),
        ("train-images.idx3-ubyte.gz", "no such file"),
        ("train-images.idx3-ubyte", "no such file"),
    ):
        assert f"{tmp_path}/letters/{spelling}: {error}" in str(caught.value)
    archives = dataset(server, "missing", of="archive")
    with pytest.raises(DatasetError, match=r"is unpacked, but the checksum is that of the \.gz"):
        fetch_all(archives, tmp_path / "out", mirror=str(tmp_path))
