"""A real HTTP server on the loopback, which fails in the ways that real ones do."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FileServer(ThreadingHTTPServer):
    """Serves ``files`` by name; the attributes say how it fails. Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []  # bytes after which a connection closes, one each request
        self.stall_after: int | None = None  # bytes of each body, before silence
        self.statuses: list[int] = []  # answered first, one each request
        self.moved_to: str | None = None  # where every request is redirected
        self.asked: list[str] = []
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
        name = self.path.lstrip("/")
        server.asked.append(name)
        if server.statuses:
            return self.send_error(server.statuses.pop(0))
        if server.moved_to:
            self.send_response(302)
            self.send_header("Location", server.moved_to)
            return self.end_headers()
        if name not in server.files:
            return self.send_error(404)
        body = server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        end = server.cuts.pop(0) if server.cuts else server.stall_after
        self.wfile.write(body[:end])
        if server.stall_after is not None:
            server.release.wait(20)
        return None

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
