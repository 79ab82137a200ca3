"""What stands around every request: an id, a log line, a token, limits of size and time."""

import asyncio
import contextlib
import hmac
import logging
import re
import time
import traceback
import uuid
from collections.abc import AsyncIterator

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nsmc.serving.errors import ApiError
from nsmc.serving.metrics import METHODS, Metrics
from nsmc.serving.settings import ServerSettings

LOG = logging.getLogger("nsmc.serving")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PATHS = {
    *("/", "/app.css", "/app.js", "/backend.js", "/font.woff"),
    *("/openapi.json", "/healthz", "/readyz", "/metrics"),
    *("/v1/predict", "/v1/model", "/v1/table", "/v1/table/columns"),
}
STREAMED = {"/v1/table", "/v1/table/columns"}
"""Their routes read the body themselves, into a file."""
OPEN = "/v1/table/"
"""A scored table's address is a secret of its own: a link of a page can't send a token."""
DISCARDED, DISCARD_SECONDS = 8 << 20, 1.0
"""What is read, and thrown away, of a body that is refused: a client that is still sending would
see its connection reset instead of the answer."""


def path_label(path: str) -> str:
    """The path for logs and metrics: one of the known ones, never what somebody typed."""
    if path in PATHS:
        return path
    return f"{OPEN}ID" if path.startswith(OPEN) else "other"


class Observed:
    """Gives each request an id, a log line and its numbers; turns a bug into a 500, the end of the
    server's patience into a 503.

    The log has neither query nor body, and of an exception its type and places but not its words,
    for they may quote a comment.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        start, status, ended = time.perf_counter(), 0, False

        async def observed_send(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers.setdefault("cache-control", "no-store")
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, observed_send)
        except asyncio.CancelledError:  # by uvicorn, which has waited for as long as it may
            if not status:
                late = ApiError(
                    503,
                    "stopping",
                    "the server stops before it has an answer; send it again",
                    {"retry-after": "5"},
                )
                await late.response()(scope, receive, observed_send)
        except Exception as error:
            LOG.error("%s failed\n%s", request_id, places_of(error))
            if not status:
                bug = ApiError(
                    500, "internal", "a defect of the server; its log has {id}", id=request_id
                )
                await bug.response()(scope, receive, observed_send)
        seconds, path = time.perf_counter() - start, path_label(scope["path"])
        method = scope["method"] if scope["method"] in METHODS else "other"
        # A client that went away before its answer began: nginx's number for it.
        status = status or 499
        self.metrics.requests.labels(method, path, str(status)).inc()
        self.metrics.seconds.labels(path).observe(seconds)
        cut = "" if ended else " cut"
        LOG.info("%s %s %s %d%s %.1fms", request_id, method, path, status, cut, 1000 * seconds)


def places_of(error: BaseException) -> str:
    """The type of an exception and the lines of code it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([*lines, f"  {type(error).__module__}.{type(error).__qualname__}"])


class Head:
    """Answers HEAD as GET, whose body uvicorn then leaves out (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server's own still says HEAD
        await self.app(scope, receive, send)


class Token:
    """Asks for a bearer token, compared in constant time."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and self._is_closed(scope):
            kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), self._token)
            if kind.lower() != "bearer" or not right:
                refusal = ApiError(
                    401,
                    "unauthorized",
                    "expected the header Authorization: Bearer TOKEN with the token of the "
                    "server's --token-file, found another"
                    if given
                    else "expected the header Authorization: Bearer TOKEN with the token of the "
                    "server's --token-file, found none",
                    {"www-authenticate": "Bearer"},
                )
                await refusal.response()(scope, receive, send)
                return
        await self.app(scope, receive, send)

    @staticmethod
    def _is_closed(scope: Scope) -> bool:
        path: str = scope["path"]
        if path.startswith(OPEN) and path not in STREAMED and scope["method"] == "GET":
            return False
        return path.startswith("/v1") or path == "/metrics"


class Limits:
    """Reads a body within its limits before anything else works, and ends what takes too long.

    A request whose client has gone is cancelled.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self.app(scope, receive, send)
            return
        began = asyncio.Event()

        async def noted_send(message: Message) -> None:
            began.set()
            await send(message)

        try:
            body = await read_body(scope, receive, self.settings)
            if body is not None:
                await self._answer(body, scope, receive, noted_send, began)
        except ApiError as error:
            if not began.is_set():
                await error.response()(scope, receive, send)

    async def _answer(
        self, body: bytes, scope: Scope, receive: Receive, send: Send, began: asyncio.Event
    ) -> None:
        """Run the app on a body that has been read, until the deadline or the client's end.

        ``began`` tells that the answer has begun.
        """
        gone = asyncio.ensure_future(receive())
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await asyncio.shield(gone)
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        answer = asyncio.ensure_future(self.app(scope, replay, send))
        try:
            await asyncio.wait(
                {answer, gone},
                timeout=self.settings.deadline,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if began.is_set() and not gone.done():
                # What is being sent takes as long as the client does.
                await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                answer.result()
            elif not gone.done():
                raise ApiError(
                    504,
                    "deadline",
                    "no answer within {seconds:g} s; send fewer or shorter comments in a request, "
                    "or try again later",
                    seconds=self.settings.deadline,
                )
        finally:
            for task in (answer, gone):
                if not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task


async def read_body(scope: Scope, receive: Receive, settings: ServerSettings) -> bytes | None:
    """Read a body, its bytes counted as they arrive; None if the client went away.

    Raises:
        ApiError: 413 or 408.
    """
    blocks: list[bytes] = []
    try:
        async with asyncio.timeout(settings.upload_seconds):
            async for block in body_blocks(scope, receive, settings.body_bytes):
                blocks.append(block)
    except TimeoutError as error:
        raise slow_body(settings) from error
    except ConnectionResetError:
        return None
    return b"".join(blocks)


async def body_blocks(scope: Scope, receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """Yield a body's blocks.

    Raises:
        ApiError: 413, the body is longer than ``limit`` bytes, by its header or as it arrives.
        ConnectionResetError: the client went away.
    """
    announced = Headers(scope=scope).get("content-length", "")
    total = 0
    refused = announced.isascii() and announced.isdigit() and int(announced[:20]) > limit
    more = True
    while more and not refused:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        block = message.get("body", b"")
        total += len(block)
        more = message.get("more_body", False)
        refused = total > limit
        if block and not refused:
            yield block
    if refused:
        if more:
            await _discard(receive)
        raise ApiError(
            413,
            "too_large",
            "expected a body of at most {limit:,} bytes, found more; send it in parts",
            {"connection": "close"},
            limit=limit,
        )


async def _discard(receive: Receive) -> None:
    total = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            while total < DISCARDED:
                message = await receive()
                total += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return


def slow_body(settings: ServerSettings) -> ApiError:
    """The error of a body that doesn't arrive."""
    return ApiError(
        408,
        "slow_body",
        "the body did not arrive within {seconds:g} s; send it faster",
        {"connection": "close"},
        seconds=settings.upload_seconds,
    )
