"""Server processes: the socket, the signals, the workers and who watches over them."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from nsmc.errors import NsmcError
from nsmc.inference.classifier import Classifier, load
from nsmc.serving.settings import METRICS_DIRECTORY, ServerSettings

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from fastapi import FastAPI

LOG = logging.getLogger("nsmc.serving")
BACKLOG = 2048
KEEP_ALIVE = 75
"""Seconds; longer than nginx keeps an idle connection, which so never meets a closing one."""
QUICK, QUICK_DEATHS = 10.0, 5
"""Workers that end this soon, in seconds, after they started: so many end the server."""


@dataclass(frozen=True)
class Service:
    """What each server process loads and obeys; travels to worker processes."""

    model: Path | None
    settings: ServerSettings
    options: dict[str, Any] = field(default_factory=dict)
    """As `nsmc.load` takes them."""

    def load(self) -> Classifier[Any]:
        """The classifier, ready for its first request.

        Raises:
            NsmcError: the model or Mecab can't be used.
        """
        classifier: Classifier[Any] = load(self.model, **self.options)
        classifier.predict("재밌다")  # the first one loads Mecab
        return classifier


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        NsmcError: the address can't be listened on.
    """
    with contextlib.ExitStack() as failing:
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            # With its protocol named, or asyncio leaves Nagle's delay of 40 ms on each answer.
            own = socket.socket(family, kind, socket.IPPROTO_TCP)
            listening = failing.enter_context(own)
            if os.name == "posix":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise NsmcError(
                "cannot listen on {host}:{port}: {reason}; choose another --port or --host, or "
                "stop the program that has it (--port 0 takes a free one)",
                host=host,
                port=port,
                reason=reason,
            ) from error
        failing.pop_all()
    return listening


def serve(
    service: Service, listening: socket.socket, workers: int, on_ready: Callable[[], None]
) -> bool:
    """Answer requests until SIGTERM or Ctrl-C; returns whether it was Ctrl-C.

    Raises:
        NsmcError: the model can't be loaded, or the workers keep ending.
    """
    if workers == 1:
        return _work(service, listening, on_ready)
    service.load()  # its errors are said once, and here
    with tempfile.TemporaryDirectory(prefix="nsmc-metrics-") as shared:
        os.environ[METRICS_DIRECTORY] = shared
        return _Supervisor(service, listening, on_ready).run(workers)


class _Server(uvicorn.Server):
    """uvicorn, whose readiness fails for a while before it stops taking connections."""

    def __init__(self, app: "FastAPI", settings: ServerSettings, on_ready: Callable[[], None]):
        # Neither its access log, which has queries, nor its configuration of all logging.
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="none",
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=round(settings.grace_seconds),
                backlog=BACKLOG,
            )
        )
        self._app, self._settings, self._on_ready = app, settings, on_ready
        self.interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and Ctrl-C; unlike uvicorn's, they aren't raised again afterwards."""
        loop = asyncio.get_running_loop()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number, handler in handlers.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, lambda n, _: loop.call_soon_threadsafe(self._stop, n))
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _stop(self, number: int) -> None:
        delay = 0.0 if number == signal.SIGINT else self._settings.drain_seconds
        if self.interrupted:  # who presses Ctrl-C twice won't wait
            self.force_exit = True
            logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # of what is cut off
        self.interrupted = self.interrupted or number == signal.SIGINT
        self._app.state.ready = False
        asyncio.get_running_loop().call_later(delay, setattr, self, "should_exit", True)


def _work(service: Service, listening: socket.socket, on_ready: Callable[[], None]) -> bool:
    """One process's share of `serve`."""
    from nsmc.serving.app import create_app

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    classifier = service.load()
    server = _Server(create_app(classifier, service.settings), service.settings, on_ready)
    asyncio.run(server.serve([listening]))
    return server.interrupted


def _worker(service: Service, listening: socket.socket, ready: "threading.Event") -> None:
    """A worker process: stops with SIGTERM, also when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C; the parent answers it
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    _work(service, listening, ready.set)


class _Supervisor:
    """Keeps worker processes that share one listening socket."""

    def __init__(
        self, service: Service, listening: socket.socket, on_ready: Callable[[], None]
    ) -> None:
        self._service, self._listening, self._on_ready = service, listening, on_ready
        self._context = get_context("spawn")
        self._ready = self._context.Event()
        self._signal = 0

    def run(self, count: int) -> bool:
        """Start workers, replace those that end, until a signal; returns whether it was Ctrl-C."""
        handlers = {
            number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)
        }
        workers: list[tuple[SpawnProcess, float]] = []
        told, quick = False, 0
        try:
            while len(workers) < count and not self._signal:
                workers.append(self._start())
            while not self._signal:
                if not told and self._ready.is_set():
                    told = True
                    self._on_ready()
                wait([process.sentinel for process, _ in workers], 0.1)
                for place, (process, started) in enumerate(workers):
                    if process.is_alive() or self._signal:
                        continue
                    quick = quick + 1 if time.monotonic() - started < QUICK else 0
                    if quick == QUICK_DEATHS:
                        raise NsmcError(
                            "{quick} workers in a row ended within {seconds:g} s, the last with "
                            "status {exitcode}; the log above says why. If memory ran out, take "
                            "fewer --workers",
                            quick=quick,
                            seconds=QUICK,
                            exitcode=process.exitcode,
                        )
                    LOG.warning("worker %d ended (%s)", process.pid, process.exitcode)
                    self._forget(process.pid)
                    workers[place] = self._start()
            return self._signal == signal.SIGINT
        finally:
            self._stop([process for process, _ in workers])
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _start(self) -> tuple["SpawnProcess", float]:
        process = self._context.Process(
            target=_worker, args=(self._service, self._listening, self._ready)
        )
        process.start()
        return process, time.monotonic()

    def _stop(self, processes: "list[SpawnProcess]") -> None:
        settings = self._service.settings
        for process in processes:
            process.terminate()
        ends = time.monotonic() + settings.drain_seconds + settings.grace_seconds + 5
        for process in processes:
            process.join(max(0.0, ends - time.monotonic()))
            process.kill()
            process.join()

    def _note(self, number: int, frame: object) -> None:
        self._signal = number

    @staticmethod
    def _forget(pid: int | None) -> None:
        """Take a dead worker's queue out of the sums."""
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
