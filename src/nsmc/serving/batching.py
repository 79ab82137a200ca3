"""Requests that arrive together are scored together, in one thread."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from nsmc.serving.errors import ApiError

Result = TypeVar("Result")
Options = TypeVar("Options")
RETRY_AFTER = "1"
"""Seconds: a full queue is scored in less."""


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Result, Options]):
    texts: list[str]
    options: Options
    future: "asyncio.Future[list[Result]]"


class Batcher(Generic[Result, Options]):
    """A bounded queue of requests and the thread that scores them.

    While a batch is scored, requests gather; they are the next batch. A lone request doesn't wait:
    the window opens only after a batch of several.

    Args:
        score: a result for each text; requests with different options are never mixed.
        limit: texts that may wait; one request more is refused.
        batch: texts scored together at most, unless a single request has more.
        window: seconds.
        on_batch: hears the number of texts of each batch.
    """

    def __init__(
        self,
        score: Callable[[list[str], Options], list[Result]],
        *,
        limit: int,
        batch: int,
        window: float,
        on_batch: Callable[[int], None] = lambda texts: None,
    ) -> None:
        self._score, self._limit, self._batch, self._window = score, limit, batch, window
        self._on_batch = on_batch
        self._queue: deque[_Waiting[Result, Options]] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self.waiting = 0
        """Texts in the queue."""

    async def submit(self, texts: list[str], options: Options) -> list[Result]:
        """Wait for a request's turn and its results.

        A cancelled request leaves the queue unscored.

        Raises:
            ApiError: 503, the queue is full.
        """
        if self.waiting + len(texts) > max(self._limit, len(texts)):
            raise ApiError(
                503,
                "queue_full",
                f"{self.waiting:,} comments are waiting to be scored, {self._limit:,} may; try "
                f"again in {RETRY_AFTER} s",
                {"retry-after": RETRY_AFTER},
            )
        one = _Waiting[Result, Options](texts, options, asyncio.get_running_loop().create_future())
        self._queue.append(one)
        self.waiting += len(texts)
        self._arrived.set()
        try:
            return await one.future
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):  # its turn has come already
                self._queue.remove(one)
                self.waiting -= len(texts)
            raise

    async def run(self) -> None:
        """Score what arrives, until cancelled."""
        crowded = False
        while True:
            await self._arrived.wait()
            if crowded:
                await asyncio.sleep(self._window)
            requests = self._take()
            if not self._queue:
                self._arrived.clear()
            if requests:
                self._on_batch(sum(len(one.texts) for one in requests))
                await self._answer(requests)
            crowded = len(requests) > 1

    def close(self) -> None:
        """End the thread, after what it is at."""
        self._thread.shutdown()

    def _take(self) -> list[_Waiting[Result, Options]]:
        """The next requests of equal options."""
        taken: list[_Waiting[Result, Options]] = []
        count = 0
        while self._queue:
            one = self._queue[0]
            full = count + len(one.texts) > self._batch
            if taken and (full or one.options != taken[0].options):
                break
            taken.append(self._queue.popleft())
            count += len(one.texts)
        self.waiting -= count
        return taken

    async def _answer(self, requests: list[_Waiting[Result, Options]]) -> None:
        texts = [text for one in requests for text in one.texts]
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(
                self._thread, self._score, texts, requests[0].options
            )
        except Exception as error:
            if len(requests) > 1:  # one request's trouble is not its neighbours'
                for one in requests:
                    await self._answer([one])
            elif not requests[0].future.done():
                requests[0].future.set_exception(error)
            return
        start = 0
        for one in requests:
            end = start + len(one.texts)
            if not one.future.done():
                one.future.set_result(results[start:end])
            start = end
