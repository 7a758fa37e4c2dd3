"""Downloads from a real HTTP server on loopback."""

import datetime
import gzip
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stages.datasets import fetch
from stages.datasets.catalogue import CATALOGUE, FILES
from stages.datasets.errors import DatasetError
from tests.torture import downloads
from tests.torture.downloads import ARCHIVES, CONTENT, LIMITS, Server, dataset, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def fetched(dataset, folder, mirror=None):
    return list(fetch.fetch("letters", dataset, folder, mirror, LIMITS))


def assert_all_right(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    for name in FILES:
        assert gzip.decompress((folder / name).read_bytes()) == CONTENT[name]


@pytest.mark.parametrize("of", ["content", "archive"])
def test_right_files_arrive_and_are_not_fetched_again(server, tmp_path, of):
    fetched(dataset(server, "good", of=of), tmp_path)
    assert_all_right(tmp_path)
    server.asked.clear()
    assert all("already there" in line for line in fetched(dataset(server, "good"), tmp_path))
    assert server.asked == []


@pytest.mark.parametrize("behaviour", downloads.FAULTS)
def test_what_is_wrong_with_a_source_is_told_in_bounded_time_and_space(server, tmp_path, behaviour):
    says = downloads.FAULTS[behaviour]
    assert downloads.fault_without_a_source(server, tmp_path, behaviour, says) is None


@pytest.mark.parametrize("behaviour", downloads.FAULTS)
def test_next_mirror_is_tried(server, tmp_path, behaviour):
    first = replace(LIMITS, silence=0.1, total=0.2)
    (tmp_path / FILES[1]).write_bytes(ARCHIVES[FILES[1]])
    lines = list(fetch.fetch("letters", dataset(server, behaviour, "good"), tmp_path, None, first))
    assert all("/good/" in line or "already there" in line for line in lines)
    assert_all_right(tmp_path)


@pytest.mark.parametrize("behaviour", downloads.GOOD)
def test_right_file_is_taken_however_it_comes(server, tmp_path, behaviour):
    assert downloads.fault_after_fetching(server, tmp_path, [behaviour]) is None


def test_certificate_that_nobody_vouches_for_is_refused(tmp_path):
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
        fetched(dataset(server, "good"), tmp_path / "out")
    assert f"{server.url}/good/{FILES[0]}: its certificate is not to be trusted" in str(error.value)
    assert server.asked == []


def test_wrong_file_that_is_there_is_replaced(server, tmp_path):
    (tmp_path / FILES[0]).write_bytes(ARCHIVES[FILES[1]])
    fetched(dataset(server, "good"), tmp_path)
    assert_all_right(tmp_path)


def test_all_down_names_each_source_and_leaves_nothing(server, tmp_path):
    broken = dataset(server, "missing", "html")
    nobody = "http://127.0.0.1:9"
    with pytest.raises(DatasetError) as error:
        fetched(broken, tmp_path, mirror=nobody)
    message = str(error.value)
    assert f"{nobody}/letters/{FILES[0]}: no connection" in message
    assert f"{server.url}/missing/{FILES[0]}: 404 Not Found" in message
    assert f"{server.url}/html/{FILES[0]}: not a whole gzip file" in message
    assert "DATASET_MIRROR" in message
    assert list(tmp_path.iterdir()) == []


def test_advice_names_the_folder_that_a_mirror_is_looked_up_in(server, tmp_path):
    with pytest.raises(DatasetError, match="put the file into a folder 'letters'"):
        fetched(dataset(server, "missing"), tmp_path)


def test_mirror_that_is_no_folder_does_not_stop_the_search(server, tmp_path):
    (tmp_path / "file").write_text("no folder")
    mirror = str(tmp_path / "file")
    lines = fetched(dataset(server, "good"), tmp_path / "out", mirror)
    assert all("/good/" in line for line in lines)


def test_file_of_a_mirror_that_is_too_long_or_no_address_is_given_up(server, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / FILES[0]).write_bytes(bytes(LIMITS.size + 1))
    with pytest.raises(DatasetError, match="longer than 1,048,576 bytes"):
        fetched(dataset(server, "missing"), tmp_path / "out", mirror=str(tmp_path))
    with pytest.raises(DatasetError, match="not an address"):
        fetched(dataset(server, "missing"), tmp_path / "out", mirror="http://[::1")


def test_mirror_comes_first_as_url_and_as_folder(server, tmp_path):
    lines = fetched(dataset(server, "good"), tmp_path / "one", mirror=f"{server.url}/mine/")
    assert all("/mine/letters/" in line for line in lines)
    (tmp_path / "letters").mkdir()
    for name, archive in ARCHIVES.items():
        (tmp_path / "letters" / name).write_bytes(archive)
    server.asked.clear()
    fetched(dataset(server, "good"), tmp_path / "two", mirror=str(tmp_path))
    assert_all_right(tmp_path / "two")
    assert server.asked == []


def test_mirror_says_where_never_what(server, tmp_path):
    (tmp_path / "letters").mkdir()
    for name in FILES:
        (tmp_path / "letters" / name).write_bytes(gzip.compress(b"something else"))
    lines = fetched(dataset(server, "good"), tmp_path / "out", mirror=str(tmp_path))
    assert all("/good/" in line for line in lines)


def test_catalogue_is_pinned_and_encrypted_first():
    for entry in CATALOGUE.values():
        assert len(entry.classes) == 10
        if entry.mirrors:
            assert len(entry.fingerprints) == len(FILES)
            assert entry.mirrors[0].startswith("https://")


def test_mnist_mirror_has_the_content_that_is_pinned(mirror, tmp_path):
    lines = list(fetch.fetch("mnist", CATALOGUE["mnist"], tmp_path, str(mirror)))
    assert all(str(mirror) in line for line in lines)
