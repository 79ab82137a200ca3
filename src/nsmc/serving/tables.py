"""Tables over HTTP: an upload becomes a file, the pipeline scores it, the result is streamed."""

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from nsmc.config.text import UNIT_NAMES
from nsmc.errors import NsmcError, message
from nsmc.inference.classifier import Classifier
from nsmc.inference.explanation import Explanation
from nsmc.pipeline.score_table import score_table
from nsmc.pipeline.scorer import text_columns
from nsmc.serving.errors import ApiError
from nsmc.serving.metrics import Metrics
from nsmc.serving.middleware import body_blocks, slow_body
from nsmc.serving.schemas import ColumnsAnswer, error_answers
from nsmc.serving.settings import ServerSettings
from nsmc.tables.formats import FORMATS, table_file
from nsmc.tables.options import ReadOptions
from nsmc.tables.table import columns_of, open_table
from nsmc.text.syllables import SPACE

PREVIEWED = 1000
"""Rows that the page gets to see."""
EXPLAINED, EXPLAIN_SECONDS, WORDS = 100, 8.0, 12
"""Rows whose morphemes are summed up for the words that push most, at most; how many words."""
SAMPLES, SAMPLE_LENGTH, SAMPLED_COLUMNS = 3, 80, 100
ID = re.compile(r"[A-Za-z0-9_-]{22}")
ERRORS = error_answers(400, 401, 408, 413, 422, 501, 503)
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself: curl --data-binary @comments.csv",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Name = Annotated[
    str,
    Query(
        max_length=255,
        description="The file's name; its ending says what it is: "
        f"{' '.join(f'.{one}' for one in FORMATS)}, the text formats also .gz.",
        examples=["comments.csv"],
    ),
]
Column = Annotated[
    str | None,
    Query(
        max_length=1000,
        description="The text column; without, `document` or the only one that can be it.",
    ),
]


Header = Annotated[
    bool, Query(description="Whether the first line of .csv, .tsv, .txt and .xlsx holds names.")
]


Undecided = Annotated[
    float,
    Query(ge=0, le=1, description="Label `undecided` (보류) where the confidence is below."),
]


class _Stopped(Exception):
    """The client has gone, so the rest of its table isn't scored."""


@dataclass(frozen=True)
class _Job:
    """One table: where it lies, what was asked."""

    classifier: Classifier[Any]
    source: Path
    target: Path
    name: str
    """Of the result."""
    column: str | None
    reading: ReadOptions
    notes: bool
    stop: threading.Event


