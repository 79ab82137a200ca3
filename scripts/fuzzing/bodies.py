"""Bodies of HTTP requests, given to the server's application in this process, without a socket."""

import asyncio
import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

from nsmc.inference.classifier import Classifier
from nsmc.serving.app import create_app
from nsmc.serving.settings import ServerSettings

ANSWERS = {
    "/v1/predict": {200, 400, 413, 422},
    "/v1/table": {200, 400, 413, 422},
    "/v1/table/columns": {200, 400, 413, 422},
}
SEEDS = [
    '{"text": "재밌다"}',
    '{"texts": ["재밌다", ""], "exact": true, "undecided_below": 0.9}',
    '{"text": "재밌다", "explain": true}',
]


class Application:
    """The application of a server, started once."""

    def __init__(self, classifier: Classifier, spool: Path) -> None:
        logging.getLogger("nsmc.serving").setLevel(logging.CRITICAL)
        spool.mkdir()
        settings = ServerSettings(
            spool,
            body_bytes=4096,
            table_bytes=4096,
            window=0.0,
            deadline=600.0,  # a busy machine is no find
            upload_seconds=600.0,
        )
        self._app = create_app(classifier, settings)
        self._loop = asyncio.new_event_loop()
        self._lifespan = self._app.router.lifespan_context(self._app)
        self._loop.run_until_complete(self._lifespan.__aenter__())

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer to a request."""
        return self._loop.run_until_complete(self._post(path, body))

    async def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        blocks = [body[: len(body) // 2], body[len(body) // 2 :]]
        status, answer = 0, b""

        async def receive() -> dict[str, Any]:
            if blocks:
                block = blocks.pop(0)
                return {"type": "http.request", "body": block, "more_body": bool(blocks)}
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            nonlocal status, answer
            status = message.get("status", status)
            answer += message.get("body", b"")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await self._app(scope, receive, send)
        return status, answer


@cache
def application(classifier: Classifier, spool: Path) -> Application:
    """One for all inputs."""
    return Application(classifier, spool)


def check(body: bytes, classifier: Classifier, spool: Path) -> None:
    """A body gets an answer that is foreseen: a prediction, a table or an error in JSON."""
    for path, statuses in ANSWERS.items():
        status, answer = application(classifier, spool).post(path, body)
        assert status in statuses, (path, status, answer[:500])
        if path != "/v1/table" or status != 200:
            assert isinstance(json.loads(answer), dict)
