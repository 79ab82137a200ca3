"""A real HTTP server on the loopback, which fails in the ways that real ones do."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FileServer(ThreadingHTTPServer):
    """Serves ``files`` by name; the attributes say how it fails. Counts what it sends."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut_after: int | None = None  # bytes of each body, before the connection closes
        self.stall_after: int | None = None  # bytes of each body, before silence
        self.statuses: list[int] = []  # answered first, one each request
        self.moved_to: str | None = None  # where a request for a range is redirected
        self.ranges = True  # honours Range
        self.shift = 0  # bytes by which an answered range is off
        self.lengths = True  # sends Content-Length
        self.always_compressed = False
        self.asked: list[tuple[str, str | None]] = []  # name and Range of each request
        self.sent = 0  # bytes of bodies
        self.release = threading.Event()  # ends all silence

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news here."""


class Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        name, wanted = self.path.lstrip("/"), self.headers["Range"]
        server.asked.append((name, wanted))
        if server.statuses:
            return self.send_error(server.statuses.pop(0))
        if wanted and server.moved_to:
            self.send_response(302)
            self.send_header("Location", server.moved_to)
            return self.end_headers()
        if name not in server.files:
            return self.send_error(404)
        body = server.files[name]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
        if start and start >= len(body):
            return self.send_error(416)
        first = max(0, start - server.shift)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        # As raw.githubusercontent.com does for a client that allows it.
        if server.always_compressed or "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        return self.send_body(body[first:])

    def send_body(self, body: bytes) -> None:
        server = self.server
        if server.lengths:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        limits = [at for at in (server.cut_after, server.stall_after) if at is not None]
        end = min([len(body), *limits])
        for at in range(0, end, 1 << 12):
            block = body[at : min(at + (1 << 12), end)]
            # Counted first: who has received the last block may look at once.
            server.sent += len(block)
            self.wfile.write(block)
        if server.stall_after is not None:
            server.release.wait(20)

    def log_message(self, format: str, *args: object) -> None:
        """Keep standard error for what is tested."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()