def table_routes(
    classifier: Classifier[Any], settings: ServerSettings, metrics: Metrics
) -> APIRouter:
    """The addresses below /v1/table."""
    router = APIRouter(prefix="/v1/table")
    thread = ThreadPoolExecutor(1, thread_name_prefix="tables")
    taken = threading.Semaphore(settings.tables)

    @contextlib.asynccontextmanager
    async def upload(request: Request, name: str) -> AsyncIterator[Path]:
        """The body as a file, in a directory of its own that goes with the block."""
        ending = _ending(name)
        if not taken.acquire(blocking=False):
            raise ApiError(
                503,
                "busy",
                f"{settings.tables} tables are being scored already; try again in 5 s",
                {"retry-after": "5"},
            )
        place = settings.spool / secrets.token_hex(8)
        try:
            place.mkdir()
            path = place / f"table{ending}"
            await _receive(request, path, settings)
            yield path
        finally:
            taken.release()
            shutil.rmtree(place, ignore_errors=True)

    def work(job: _Job, tell: Callable[[dict[str, Any]], None], summary: bool) -> None:
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
        if summary:
            for event in summary_of(job):
                tell(event)

    async def events(job: _Job, summary: bool) -> AsyncIterator[dict[str, Any]]:
        """Score a table in the thread; what happens, as it happens.

        Raises:
            ApiError: 422, the table can't be scored.
        """
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        def tell(event: dict[str, Any] | None) -> None:
            loop.call_soon_threadsafe(told.put_nowait, event)

        def run() -> None:
            try:
                work(job, tell, summary)
            finally:
                tell(None)

        working = loop.run_in_executor(thread, run)
        try:
            while (event := await told.get()) is not None:
                yield event
            await working
        except _Stopped:
            return
        except NsmcError as error:
            raise _bad(error) from error
        except ModuleNotFoundError as error:
            raise _missing(error) from error
        finally:
            job.stop.set()
            if not working.done():
                with contextlib.suppress(Exception):
                    await asyncio.shield(working)

    def new_job(
        source: Path,
        name: str,
        column: str | None,
        header: bool,
        undecided_below: float,
        notes: bool,
    ) -> _Job:
        _sweep(settings)
        place = settings.spool / secrets.token_urlsafe(16)
        place.mkdir()
        stem = Path(name).name.removesuffix(_ending(name)) or "comments"
        target = place / f"scored{_ending(name)}"
        reading = ReadOptions(header=header, name=name)
        called = f"{stem}-scored{_ending(name)}"
        chosen = classifier.with_options(undecided_below=undecided_below or None)
        return _Job(chosen, source, target, called, column, reading, notes, threading.Event())

    @router.post(
        "",
        response_model=None,
        openapi_extra=UPLOAD,
        responses={
            200: {
                "description": "The scored table; with `events`, lines of JSON: `progress` as it "
                "goes, `done` with the counts and the address of the result, or `error`.",
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                    "application/x-ndjson": {"schema": {"type": "string"}},
                },
            },
            **ERRORS,
        },
    )
    async def score(
        request: Request,
        name: Name = "comments.csv",
        column: Column = None,
        header: Header = True,
        undecided_below: Undecided = 0.0,
        notes: Annotated[
            bool,
            Query(
                description="Also columns `unfamiliar`, `unknown`, `truncated`, `corrections` and "
                "`exact`."
            ),
        ] = False,
        events_: Annotated[
            bool, Query(alias="events", description="Lines of progress instead of the file.")
        ] = False,
        summary: Annotated[
            bool,
            Query(description="With `events`: also the first rows and the words that push most."),
        ] = False,
    ) -> Response:
        """Label every row of a table: a file in, the same file with new columns out.

        A client that goes away stops its table.
        """
        held = contextlib.AsyncExitStack()
        try:
            source = await held.enter_async_context(upload(request, name))
            job = new_job(source, name, column, header, undecided_below, notes)
            held.callback(_remove_unless_kept, job)
            if events_:
                return StreamingResponse(
                    _lines(events(job, summary), held, job), media_type="application/x-ndjson"
                )
            await _until_gone(request, events(job, False), job)
            if not job.target.exists():
                raise ApiError(400, "cut", "the client went away, so its table was stopped")
            _note_name(job)
        except BaseException:
            await held.aclose()
            raise
        await held.aclose()
        return _download(job.target.parent, settings, once=True)

    @router.post("/columns", openapi_extra=UPLOAD, responses=ERRORS)
    async def columns(
        request: Request, name: Name = "comments.csv", header: Header = True
    ) -> ColumnsAnswer:
        """What columns a table has, to choose the one with the comments.

        A first line that looks like a row is taken for one: see `header` in the answer.
        """
        async with upload(request, name) as path:
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    thread, look_at, path, classifier, ReadOptions(header=header, name=name)
                )
            except NsmcError as error:
                raise _bad(error) from error
            except ModuleNotFoundError as error:
                raise _missing(error) from error

    @router.get(
        "/{table_id}",
        response_class=FileResponse,
        responses={404: error_answers(404)[404]},
    )
    async def download(table_id: str) -> Response:
        """A scored table, for some minutes after it was made."""
        place = settings.spool / table_id
        if not ID.fullmatch(table_id) or not (place / "name").is_file():
            raise ApiError(
                404, "not_found", "no such table is here any more; score it again, then download"
            )
        return _download(place, settings, once=False)

    return router


async def _receive(request: Request, path: Path, settings: ServerSettings) -> None:
    """Write a body into a file, its bytes counted as they arrive.

    Raises:
        ApiError: 413 or 408; 503 without room on the disk.
    """
    blocks = body_blocks(request.scope, request.receive, settings.table_bytes)
    used = sum(file.stat().st_size for file in settings.spool.rglob("*") if file.is_file())
    full = ApiError(
        503, "disk_full", "no room for another table; try again later", {"retry-after": "60"}
    )
    if used > settings.spool_bytes:
        raise full
    try:
        with path.open("wb") as file:
            while True:
                async with asyncio.timeout(settings.upload_seconds):
                    block = await anext(blocks, None)
                if block is None:
                    return
                file.write(block)
    except TimeoutError as error:
        raise slow_body(settings) from error
    except ConnectionResetError as error:
        raise ApiError(400, "cut", "the body ended early; send it again") from error
    except OSError as error:
        raise full from error


async def _until_gone(request: Request, events: AsyncIterator[Any], job: _Job) -> None:
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


async def _lines(
    events: AsyncIterator[dict[str, Any]], held: contextlib.AsyncExitStack, job: _Job
) -> AsyncIterator[str]:
    """Events as lines of JSON; the last is an error where one ends them."""
    try:
        async with held:
            try:
                async for event in events:
                    if event["event"] == "done":
                        _note_name(job)
                        event = {**event, "name": job.name}
                    yield json.dumps(event, ensure_ascii=False) + "\n"
            except ApiError as error:
                yield json.dumps({"event": "error", **error.body()}, ensure_ascii=False) + "\n"
    finally:
        # A client that goes away ends this generator, not the one within.
        await events.aclose()  # type: ignore[attr-defined]


def _note_name(job: _Job) -> None:
    """From now on the result can be downloaded."""
    (job.target.parent / "name").write_text(job.name, encoding="utf-8")


def _remove_unless_kept(job: _Job) -> None:
    place = job.target.parent
    if not (place / "name").exists():
        shutil.rmtree(place, ignore_errors=True)


