"""A process that forks for each job and lets a fault, or each, happen in the fork.

Started as ``python -m tests.faults.process``; reads jobs and writes answers, each a line of JSON.
It imports what a fork had to, so that the next takes some milliseconds, not the seconds of torch.

A write step is what changes files below the job's directory: an opening for writing, a rename, a
deletion, a new directory, a flush to the disk. Python's audit hooks name them before they happen.
A job with ``left`` runs once. At each step it forks for each fault, keeps what the fork leaves as
``left/STEP-FAULT`` and puts everything back, so that a long command costs little more than one run.
"""

import contextlib
import errno
import http.client
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.snapshot import Snapshot

FAULTS = ("SIGKILL", "SIGTERM", "SIGINT", "ENOSPC", "EIO")
EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "fsync"}
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def is_step(event: str, args: tuple[Any, ...], place: str) -> bool:
    """Whether an audit event is about to write below ``place``."""
    if event not in EVENTS:
        return False
    if event == "fsync":
        return True
    if event == "open":
        flags = args[2] if isinstance(args[2], int) else 0
        if not (flags & WRITING or (isinstance(args[1], str) and set(args[1]) & set("wax+"))):
            return False
    path = args[0]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if isinstance(path, int):
        return event != "open"
    path = str(Path(os.fspath(path)).absolute())
    # The lock of a directory of a training is no result, nor is what Python compiles.
    return path.startswith(place) and not path.endswith((".lock", ".pyc"))


def install(job: dict[str, Any], steps: list[str]) -> None:
    """Note the write steps; let ``fault`` happen at the step number ``at``, counted from 0."""
    place, busy, in_fork = job["place"], False, False
    synced = os.fsync

    def fsync(fd: Any) -> None:
        sys.audit("fsync", fd)
        synced(fd)

    os.fsync = fsync

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal busy, in_fork
        if busy or not is_step(event, args, place):
            return
        steps.append(event)
        fault = job["fault"] if len(steps) - 1 == job["at"] else ""
        if job["left"] and not in_fork:
            busy = True
            fault = fork_for_each(Path(place), Path(job["left"]), len(steps) - 1)
            busy, in_fork = False, bool(fault)
        if not fault:
            return
        if fault in ("SIGKILL", "SIGTERM", "SIGINT"):
            os.kill(os.getpid(), getattr(signal, fault))
        else:
            number = getattr(errno, fault)
            raise OSError(number, os.strerror(number))

    sys.addaudithook(hook)


def fork_for_each(place: Path, left: Path, step: int) -> str:
    """Keep what each fault leaves; in a fork the fault that is to happen, else nothing."""
    snapshot = Snapshot(place, left / "links")
    for fault in FAULTS:
        name = f"{step}-{fault}"
        child = os.fork()
        if not child:
            redirect(f"{left}/{name}.")
            keep_locks()
            return fault
        _, code = os.waitpid(child, 0)
        shutil.copytree(place, left / name)
        (left / f"{name}.status").write_text(str(os.waitstatus_to_exitcode(code)), "utf-8")
        snapshot.restore()
    snapshot.close()
    return ""


def keep_locks() -> None:
    """Let a fork go on with the locks of the process that it stands for, which filelock refuses."""
    if api := sys.modules.get("filelock._api"):
        api.BaseFileLock._raise_if_inherited = lambda _: None


def redirect(log: str) -> None:
    """Let the standard streams of this process end in files."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        handle = os.open(log + name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
        os.close(handle)


def run(job: dict[str, Any]) -> tuple[int, list[str]]:
    """Run a job in this process, a fork: its exit status and its write steps."""
    os.chdir(job["place"])
    # Of its own, so that the run after a fault finds what the one before it left, and no other's.
    os.environ["NSMC_CACHE"] = str(Path(job["place"]) / "cache")
    redirect(job["log"])
    # The parent's has been read from, and is no business of the command's.
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    steps: list[str] = []
    install(job, steps)
    status = 1
    try:
        function: Callable[[Any], int] = TASKS[job["task"]]
        status = function(job["arguments"])
    except BaseException as error:
        status = error.code if isinstance(error, SystemExit) else 99  # type: ignore[assignment]
        if status == 99:
            traceback.print_exc()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    return status, steps


def command(arguments: list[str]) -> int:
    """A command line."""
    from nsmc.cli.main import run as main

    return main(arguments)


def fetch(arguments: list[Any]) -> int:
    """A download of other files than the official ones."""
    from nsmc.data.download import RemoteFile, download
    from nsmc.errors import NsmcError

    # As the command does, so that it cleans up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    url, to, *files = arguments
    try:
        download(to, base_url=url, files=[RemoteFile(*file) for file in files], retries=0)
    except NsmcError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def serve(arguments: list[str]) -> int:
    """A server of which a client asks for two tables, twice each, before it ends it.

    ``arguments``: the server's directory for temporary files, and a file for what the client got: a
    list of a line of JSON for each table, the status and the scored table or the error.
    """
    import tempfile

    temporary, got = arguments
    tempfile.tempdir = temporary
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    threading.Thread(target=_ask_for_tables, args=(port, Path(got)), daemon=True).start()
    return command(["serve", "--model", "model", "--port", str(port), "--drain-seconds", "0"])


def _ask_for_tables(port: int, got: Path) -> None:
    def asked(method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as to:
            to.request(method, path, body)
            answer = to.getresponse()
            return answer.status, answer.read().decode()

    table, answers = Path("data.tsv").read_bytes(), []
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked("GET", "/healthz")
            break
        time.sleep(0.01)
    with contextlib.suppress(OSError, http.client.HTTPException):  # a signal has ended the server
        for _ in range(2):
            answers.append(asked("POST", "/v1/table?name=data.tsv", table))
            status, lines = asked("POST", "/v1/table?name=data.tsv&events=true", table)
            last = json.loads(lines.splitlines()[-1])
            wanted = last.get("download")
            answers.append(asked("GET", wanted) if wanted else (status, json.dumps(last)))
    got.write_text(json.dumps(answers), "utf-8")
    os.kill(os.getpid(), signal.SIGTERM)


TASKS: dict[str, Callable[[Any], int]] = {"command": command, "fetch": fetch, "serve": serve}


def import_all(names: list[str]) -> None:
    """Import what a fork has imported: once here, and not again in the forks that follow."""
    for name in names:
        if name not in sys.modules:
            # Some exist only where another has made them.
            with contextlib.suppress(Exception), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)


def main() -> None:
    """Answer jobs until the input ends."""
    for line in sys.stdin:
        job = json.loads(line)
        readable, writable = os.pipe()
        child = os.fork()
        if not child:
            os.close(readable)
            process = os.getpid()
            status, steps = run(job)
            if os.getpid() != process:  # a fork of the fork
                os._exit(status)
            with os.fdopen(writable, "w") as pipe:
                json.dump({"steps": steps, "modules": [*sys.modules]}, pipe)
            os._exit(status)
        os.close(writable)
        with os.fdopen(readable, "rb") as pipe:
            told = json.loads(pipe.read() or '{"steps": [], "modules": []}')
        _, code = os.waitpid(child, 0)
        import_all(told["modules"])
        print(json.dumps([os.waitstatus_to_exitcode(code), told["steps"]]), flush=True)


if __name__ == "__main__":
    main()
