"""Chunks of work on all cores, with the results in order.

Not `concurrent.futures`: its processes share one pipe for results, and when Ctrl-C ends a worker in
the middle of a message, its thread waits for the rest for ever. Here every worker has a pipe of its
own and the parent has no threads, so ending the workers ends everything.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from nsmc.errors import NsmcError, UsageError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
_STARTING = threading.Lock()
AHEAD = 2
"""Chunks for each worker whose results haven't been given yet."""
LARGE = 1 << 21
"""Bytes of a file whose comments surely take longer than processes to start."""
PATIENCE = 10.0
"""Seconds that a process has to end which has closed its pipe."""


def map_chunks(
    chunks: Iterable[Chunk],
    make: Callable[[], Callable[[Chunk], Result]],
    workers: int,
    *,
    ordered: bool = True,
) -> Iterator[Result]:
    """Apply a function to chunks; yields its results in the chunks' order.

    A worker has one chunk at a time, the next is read while it works, and a result waits for those
    before it; of chunks without a result or with one that waits there are `AHEAD` a worker at most,
    so memory stays bounded however long the input.

    Args:
        chunks: what the function takes, as something pickle can send. The first is asked for when
            the workers have been started, which make the function meanwhile.
        make: makes the function, once in every worker; something pickle can send.
        workers: processes, `most_processes` at most; 1 works in this one.
        ordered: False yields each result as soon as it is there, for chunks of very unequal work.

    Raises:
        NsmcError: a worker died.
        Exception: what the function raised.
    """
    if workers <= 1:
        yield from map(make(), chunks)
        return
    waiting = iter(chunks)
    with _started(min(workers, most_processes()), make) as pipes:
        # A worker is sent more only once it has answered: had both sides a large message on the way
        # to the other, each would wait for the other to read.
        free = list(pipes)
        busy: dict[Connection, int] = {}  # to the number of the chunk
        answers: dict[int, Any] = {}  # by the numbers
        sent = given = 0
        chunk = next(waiting, None)
        while True:
            while free and chunk is not None and sent - given < AHEAD * len(pipes):
                _send(pipe := free.pop(0), chunk)
                busy[pipe] = sent
                sent += 1
                chunk = next(waiting, None)
            due = given if ordered else next(iter(answers), given)
            if due in answers:
                yield _result(answers.pop(due))
                given += 1
            elif busy:
                pipe = first_ready(list(busy))
                answers[busy.pop(pipe)] = _receive(pipe)
                free.append(pipe)
            else:
                return


class Worker:
    """A process of its own, and the pipe to it. It is started inside `starting`.

    Args:
        target: what it does; something pickle can send. It gets its end of the pipe, then ``args``.
        daemon: whether it may start no processes itself.
    """

    def __init__(self, target: Callable[..., None], *args: Any, daemon: bool = True) -> None:
        from multiprocessing import get_context

        # spawn: a fork of a process in which torch runs threads may hang.
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, *args), daemon=daemon)
        try:
            self._process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            # Or the end of a dead worker's pipe would never be seen.
            theirs.close()

    def end(self) -> int | None:
        """End it, whatever it does; returns its exit status, below 0 that of a signal."""
        self._process.terminate()
        self._process.join()
        self.pipe.close()
        return self._process.exitcode

    def died(self) -> str:
        """How one ended that has closed its pipe by itself: ``SIGKILL``, or ``status 1``."""
        import signal

        self._process.join(PATIENCE)
        status = self.end() or 0
        if status >= 0:
            return f"status {status}"
        names = {number.value: number.name for number in signal.Signals}
        return names.get(-status, f"signal {-status}")


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """In the block workers are started; Ctrl-C waits for its end."""
    with _without_interrupts(), _without_main():
        yield


@contextlib.contextmanager
def _started(workers: int, make: Callable[[], Any]) -> "Iterator[list[Connection]]":
    """Start worker processes, give the pipes to them, and end them with the block."""
    started: list[Worker] = []
    try:
        with starting(), _one_thread_each():
            for _ in range(workers):
                started.append(Worker(_work, make))
        yield [worker.pipe for worker in started]
    finally:
        # Also when they are done: idle, they hold nothing that would need a gentler end.
        for worker in started:
            worker.end()


def _send(pipe: "Connection", chunk: Any) -> None:
    # A dead worker is noticed, and reported, when its answer is waited for.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.send(chunk)


def first_ready(pipes: "list[Connection]") -> "Connection":
    """The first of several pipes on which something has come, or that has ended."""
    from multiprocessing.connection import wait

    ready: Any = wait(pipes)
    return next(pipe for pipe in pipes if pipe in ready)


def _receive(pipe: "Connection") -> Any:
    try:
        return pipe.recv()
    except (EOFError, ConnectionResetError) as error:
        raise NsmcError(
            "a worker process ended before its work was done. If memory ran out, use fewer workers"
        ) from error


def _result(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes begin with one thread for matrix products: there is one process a core."""
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if value is not None})


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Let processes begin without the program's main module, of which they need nothing.

    They would run it anew, and a script that doesn't ask for ``__name__ == "__main__"`` would there
    start its work, and processes, once more.
    """
    with _STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back until the workers of the block are started.

    A worker half started is one that nobody ends; and a worker must not hear of Ctrl-C before its
    first line has run, which says to ignore it. The signals are raised again after the block.
    """
    import signal

    if threading.current_thread() is not threading.main_thread():
        yield  # signals don't interrupt other threads
        return
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [(n, handler) for n in numbers if (handler := signal.getsignal(n)) is not None]
    for number, _ in handlers:
        signal.signal(number, lambda number, frame: received.append(number))
    try:
        with _blocked_in_children():
            yield
    finally:
        for number, handler in handlers:
            signal.signal(number, handler)
    for late in received:
        signal.raise_signal(late)


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


def workers_for(file: Path) -> int | None:
    """As many processes as there are cores for a file of more than `LARGE` bytes, else None."""
    return available_cores() if file.stat().st_size > LARGE else None


def check_processes(option: str, value: int, *, here: bool = True) -> None:
    """Refuse a number of processes below 1, or, ``here``, one that would only take memory.

    Raises:
        UsageError: naming the option and the most it takes.
    """
    if value < 1 or (here and value > most_processes()):
        raise UsageError(
            "expected {option} from 1 to {most:,} on this machine of {cores} cores, found {value}",
            option=option,
            most=most_processes(),
            cores=available_cores(),
            value=value,
        )


def most_processes() -> int:
    """Four for each core, and eight on any machine: more wait for one another."""
    return max(8, 4 * available_cores())


def ignore_interrupts() -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the parent of this one."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _raise(error: Exception, chunk: Any) -> None:
    raise error


def _work(pipe: "Connection", make: Callable[[], Callable[[Any], Any]]) -> None:
    """Answer chunks until the other end is closed; what goes wrong is an answer too."""
    import warnings

    ignore_interrupts()
    # The parent has heard the same warnings, once.
    warnings.simplefilter("ignore")
    function: Callable[[Any], Any]
    try:
        function = make()
    except Exception as error:
        function = partial(_raise, error)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            chunk = pipe.recv()
            try:
                answer = function(chunk)
            except Exception as error:
                answer = error
            pipe.send(answer)
