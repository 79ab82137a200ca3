"""Real server processes on free ports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LIMIT = 60.0
STRICT = """
import sys
from pathlib import Path
from nsmc.serving.server import Service, bind, serve
from nsmc.serving.settings import ServerSettings

spool = Path(sys.argv[1])
strict = ServerSettings(
    spool, body_bytes=20_000, table_bytes=2_000, waiting=60, waiting_explanations=1, tables=1,
    deadline=1.0, upload_seconds=0.6, drain_seconds=0.0,
)
listening = bind("127.0.0.1", 0)
address = f"serving http://127.0.0.1:{listening.getsockname()[1]}"
serve(Service(None, strict), listening, 1, lambda: print(address, file=sys.stderr))
"""
"""A server whose limits are met in a moment."""


class Server:
    """A server process and what it says."""

    def __init__(self, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**(env or os.environ), "OPENBLAS_NUM_THREADS": "1"},
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        found = self.wait_for(r"serving (http://\S+)")
        self.url = found[1]
        self.port = int(self.url.rpartition(":")[2])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the server has said something; it is a failure if it ends before."""
        ends = time.monotonic() + LIMIT
        while (found := re.search(pattern, self.log)) is None:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < ends, self.log
            time.sleep(0.02)
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr is not None
        self._reader.join(LIMIT)
        self.process.stderr.close()


Start = Callable[..., Server]


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Start `nsmc serve` with options, on a free port."""
    started: list[Server] = []

    def call(*options: str | Path) -> Server:
        started.append(Server("-m", "nsmc", "serve", "--port", "0", *options))
        return started[-1]

    yield call
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def server(start: Start) -> Server:
    """One server for the tests of a module."""
    return start("--drain-seconds", "0")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose limits are met in a moment."""
    server = Server("-c", STRICT, tmp_path_factory.mktemp("spool"))
    yield server
    server.close()
