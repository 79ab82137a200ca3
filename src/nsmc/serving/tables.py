"""Tables over HTTP: an upload becomes a file, the pipeline scores it, the result is streamed."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from nsmc.inference.classifier import Classifier
from nsmc.serving.errors import ApiError
from nsmc.serving.invalid import known_query
from nsmc.serving.metrics import Metrics
from nsmc.serving.schemas import ColumnsAnswer, error_answers
from nsmc.serving.settings import ServerSettings
from nsmc.serving.spool import (
    download,
    offer,
    offered,
    receive,
    remove_unless_offered,
    result_directory,
    upload_directory,
)
from nsmc.serving.table_jobs import (
    TableJob,
    ending_of,
    event_lines,
    refusals,
    table_events,
    until_gone,
)
from nsmc.serving.table_summary import look_at
from nsmc.tables.formats import FORMATS
from nsmc.tables.options import ReadOptions

ERRORS = error_answers(400, 401, 408, 413, 415, 422, 501, 503)
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
Notes = Annotated[
    bool,
    Query(
        description="Also columns `unfamiliar`, `unknown`, `truncated`, `corrections` and `exact`."
    ),
]
Events = Annotated[bool, Query(description="Lines of progress instead of the file.")]
Summary = Annotated[
    bool,
    Query(description="With `events`: also the first rows and the words that push most."),
]
SCORED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The scored table; with `events`, lines of JSON: `progress` as it goes, "
        "`done` with the counts and the address of the result, or `error`.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    },
    **ERRORS,
}


def _is_file(request: Request) -> None:
    """Refuse a form, whose own lines would be scored as rows."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise ApiError(
            415,
            "not_file",
            "expected the file itself as body, found a form (multipart) around it; with curl "
            "--data-binary @FILE in place of -F",
        )


def table_routes(
    classifier: Classifier[Any], settings: ServerSettings, metrics: Metrics
) -> APIRouter:
    """The addresses below /v1/table."""
    router = APIRouter(prefix="/v1/table")
    checks = [Depends(known_query), Depends(_is_file)]
    thread = ThreadPoolExecutor(1, thread_name_prefix="tables")
    taken = threading.Semaphore(settings.tables)

    @contextlib.asynccontextmanager
    async def upload(request: Request, name: str) -> AsyncIterator[Path]:
        """The body as a file that goes with the block."""
        ending = ending_of(name)
        if not taken.acquire(blocking=False):
            raise ApiError(
                503,
                "busy",
                "{tables} tables are being scored already; try again in 5 s",
                {"retry-after": "5"},
                tables=settings.tables,
            )
        try:
            with upload_directory(settings.spool) as place:
                path = place / f"table{ending}"
                await receive(request, path, settings)
                yield path
        finally:
            taken.release()

    @router.post(
        "", response_model=None, dependencies=checks, openapi_extra=UPLOAD, responses=SCORED
    )
    async def score(
        request: Request,
        name: Name = "comments.csv",
        column: Column = None,
        header: Header = True,
        undecided_below: Undecided = 0.0,
        notes: Notes = False,
        events: Events = False,
        summary: Summary = False,
    ) -> Response:
        """Label every row of a table: a file in, the same file with new columns out.

        A client that goes away stops its table.
        """
        held = contextlib.AsyncExitStack()
        try:
            source = await held.enter_async_context(upload(request, name))
            place, ending = result_directory(settings), ending_of(name)
            held.callback(remove_unless_offered, place)
            job = TableJob(
                classifier.with_options(undecided_below=undecided_below or None),
                source,
                place / f"scored{ending}",
                f"{Path(name).name.removesuffix(ending) or 'comments'}-scored{ending}",
                column,
                ReadOptions(header=header, name=name),
                notes,
                summary=events and summary,
            )
            happening = table_events(job, thread, metrics)
            if events:
                return StreamingResponse(
                    event_lines(happening, held, job), media_type="application/x-ndjson"
                )
            await until_gone(request, happening, job)
            if not job.target.exists():
                raise ApiError(400, "cut", "the client went away, so its table was stopped")
            offer(place, job.name)
        except BaseException:
            await held.aclose()
            raise
        await held.aclose()
        return download(place, once=True)

    @router.post("/columns", dependencies=checks, openapi_extra=UPLOAD, responses=ERRORS)
    async def columns(
        request: Request, name: Name = "comments.csv", header: Header = True
    ) -> ColumnsAnswer:
        """What columns a table has, to choose the one with the comments.

        A first line that looks like a row is taken for one: see `header` in the answer.
        """
        reading = ReadOptions(header=header, name=name)
        async with upload(request, name) as path:
            with refusals():
                return await asyncio.get_running_loop().run_in_executor(
                    thread, copy_context().run, look_at, path, classifier, reading
                )

    @router.get(
        "/{table_id}", response_class=FileResponse, responses={404: error_answers(404)[404]}
    )
    async def fetch(table_id: str) -> Response:
        """A scored table, for some minutes after it was made."""
        return download(offered(settings.spool, table_id), once=False)

    return router
