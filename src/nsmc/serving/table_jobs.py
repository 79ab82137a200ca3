"""One uploaded table: scored in a thread, its events told as they happen."""

import asyncio
import contextlib
import errno
import json
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import Request

from nsmc.errors import NsmcError, message
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.score_table import score_table
from nsmc.serving.errors import ApiError
from nsmc.serving.metrics import Metrics
from nsmc.serving.spool import no_room, offer
from nsmc.serving.table_summary import summary_of
from nsmc.tables.formats import table_file
from nsmc.tables.options import ReadOptions

Event = dict[str, Any]
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
"""What a client can do nothing about."""


class _Stopped(Exception):
    """The client has gone, so the rest of its table isn't scored."""


@dataclass(frozen=True)
class TableJob:
    """One table: where it lies, what was asked."""

    classifier: Classifier[Any]
    source: Path
    target: Path
    """The scored table, alone in a directory."""
    name: str
    """Under which the scored table is sent."""
    column: str | None
    reading: ReadOptions
    notes: bool
    summary: bool
    """Whether events with the first rows and the words that push most follow."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits any more."""


def _score(job: TableJob, metrics: Metrics, tell: Callable[[Event], None]) -> None:
    """Score a table; runs in the thread."""

    def progress(done: int, total: int, rows: int) -> None:
        if job.stop.is_set():
            raise _Stopped
        tell({"event": "progress", "bytes": done, "total": total, "rows": rows})

    result = score_table(
        job.classifier,
        job.source,
        job.target,
        column=job.column,
        reading=job.reading,
        notes=job.notes,
        progress=progress,
    )
    metrics.rows.inc(result.rows)
    tell(
        {
            "event": "done",
            "rows": result.rows,
            "empty": result.empty,
            "labels": result.labels,
            "unfamiliar": result.unfamiliar,
            "truncated": result.truncated,
            "encoding": result.encoding,
            "renamed": result.renamed,
            "download": f"/v1/table/{job.target.parent.name}",
        }
    )
    if job.summary:
        for event in summary_of(job.classifier, job.source, job.reading, job.column, job.stop):
            tell(event)


async def table_events(
    job: TableJob, thread: ThreadPoolExecutor, metrics: Metrics
) -> AsyncGenerator[Event, None]:
    """Score a table in the thread; what happens, as it happens.

    Raises:
        ApiError: 422, the table can't be scored; 501, what reads it isn't installed.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell(event: Event | None) -> None:
        loop.call_soon_threadsafe(told.put_nowait, event)

    def run() -> None:
        try:
            _score(job, metrics, tell)
        finally:
            tell(None)

    # In its context, whose language the errors have.
    working = loop.run_in_executor(thread, copy_context().run, run)
    try:
        while (event := await told.get()) is not None:
            yield event
        with refusals():
            await working
    except _Stopped:
        return
    finally:
        job.stop.set()
        if not working.done():
            with contextlib.suppress(Exception):
                await asyncio.shield(working)


async def until_gone(request: Request, events: AsyncIterator[Any], job: TableJob) -> None:
    """Let a table be scored, but no longer than somebody waits for it."""

    async def finish() -> None:
        async for _ in events:
            pass

    working = asyncio.ensure_future(finish())
    gone = asyncio.ensure_future(request.receive())
    await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
    job.stop.set()
    gone.cancel()
    await working


async def event_lines(
    events: AsyncGenerator[Event, None], held: contextlib.AsyncExitStack, job: TableJob
) -> AsyncIterator[str]:
    """Events as lines of JSON; the last is an error where one ends them."""
    try:
        async with held:
            try:
                async for event in events:
                    if event["event"] == "done":
                        offer(job.target.parent, job.name)
                        event = {**event, "name": job.name}
                    yield json.dumps(event, ensure_ascii=False) + "\n"
            except ApiError as error:
                yield json.dumps({"event": "error", **error.body()}, ensure_ascii=False) + "\n"
    finally:
        # A client that goes away ends this generator, not the one within.
        await events.aclose()


def ending_of(name: str) -> str:
    """The end of a file's name that says what it is.

    Raises:
        ApiError: 422, no known one.
    """
    path = Path(Path(name).name)
    with refusals():
        table_file(path, name=name)
    return "".join(path.suffixes[-2:]) if path.suffix.lower() == ".gz" else path.suffix


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn the errors of reading a table into answers.

    Raises:
        ApiError: 422, with the options called as here; 501, this server was installed without what
            reads tables; 503, its disk is full or fails.
    """
    try:
        yield
    except NsmcError as error:
        if getattr(error.__cause__, "errno", None) in DISK_ERRORS:
            raise no_room() from error
        # Korean particles follow an option without a space, so that \b isn't the end of one.
        text = re.sub(r"--no-header(?![a-z-])", "header=false", message(error))
        text = re.sub(r"--column [A-Z]+", "column=…", text)
        text = re.sub(r"--format(?![a-z-])( [A-Za-z]+)?", "name=…", text)
        raise ApiError(422, "bad_table", text) from error
    except ModuleNotFoundError as error:
        raise ApiError(
            501,
            "not_installed",
            "this server has no {package}, so it can't read such tables; its keeper can: pip "
            "install {package}",
            package=error.name,
        ) from error
