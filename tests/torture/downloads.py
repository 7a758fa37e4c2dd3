"""Downloads from an HTTP server on loopback that misbehaves in many ways."""

import gzip
import hashlib
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from stages.datasets import fetch
from stages.datasets.catalogue import FILES, Dataset, RemoteFile
from stages.datasets.errors import DatasetError
from stages.datasets.sources import Limits
from tests.helpers.commands import HANGS_AFTER
from tests.torture.outcome import Outcome

CONTENT = {name: name.encode() * 1000 for name in FILES}
ARCHIVES = {name: gzip.compress(content) for name, content in CONTENT.items()}
BOMB = gzip.compress(bytes(50 << 20))
# No source is abandoned because the machine is busy.
LIMITS = Limits(
    connect_timeout=HANGS_AFTER, read_timeout=HANGS_AFTER, deadline=HANGS_AFTER, max_bytes=1 << 20
)
# What sources run into that take too long; short, so that they can be tried often.
SHORT_LIMITS = {
    "silent": replace(LIMITS, read_timeout=0.2),
    "stalls": replace(LIMITS, read_timeout=0.2),
    "drips": replace(LIMITS, deadline=0.4),
    "drips_headers": replace(LIMITS, deadline=0.4),
}


class Server(ThreadingHTTPServer):
    """Answers by the first folder of the path, and records the requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str] = []
        self.n_redirect_bytes = 0
        self.stopped = threading.Event()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: clients are expected to close connections."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        _, behaviour, *_, name = self.path.split("/")
        getattr(self, behaviour)(name, ARCHIVES[name])

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def _send(self, body: bytes, length: str | None = None, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)) if length is None else length)
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, location: str) -> None:
        self.send_response(302)
        self.send_header("Location", location)
        self.end_headers()

    def _start_chunks(self) -> None:
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True

    def _endless(self, chunk: bytes, pause: float = 0.0) -> None:
        while not self.server.stopped.wait(pause):
            self.wfile.write(chunk)

    # Behaviours that deliver the file.

    def good(self, name: str, body: bytes) -> None:
        self._send(body)

    def mine(self, name: str, body: bytes) -> None:
        self._send(body)

    def recompressed(self, name: str, body: bytes) -> None:
        self._send(gzip.compress(CONTENT[name], 1, mtime=12345))

    def chunked(self, name: str, body: bytes) -> None:
        self._start_chunks()
        for start in range(0, len(body), 50):
            piece = body[start : start + 50]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def redirected(self, name: str, body: bytes) -> None:
        self._redirect(f"/good/{name}")

    def redirected_with_endless_body(self, name: str, body: bytes) -> None:
        self._redirect(f"/good/{name}")
        while not self.server.stopped.is_set():
            self.wfile.write(bytes(1 << 16))
            self.server.n_redirect_bytes += 1 << 16

    def called_an_encoding(self, name: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def length_is_no_number(self, name: str, body: bytes) -> None:
        self._send(body, "many")

    # Behaviours that do not.

    def missing(self, name: str, body: bytes) -> None:
        self.send_error(404)

    def forbidden(self, name: str, body: bytes) -> None:
        self.send_error(403)

    def broken(self, name: str, body: bytes) -> None:
        self.send_error(500)

    def html(self, name: str, body: bytes) -> None:
        self._send(b"<html>Please log in</html>")

    def nothing(self, name: str, body: bytes) -> None:
        self._send(b"")

    def flipped(self, name: str, body: bytes) -> None:
        self._send(body[:-20] + bytes([body[-20] ^ 1]) + body[-19:])

    def short(self, name: str, body: bytes) -> None:
        self._send(body[:10], str(len(body)))

    def claims_less(self, name: str, body: bytes) -> None:
        self._send(body, "10")

    def cut(self, name: str, body: bytes) -> None:
        self._send(body[:50], str(len(body)))
        # Closing without waiting sends a reset, as when a cable is cut.
        self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def hangs_up(self, name: str, body: bytes) -> None:
        self.connection.close()

    def no_http(self, name: str, body: bytes) -> None:
        self.wfile.write(b"\x00\xff no HTTP at all\r\n\r\n")

    def silent(self, name: str, body: bytes) -> None:
        self.server.stopped.wait()

    def stalls(self, name: str, body: bytes) -> None:
        self._send(body[:50], str(len(body)))
        self.server.stopped.wait()

    def drips(self, name: str, body: bytes) -> None:
        self._send(b"", str(1 << 20))
        self._endless(b"x", pause=0.05)

    def drips_headers(self, name: str, body: bytes) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        self._endless(b"x", pause=0.05)

    def in_a_circle(self, name: str, body: bytes) -> None:
        self._redirect(self.path)

    def to_another_world(self, name: str, body: bytes) -> None:
        self._redirect("file:///etc/hostname")

    def redirected_to_bad_ipv6(self, name: str, body: bytes) -> None:
        self._redirect("http://[::1/")

    def redirected_to_bad_name(self, name: str, body: bytes) -> None:
        self._redirect("http://\N{ACCOUNT OF}.example/".encode().decode("latin-1"))

    def redirected_to_bad_port(self, name: str, body: bytes) -> None:
        self._redirect("http://1::2::3/")

    def negative_chunk(self, name: str, body: bytes) -> None:
        self._start_chunks()
        self.wfile.write(b"-5\r\n" + body)

    def chunk_of_minus_one(self, name: str, body: bytes) -> None:
        self._start_chunks()
        self.wfile.write(b"-1\r\n")
        self._endless(bytes(1 << 16))

    def long_reason(self, name: str, body: bytes) -> None:
        self.send_response(404, "Not Found " * 1000)
        self.end_headers()

    def endless(self, name: str, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self._endless(bytes(1 << 16))

    def claims_10_gb(self, name: str, body: bytes) -> None:
        self._send(b"", str(10 * 10**9))
        self._endless(bytes(1 << 16))

    def bomb(self, name: str, body: bytes) -> None:
        self._send(BOMB)

    def encoded_bomb(self, name: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(gzip.compress(BOMB))


GOOD = ["good", "recompressed", "chunked", "redirected", "called_an_encoding"]
GOOD += ["length_is_no_number", "redirected_with_endless_body"]
FAULTS = {
    "missing": "404 Not Found",
    "forbidden": "403 Forbidden",
    "broken": "500 Internal Server Error",
    "html": "not a complete gzip file",
    "nothing": "wrong content",
    "flipped": "not a complete gzip file",
    "short": "no connection, or the connection was lost",
    "claims_less": "not a complete gzip file",
    "cut": "no connection, or the connection was lost",
    "hangs_up": "no connection, or the connection was lost",
    "no_http": "no connection, or the connection was lost",
    "silent": "no data for",
    "stalls": "no data for",
    "drips": "not complete within",
    "drips_headers": "not complete within",
    "in_a_circle": "more than 10 redirects",
    "to_another_world": "failed (InvalidSchema)",
    "endless": "longer than 1,048,576 bytes",
    "claims_10_gb": "claims to have 10,000,000,000 bytes",
    "bomb": "wrong content",
    "encoded_bomb": "wrong content",
    "redirected_to_bad_ipv6": "failed (ValueError)",
    "redirected_to_bad_name": "failed (ValueError)",
    "redirected_to_bad_port": "failed (InvalidURL)",
    "negative_chunk": "",
    "chunk_of_minus_one": "longer than 1,048,576 bytes",
    "long_reason": "404",
}


@contextmanager
def serving(certificate: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server for as long as the block takes, over TLS if a certificate is given."""
    with Server() as server:
        if certificate:
            server.scheme = "https"
            server.socket = certificate.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()


