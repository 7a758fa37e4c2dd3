"""Downloads from a real HTTP server on loopback."""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stages.datasets import fetch
from stages.datasets.catalogue import CATALOGUE, FILES, Dataset, Fingerprint
from stages.datasets.errors import DatasetError

CONTENT = {name: name.encode() * 1000 for name in FILES}
ARCHIVES = {name: gzip.compress(content) for name, content in CONTENT.items()}


class Server(ThreadingHTTPServer):
    """Answers by the first folder of the path, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.asked.append(self.path)
        _, behaviour, *_, name = self.path.split("/")
        body = ARCHIVES[name]
        if behaviour == "missing":
            self.send_error(404)
            return
        if behaviour == "html":
            body = b"<html>Please log in</html>"
        if behaviour == "flipped":
            body = body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]
        if behaviour == "recompressed":
            body = gzip.compress(CONTENT[name], 1, mtime=12345)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:10] if behaviour == "short" else body)

    def log_message(self, *args):
        """Say nothing: the tests look at what arrives."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def dataset(server: Server, *behaviours: str, of: str = "content") -> Dataset:
    known = CONTENT if of == "content" else ARCHIVES
    return Dataset(
        classes=("0", "1"),
        mirrors=tuple(f"{server.url}/{behaviour}/" for behaviour in behaviours),
        fingerprints=tuple(
            Fingerprint("sha256", of, hashlib.sha256(known[name]).hexdigest())  # type: ignore[arg-type]
            for name in FILES
        ),
    )


def fetched(dataset, folder, mirror=None):
    return list(fetch.fetch("letters", dataset, folder, mirror))


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


def test_honest_mirror_that_compressed_anew_is_taken(server, tmp_path):
    fetched(dataset(server, "recompressed"), tmp_path)
    assert_all_right(tmp_path)


@pytest.mark.parametrize("fault", ["missing", "html", "flipped", "short"])
def test_next_mirror_is_tried(server, tmp_path, fault):
    lines = fetched(dataset(server, fault, "good"), tmp_path)
    assert all("/good/" in line for line in lines)
    assert_all_right(tmp_path)


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


def test_endless_file_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(fetch, "_CHUNK_BYTES", 50)
    with pytest.raises(DatasetError, match="longer than"):
        fetched(dataset(server, "good"), tmp_path)


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
