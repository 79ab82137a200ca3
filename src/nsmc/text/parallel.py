"""Many comments into morphemes on all cores, in order."""

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Iterator

from nsmc.errors import NsmcError
from nsmc.text.config import TextConfig
from nsmc.text.tokenizer import Tokenizer, make_tokenizer

_worker: Tokenizer
"""Set in each worker process when it starts, so that Mecab opens its dictionary once."""


def tokenize_chunks(
    chunks: Iterable[list[str]], tokenizer: Tokenizer, workers: int
) -> Iterator[list[list[str]]]:
    """Tokenize chunks of comments; yields the morphemes of each chunk, in the chunks' order.

    At most three chunks per worker are under way, so memory stays bounded however long the input.

    Args:
        chunks: lists of comments.
        tokenizer: worker processes make their own by its configuration.
        workers: processes; 1 tokenizes in this one.

    Raises:
        NsmcError: a worker died.
    """
    if workers <= 1:
        for chunk in chunks:
            yield [tokenizer(text) for text in chunk]
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # spawn: a fork of a process in which torch runs threads may hang.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (tokenizer.config,))
    try:
        waiting: deque[Future[list[list[str]]]] = deque()
        for chunk in chunks:
            with _without_interrupts():
                waiting.append(pool.submit(_tokenize, chunk))
            if len(waiting) >= 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise NsmcError(
            "a tokenizer process ended before its work was done. If memory ran out, use fewer "
            "workers; in a script of your own, call nsmc under `if __name__ == '__main__':`"
        ) from error
    except BaseException:
        # Ctrl-C, or the caller has given up: seconds of work may be queued that nobody wants.
        # Python 3.14 has `terminate_workers` for this; until then the processes are private.
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        # Waited for: a pool that notices its dead workers while Python exits says so.
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start workers that Ctrl-C can't reach, not even before their first line has run."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def available_cores() -> int:
    """The cores this process may use, which in a container are fewer than the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start_worker(config: TextConfig) -> None:
    import signal

    # Ctrl-C reaches every process of a terminal; only the parent answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    global _worker
    _worker = make_tokenizer(config)


def _tokenize(texts: list[str]) -> list[list[str]]:
    return [_worker(text) for text in texts]
