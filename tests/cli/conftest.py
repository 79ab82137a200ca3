"""The real command: in this process where that is the same, else as a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nsmc.cli.main import run

LIMIT = 300
"""Seconds after which a process counts as hanging."""


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def objects(self) -> list[dict[str, Any]]:
        """The output of a command that went well: JSON, an object a line."""
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]

    def object(self) -> dict[str, Any]:
        """The only object of the output."""
        (value,) = self.objects()
        return value

    def check_refusal(self, code: int, *words: str) -> None:
        """Check that it failed with these words, no result and no traceback."""
        assert (self.code, self.out) == (code, ""), self.err
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


Here = Callable[..., Result]
"""Runs a command in this process; ``stdin`` by name."""
Command = Callable[..., Result]
"""Runs a command as a process whose streams are pipes: ``stdin``, ``env`` and ``cwd`` by name."""
Start = Callable[..., "subprocess.Popen[bytes]"]
"""Starts a command as a process in a session of its own, whose streams are pipes."""


def command_line(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "nsmc", *map(str, args)]


def environment(changes: dict[str, str] | None = None) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "PYTHONIOENCODING")}
    return {**env, "TERM": "xterm", **(changes or {})}


def finished(command: list[str], **options: Any) -> Result:
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, **options)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    terminate = signal.getsignal(signal.SIGTERM)

    def call(*args: str | Path, stdin: bytes | None = None) -> Result:
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        with (
            io.TextIOWrapper(tempfile.TemporaryFile()) as source,
            monkeypatch.context() as patch,
        ):
            if stdin is not None:
                source.buffer.write(stdin)
                source.seek(0)
                patch.setattr(sys, "stdin", source)
            try:
                code = run([str(arg) for arg in args])
            except SystemExit as ended:
                assert isinstance(ended.code, int)
                code = ended.code
        return Result(code, *capsys.readouterr())

    yield call
    signal.signal(signal.SIGTERM, terminate)


@pytest.fixture
def command() -> Command:
    def call(
        *args: str | Path,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Result:
        return finished(command_line(*args), input=stdin, env=environment(env), cwd=cwd)

    return call


@pytest.fixture
def shell() -> Callable[..., Result]:
    """Runs a line of bash in which ``$nsmc`` is the command and ``$1``, … are the arguments."""

    def call(line: str, *args: str | Path) -> Result:
        command = ["bash", "-c", f"set -o pipefail; {line}", "bash", *map(str, args)]
        return finished(command, env={**os.environ, "nsmc": f"{sys.executable} -m nsmc"})

    return call


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def call(*args: str | Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command_line(*args),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class Terminal:
    """A command on a pseudo-terminal; ``out`` is a pipe where it isn't wanted there."""

    def __init__(
        self,
        *args: str | Path,
        env: dict[str, str] | None = None,
        out_to_pipe: bool = False,
        columns: int = 120,
    ) -> None:
        self._master, slave = pty.openpty()
        # A new one is 0 columns wide, in which no progress bar has room.
        self.resize(columns)
        self.process = subprocess.Popen(
            command_line(*args),
            stdin=slave,
            stdout=subprocess.PIPE if out_to_pipe else slave,
            stderr=slave,
            env=environment(env),
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""
        self._bytes = b""

    def resize(self, columns: int, rows: int = 40) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str) -> None:
        """Read until ``text`` is shown; it is a failure if the terminal closes before."""
        while text not in self.shown:
            assert self._read(), f"{text!r} never came: {self.shown!r}"

    def wait_for_prompt(self) -> None:
        """Read until the next line can be typed; what comes earlier, readline may not see."""
        while not self.shown.endswith("> "):
            assert self._read(), f"no prompt came: {self.shown!r}"

    def finish(self) -> int:
        """Read to the end and return the exit status."""
        while self._read():
            pass
        return self.process.wait(LIMIT)

    def close(self) -> None:
        end(self.process)
        os.close(self._master)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], LIMIT)
        assert ready, f"nothing came for {LIMIT} seconds: {self.shown!r}"
        try:
            block = os.read(self._master, 1 << 16)
        except OSError:  # how Linux tells that the other side has closed
            return False
        self._bytes += block
        self.shown = self._bytes.decode("utf-8", "replace")
        return bool(block)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def call(*args: str | Path, **options: Any) -> Terminal:
        opened.append(Terminal(*args, **options))
        return opened[-1]

    yield call
    for each in opened:
        each.close()