def _download(place: Path, settings: ServerSettings, *, once: bool) -> Response:
    from starlette.background import BackgroundTask

    name = (place / "name").read_text(encoding="utf-8")
    (path,) = place.glob("scored.*")
    after = BackgroundTask(shutil.rmtree, place, ignore_errors=True) if once else None
    return FileResponse(
        path, filename=name, media_type="application/octet-stream", background=after
    )


def _sweep(settings: ServerSettings) -> None:
    """Remove what nobody has fetched in time."""
    oldest = time.time() - settings.kept_seconds
    for place in settings.spool.iterdir():
        with contextlib.suppress(OSError):
            if place.stat().st_mtime < oldest and (place / "name").exists():
                shutil.rmtree(place, ignore_errors=True)


def look_at(path: Path, classifier: Classifier[Any], reading: ReadOptions) -> ColumnsAnswer:
    """The columns of a table with their first cells, and the one that would be scored.

    Raises:
        DataError: the file can't be read as what its name says.
    """
    try:
        names = columns_of(path, reading)
    except NsmcError:
        if not reading.header:
            raise
        without = replace(reading, header=False)
        with contextlib.suppress(NsmcError):
            return look_at(path, classifier, without)
        raise
    chosen = None
    with (
        contextlib.suppress(NsmcError),
        open_table(path, reading, **text_columns(classifier)) as table,
    ):
        chosen = table.text_column
    samples = {}
    for name in names[:SAMPLED_COLUMNS]:
        texts = _texts(path, reading, name)
        samples[name] = [text[:SAMPLE_LENGTH] for text in islice(texts, SAMPLES)]
    return ColumnsAnswer(columns=names, text_column=chosen, samples=samples, header=reading.header)


def _texts(path: Path, reading: ReadOptions, column: str) -> Iterator[str]:
    """A column's first cells that are text; none from where one isn't."""
    with (
        contextlib.suppress(NsmcError),
        open_table(path, reading, column=column, chunk_rows=SAMPLES) as table,
    ):
        for chunk in table.chunks():
            yield from chunk.texts


def summary_of(job: _Job) -> Iterator[dict[str, Any]]:
    """Events with a table's first rows, and with the morphemes that push most either way."""
    classifier = job.classifier
    columns = text_columns(classifier)
    with open_table(
        job.source, job.reading, column=job.column, chunk_rows=PREVIEWED, **columns
    ) as table:
        chunk = next(table.chunks(), None)
    texts = chunk.texts if chunk else []
    rows = [one.to_dict() for one in classifier.predict(texts, verbose=False)]
    yield {"event": "preview", "rows": rows}
    pushes: defaultdict[str, float] = defaultdict(float)
    ends, count = time.monotonic() + EXPLAIN_SECONDS, 0
    for text in texts[:: max(1, len(texts) // EXPLAINED)][:EXPLAINED]:
        if job.stop.is_set() or time.monotonic() > ends:
            break
        count += 1
        for word, push in pushes_of(classifier.explain(text)):
            pushes[word] += push
    pushes.pop("", None)
    ranked = sorted(pushes.items(), key=lambda one: one[1])
    yield {
        "event": "words",
        "comments": count,
        "above": [[word, round(push, 2)] for word, push in ranked[::-1][:WORDS] if push > 0],
        "below": [[word, round(push, 2)] for word, push in ranked[:WORDS] if push < 0],
    }


def pushes_of(explanation: Explanation[Any]) -> Iterator[tuple[str, float]]:
    """Words with their contributions; syllables by the words that they make."""
    if explanation.units != UNIT_NAMES["syllable"]:
        for part in explanation.parts:
            yield part.morpheme.removeprefix(SPACE), part.contribution
        return
    word, push = "", 0.0
    for part in explanation.parts:
        if part.morpheme == SPACE:  # the space before a word is a part of it
            yield word, push
            word, push = "", part.contribution
        else:
            word, push = word + part.morpheme, push + part.contribution
    yield word, push


def _ending(name: str) -> str:
    """The end of a file's name that says what it is.

    Raises:
        ApiError: 422, no known one.
    """
    path = Path(Path(name).name)
    try:
        table_file(path, name=name)
    except NsmcError as error:
        raise _bad(error) from error
    return "".join(path.suffixes[-2:]) if path.suffix.lower() == ".gz" else path.suffix


def _missing(error: ModuleNotFoundError) -> ApiError:
    """The answer of a server that was installed without what reads tables."""
    return ApiError(
        501,
        "not_installed",
        f"this server has no {error.name}, so it can't read tables; its keeper can: pip install "
        f"{error.name}",
    )


def _bad(error: NsmcError) -> ApiError:
    """A table's error, its options called as here."""
    text = re.sub(r"--no-header\b", "header=false", message(error))
    return ApiError(422, "bad_table", re.sub(r"--(column|format) [A-Z]+", r"\1=…", text))
