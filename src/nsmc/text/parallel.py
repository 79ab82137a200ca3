"""Many comments into morphemes on all cores, in order.

Not `concurrent.futures`: its processes share one pipe for results, and when Ctrl-C ends a worker in
the middle of a message, its thread waits for the rest for ever. Here every worker has a pipe of its
own and the parent has no threads, so ending the workers ends everything.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nsmc.errors import NsmcError
from nsmc.text.config import TextConfig
from nsmc.text.tokenizer import Tokenizer, make_tokenizer

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def tokenize_chunks(
    chunks: Iterable[list[str]], tokenizer: Tokenizer, workers: int
) -> Iterator[list[list[str]]]:
    """Tokenize chunks of comments; yields the morphemes of each chunk, in the chunks' order.

    A worker has one chunk at a time, so memory stays bounded however long the input. The workers
    take turns: the next result is always that of the one that has worked longest.

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
    waiting = iter(chunks)
    with _started(workers, tokenizer.config) as pipes:
        # Oldest first. A worker is sent more only once it has answered: had both sides a large
        # message on the way to the other, each would wait for the other to read.
        busy = [pipe for pipe in pipes if _send_next(pipe, waiting)]
        while busy:
            pipe = busy.pop(0)
            morphemes = _receive(pipe)
            if _send_next(pipe, waiting):
                busy.append(pipe)
            yield morphemes


@contextlib.contextmanager
def _started(workers: int, config: TextConfig) -> "Iterator[list[Connection]]":
    """Start worker processes, give the pipes to them, and end them with the block."""
    from multiprocessing import get_context

    # spawn: a fork of a process in which torch runs threads may hang.
    context = get_context("spawn")
    processes, pipes = [], []
    try:
        with _without_interrupts():
            for _ in range(workers):
                ours, theirs = context.Pipe()
                pipes.append(ours)
                process = context.Process(target=_work, args=(theirs, config), daemon=True)
                processes.append(process)
                process.start()
                # Or the end of a dead worker's pipe would never be seen.
                theirs.close()
        yield pipes
    finally:
        # Also when they are done: idle, they hold nothing that would need a gentler end.
        for process in processes:
            if process.pid is not None:
                process.terminate()
                process.join()
        for pipe in pipes:
            pipe.close()


def _send_next(pipe: "Connection", waiting: Iterator[list[str]]) -> bool:
    """Give a worker the next chunk; False if there is none."""
    chunk = next(waiting, None)
    if chunk is None:
        return False
    # A dead worker is noticed, and told, when its answer is waited for.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.send(chunk)
    return True


def _receive(pipe: "Connection") -> list[list[str]]:
    try:
        morphemes: list[list[str]] | Exception = pipe.recv()
    except (EOFError, ConnectionResetError) as error:
        raise NsmcError(
            "a tokenizer process ended before its work was done. If memory ran out, use fewer "
            "workers; in a script of your own, call nsmc under `if __name__ == '__main__':`"
        ) from error
    if isinstance(morphemes, Exception):
        raise morphemes
    return morphemes


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back until the workers of the block are started.

    A worker half started is one that nobody ends; and a worker must not hear of Ctrl-C before its
    first line has run, which says to ignore it. The signals are raised again after the block.
    """
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield  # signals don't interrupt other threads
        return
    held: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    kept = [(n, handler) for n in numbers if (handler := signal.getsignal(n)) is not None]
    for number, _ in kept:
        signal.signal(number, lambda number, frame: held.append(number))
    try:
        with _blocked_in_children():
            yield
    finally:
        for number, handler in kept:
            signal.signal(number, handler)
    for held_number in held:
        signal.raise_signal(held_number)


@contextlib.contextmanager
def _blocked_in_children() -> Iterator[None]:
    """Let processes begin with SIGINT blocked, where the system knows that (not on Windows)."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing.resource_tracker import ensure_running

    # Every process start begins with this, which the first time lets SIGINT through again.
    ensure_running()
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


def _work(pipe: "Connection", config: TextConfig) -> None:
    """Answer chunks until the other end is closed; what goes wrong is an answer too."""
    import signal

    # Ctrl-C reaches every process of a terminal; only the parent answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tokenizer: Tokenizer | None = None
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            chunk: list[str] = pipe.recv()
            try:
                tokenizer = tokenizer or make_tokenizer(config)
                answer: list[list[str]] | Exception = [tokenizer(text) for text in chunk]
            except Exception as error:
                answer = error
            pipe.send(answer)
