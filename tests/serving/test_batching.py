"""The queue before the classifier: what waits in vain is refused at once."""

import asyncio
import threading

import pytest

from nsmc.serving.batching import PATIENCE, Batcher
from nsmc.serving.errors import ApiError

TEXT = 0.1
"""Seconds a text, by the clock of the tests."""


class Scorer:
    """Scores a batch when it is let; its clock goes by the texts scored."""

    def __init__(self) -> None:
        self.now, self.go = 0.0, threading.Semaphore(0)

    def __call__(self, texts: list[str], options: None) -> list[str]:
        self.go.acquire()
        self.now += TEXT * len(texts)
        return [text.upper() for text in texts]


async def statuses(*sizes: int, warm: bool) -> list[object]:
    """What requests of so many texts get that arrive while one of 5 texts is scored."""
    scorer = Scorer()
    batcher = Batcher[str, None](
        scorer, limit=1000, batch=5, window=0.0, deadline=1 / PATIENCE, clock=lambda: scorer.now
    )
    running = asyncio.create_task(batcher.run())
    try:
        if warm:
            scorer.go.release()
            await batcher.submit(["a"] * 5, None)
        first = asyncio.create_task(batcher.submit(["a"] * 5, None))
        await asyncio.sleep(0)
        while batcher.waiting:  # until its turn has come
            await asyncio.sleep(0)
        others = []
        for size in sizes:
            others.append(asyncio.create_task(batcher.submit(["b"] * size, None)))
            await asyncio.sleep(0)
        scorer.go.release(1 + len(sizes))
        assert await first == ["A"] * 5
        answers = await asyncio.gather(*others, return_exceptions=True)
        return [one.status if isinstance(one, ApiError) else one for one in answers]
    finally:
        running.cancel()
        batcher.close()


@pytest.mark.parametrize("warm", [True, False])
def test_a_request_that_would_wait_in_vain_is_refused(warm: bool) -> None:
    """A second's patience is ten texts: five are in work, or scored when the pace is known."""
    sizes = (3, 4, 2) if warm else (5, 6, 5)
    kept, refused, small = asyncio.run(statuses(*sizes, warm=warm))
    assert kept == ["B"] * sizes[0]
    assert refused == 503
    assert small == (["B"] * 2 if warm else 503)


def test_what_nothing_is_before_is_scored_however_long_it_takes() -> None:
    async def alone() -> list[str]:
        scorer = Scorer()
        scorer.go.release(2)
        batcher = Batcher[str, None](
            scorer, limit=3, batch=5, window=0.0, deadline=0.1, clock=lambda: scorer.now
        )
        running = asyncio.create_task(batcher.run())
        await batcher.submit(["a"] * 5, None)
        answer = await batcher.submit(["b"] * 50, None)
        running.cancel()
        batcher.close()
        return answer

    assert asyncio.run(alone()) == ["B"] * 50
