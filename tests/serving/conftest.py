"""Real server processes on free ports."""

from __future__ import annotations

import contextlib
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
import requests

LIMIT = 60.0
STRICT = """
import sys
import time
from pathlib import Path
from nsmc.serving.server import Service, bind, serve
from nsmc.serving.settings import ServerSettings

spool, gate, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])


class Gated(Service):
    def load(self):
        classifier = super().load()
        explain = classifier.explain

        def waiting(texts):
            while gate.exists():
                time.sleep(0.01)
            return explain(texts)

        classifier.explain = waiting
        return classifier


strict = ServerSettings(
    spool, body_bytes=20_000, table_bytes=2_000, waiting=60, waiting_explanations=1, tables=1,
    deadline=seconds, upload_seconds=seconds, drain_seconds=0.0, grace_seconds=1.0,
)
listening = bind("127.0.0.1", 0)
address = f"serving http://127.0.0.1:{listening.getsockname()[1]}"
serve(Gated(None, strict), listening, 1, lambda: print(address, file=sys.stderr))
"""
"""A server of small limits, which explains nothing while a file is there."""
PATIENT, HASTY = 2 * LIMIT, 0.5
"""Seconds that a strict server waits: longer than any test, or so that a test needn't wait long."""


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
        found = self.wait_for(r"(http://[\d.]+:\d+)")
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


class Strict(Server):
    """A server of small limits, whose explanations a test can hold up."""

    def __init__(self, place: Path, seconds: float) -> None:
        self.spool, self._gate = place / "spool", place / "gate"
        self.spool.mkdir()
        super().__init__("-c", STRICT, self.spool, self._gate, str(seconds))

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Within the block no explanation ends."""
        self._gate.touch()
        try:
            yield
        finally:
            self._gate.unlink()

    def explained(self) -> int:
        """Comments whose explanation has begun."""
        metrics = requests.get(f"{self.url}/metrics", timeout=LIMIT).text
        found = re.search(r'nsmc_comments_total{.*"explained"} (\S+)', metrics)
        return int(float(found[1])) if found else 0


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strict]:
    """One of small limits that never ends a wait."""
    server = Strict(tmp_path_factory.mktemp("patient"), PATIENT)
    yield server
    server.close()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strict]:
    """One of small limits that waits half a second."""
    server = Strict(tmp_path_factory.mktemp("hasty"), HASTY)
    yield server
    server.close()