def dataset(server: Server, *behaviours: str, of: str = "content") -> Dataset:
    """Make a dataset with one mirror per behaviour."""
    hashed = CONTENT if of == "content" else ARCHIVES
    return Dataset(
        classes=("0", "1"),
        digit_size=20,
        files=tuple(
            RemoteFile(
                tuple(f"{server.url}/{behaviour}/{name}" for behaviour in behaviours),
                "sha256",
                of,
                hashlib.sha256(hashed[name]).hexdigest(),
            )
            for name in FILES
        ),
    )


def fetch_with_more_time(
    mirrors: Dataset, folder: Path, mirror: str | None, limits: Limits
) -> list[str]:
    """Fetch, with ever more time until a source that is good has had enough of it."""
    while True:
        try:
            return list(fetch.fetch("letters", mirrors, folder, mirror, limits))
        except DatasetError:
            if limits == LIMITS:
                raise
        limits = replace(
            limits,
            read_timeout=min(5 * limits.read_timeout, HANGS_AFTER),
            deadline=min(5 * limits.deadline, HANGS_AFTER),
        )


def fault_after_fetching(server: Server, folder: Path, *behaviours: str) -> str | None:
    """Fetch from mirrors, the last of which is good, and return a message if that failed."""
    watch = Watch(folder)
    try:
        with watch:
            limits = SHORT_LIMITS.get(behaviours[0], LIMITS)
            fetch_with_more_time(dataset(server, *behaviours), folder, None, limits)
    except DatasetError as error:
        return f"{behaviours}: {error}"
    if {path.name: path.read_bytes() for path in folder.iterdir()}.keys() != set(FILES):
        return f"{behaviours}: not the files of the dataset"
    for name in FILES:
        if gzip.decompress((folder / name).read_bytes()) != CONTENT[name]:
            return f"{behaviours}: wrong content under a final name"
    return watch.fault


def fault_without_a_source(
    server: Server, folder: Path, behaviour: str, message: str
) -> str | None:
    """Fetch without a good mirror, and return a message unless that is refused with `message`."""
    watch = Watch(folder)
    try:
        with watch:
            limits = SHORT_LIMITS.get(behaviour, LIMITS)
            list(fetch.fetch("letters", dataset(server, behaviour), folder, None, limits))
    except DatasetError as error:
        if f"{server.url}/{behaviour}/{FILES[0]}: {message}" not in str(error):
            return f"{behaviour}: unclear: {error}"
    else:
        return f"{behaviour}: accepted"
    if list(folder.iterdir()):
        return f"{behaviour}: left {[path.name for path in folder.iterdir()]}"
    return watch.fault


class Watch:
    """Measures the sizes of a folder's files while a block runs."""

    def __init__(self, folder: Path) -> None:
        self.fault: str | None = None
        self._folder = folder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *args: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.005):
            for path in self._folder.iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_size > LIMITS.max_bytes + (1 << 17):
                        self.fault = f"{path.name} grew to {path.stat().st_size:,} bytes"


def torture(folder: Path, rounds: int) -> Iterator[Outcome]:
    """Fetch from each faulty mirror alone, and with a good one after it; and from each good one."""
    with serving() as server:
        outcome = Outcome("a download, then a good mirror")
        for _ in range(rounds):
            for behaviours in [[name, "good"] for name in FAULTS] + [[name] for name in GOOD]:
                with tempfile.TemporaryDirectory(dir=folder) as empty:
                    outcome.add(fault_after_fetching(server, Path(empty), *behaviours))
        yield outcome
        outcome = Outcome("a download without a good mirror")
        for _ in range(rounds):
            for name, message in FAULTS.items():
                with tempfile.TemporaryDirectory(dir=folder) as empty:
                    outcome.add(fault_without_a_source(server, Path(empty), name, message))
        yield outcome
