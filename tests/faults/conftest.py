"""One process for all tests of a file, which forks for each command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """A job that has ended."""

    status: int
    """The exit status; below 0 the signal that ended it."""
    steps: list[str]
    """Its write steps; none of a job that was killed."""
    errors: str
    """What it wrote to standard error."""


class Run:
    """Runs a command in a fork of one process, with a fault at a write step."""

    def __init__(self, stdin: IO[str], stdout: IO[str], log: str) -> None:
        self._stdin, self._stdout, self._log = stdin, stdout, log

    def __call__(
        self,
        place: Path,
        arguments: list[Any],
        task: str,
        fault: str = "",
        at: int = -1,
        left: Path | None = None,
    ) -> Done:
        """Run a command.

        Args:
            place: the working directory.
            arguments, task: what to run.
            fault, at: what happens, and at which step from 0.
            left: where to keep what each fault at each step leaves; see ``process.py``.
        """
        job = {"place": str(place), "arguments": arguments, "task": task, "log": self._log}
        more = {"fault": fault, "at": at, "left": str(left or "")}
        self._stdin.write(json.dumps(job | more) + "\n")
        self._stdin.flush()
        status, steps = json.loads(self._stdout.readline())
        return Done(status, steps, Path(self._log + "stderr").read_text("utf-8", "replace"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One process for all tests, which forks for each job."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork on this system")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.faults.process"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        yield Run(process.stdin, process.stdout, f"{tmp_path_factory.mktemp('log')}/")
        process.stdin.close()
