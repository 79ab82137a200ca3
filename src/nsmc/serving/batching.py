"""Requests that arrive together are scored together, in one thread."""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from nsmc.serving.errors import ApiError

Result = TypeVar("Result")
Options = TypeVar("Options")
PATIENCE = 0.6
"""Share of a deadline that a request may wait in the queue; the rest is for its way in and out."""
NEWEST = 0.3
"""Weight of the newest batch in the pace."""
TELLING = 32
"""Texts of a batch that says something of the pace; of fewer, most time is not the texts' own."""


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Result, Options]):
    texts: list[str]
    options: Options
    future: "asyncio.Future[list[Result]]"


class Batcher(Generic[Result, Options]):
    """A bounded queue of requests and the thread that scores them.

    The queue holds what can be answered before the deadline at the pace of the latest batches: a
    request that would wait in vain is refused at once, also one that waits already when the pace
    turns out to be lower.

    While a batch is scored, requests gather; they are the next batch. A lone request doesn't wait:
    the window opens only after a batch of several.

    Args:
        score: a result for each text; requests with different options are never mixed.
        limit: texts that may wait, however fast they are scored; one request more is refused.
        deadline: seconds that a request waits for its answer.
        batch: texts scored together at most, unless a single request has more.
        window: seconds.
        on_batch: hears the number of texts of each batch.
        clock: tells seconds.
    """

    def __init__(
        self,
        score: Callable[[list[str], Options], list[Result]],
        *,
        limit: int,
        batch: int,
        window: float,
        deadline: float = math.inf,
        on_batch: Callable[[int], None] = lambda texts: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._score, self._limit, self._batch, self._window = score, limit, batch, window
        self._patience, self._on_batch, self._clock = PATIENCE * deadline, on_batch, clock
        self._pace = 0.0  # seconds a text; 0 before the first batch
        self._in_work = 0  # texts of the batch that is being scored
        self._queue: deque[_Waiting[Result, Options]] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self.waiting = 0
        """Texts in the queue."""

    async def submit(self, texts: list[str], options: Options) -> list[Result]:
        """Wait for a request's turn and its results.

        A cancelled request leaves the queue unscored. One that nothing is before is never refused.

        Raises:
            ApiError: 503, the queue is full.
        """
        if self.waiting and self.waiting + len(texts) > self._limit:
            raise self._full()
        if self._is_in_vain(self._in_work + self.waiting, len(texts)):
            raise self._full()
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
        crowded, begun = False, None
        while True:
            await self._arrived.wait()
            # Of a queue, since the batch before: what lies between the batches takes its time, too.
            begun = self._clock() if begun is None else begun
            if crowded:
                await asyncio.sleep(self._window)
            requests = self._take()
            if not self._queue:
                self._arrived.clear()
            if requests:
                self._in_work = sum(len(one.texts) for one in requests)
                self._on_batch(self._in_work)
                await self._answer(requests)
                ended = self._clock()
                self._note_pace(self._in_work, ended - begun)
                self._in_work = 0
                begun = ended if self._queue else None
            else:
                begun = None
            crowded = len(requests) > 1

    def _is_in_vain(self, before: int, texts: int) -> bool:
        """Whether texts behind so many others would not be scored in time."""
        return before > 0 and (before + texts) * self._pace > self._patience

    def _full(self) -> ApiError:
        seconds = max(1, math.ceil(self.waiting * self._pace))
        return ApiError(
            503,
            "queue_full",
            "{waiting:,} comments are waiting to be scored already; try again in {seconds} s",
            {"retry-after": str(seconds)},
            waiting=self.waiting,
            seconds=seconds,
        )

    def _note_pace(self, texts: int, seconds: float) -> None:
        """Learn from a batch, and refuse at the queue's end what it shows to wait in vain."""
        if texts < min(TELLING, self._batch):
            return
        pace = seconds / texts
        self._pace += (pace - self._pace) * (NEWEST if self._pace else 1)
        while self._queue:
            last = self._queue[-1]
            if not self._is_in_vain(self.waiting - len(last.texts), len(last.texts)):
                return
            self._queue.pop()
            self.waiting -= len(last.texts)
            if not last.future.done():
                last.future.set_exception(self._full())

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
