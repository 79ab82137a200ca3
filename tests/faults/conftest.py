"""Faults at the write steps of commands, and what must be true after each."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

FAULTS = ("SIGKILL", "SIGTERM", "SIGINT", "ENOSPC", "EIO")


@dataclass(frozen=True)
class Done:
    """A job that has ended."""

    status: int
    """The exit status; below 0 the signal that ended it."""
    steps: list[str]
    """Its write steps; none of a job that was killed."""
    errors: str
    """What it wrote to standard error."""


class Run(Protocol):
    """Runs a command in a fork, with a fault at a write step."""

    def __call__(
        self, place: Path, arguments: list[Any], *, fault: str = "", at: int = -1, task: str = ...
    ) -> Done:
        """Args: the working directory, the arguments, the fault, the step counted from 0."""
        ...


@pytest.fixture(scope="session")
def run_in_fork(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One process for all tests of a worker, which has imported what every command needs."""
    with forking(tmp_path_factory.mktemp("log"), "all") as run:
        yield run


@pytest.fixture(scope="session")
def predict_in_fork(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One that has imported what scoring needs, in a moment."""
    with forking(tmp_path_factory.mktemp("log")) as run:
        yield run


@contextlib.contextmanager
def forking(place: Path, *imports: str) -> Iterator[Run]:
    """Start a process that forks for each job."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork on this system")
    log = f"{place}/"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("process.py"), *imports],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def run(
            place: Path,
            arguments: list[Any],
            *,
            fault: str = "",
            at: int = -1,
            task: str = "command",
        ) -> Done:
            job = {"place": str(place), "arguments": arguments, "fault": fault, "at": at}
            stdin.write(json.dumps({**job, "task": task, "log": log}) + "\n")
            stdin.flush()
            status, steps = json.loads(stdout.readline())
            return Done(status, steps, Path(log + "stderr").read_text("utf-8", "replace"))

        yield run
        stdin.close()


Content = dict[str, bytes]
Normalize = Callable[[str, bytes], bytes]


def content_of(place: Path, normalize: Normalize = lambda name, data: data) -> Content:
    """Every file below a directory by its name, without locks."""
    files = sorted(path for path in place.rglob("*") if path.is_file() and path.name != ".lock")
    names = [str(path.relative_to(place)) for path in files]
    return {name: normalize(name, (place / name).read_bytes()) for name in names}


@pytest.fixture
def content() -> Callable[..., Content]:
    """As a fixture, since tests are no package to import from."""
    return content_of


def faults_at(steps: int, every: bool) -> list[tuple[str, int]]:
    """Faults and steps: each fault at each step, or each step once with faults in turns."""
    if every:
        return [(fault, step) for step in range(steps) for fault in FAULTS]
    return [(FAULTS[step % len(FAULTS)], step) for step in range(steps)]


@pytest.fixture
def faults() -> Callable[[int, bool], list[tuple[str, int]]]:
    """As a fixture, since tests are no package to import from."""
    return faults_at
