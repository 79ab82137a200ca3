"""The rule by which many comments are scored: chunks, processes, threads, order.

- Comments travel in chunks of at most `CHUNK`; results come back in the order of the chunks.
- Up to `FEW` comments are scored in this process. More are scored by one process a core; for a
  large file (`nsmc.workers.workers_for`), these start before it is read.
- Comments go to a process and numbers come back. Units of a comment stay where they were made:
  lists of them cost more to send than to score.
- Every process has one thread for matrix products. Worker processes start with it
  (`nsmc.workers`), this process takes it while it scores (`nsmc.inference.network.one_thread`).
"""

import itertools
import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from nsmc.workers import available_cores, map_chunks

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Called with the comments done since the last call and the comments in all."""

CHUNK = 2048
"""Comments in a chunk at most."""
FEW = 10_000
"""Comments that one process scores as fast as several: a worker takes a third of a second to start,
in which Mecab cuts 7,000 reviews."""


class LongRows(list[str]):
    """Comments of a chunk that is short because its rows are long: it counts as a whole one.

    Else `map_comments` would read ten thousand of them ahead, however much memory they take.
    """


def slices(count: int) -> Iterator[slice]:
    """Where the chunks of ``count`` comments begin and end."""
    return (slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def chunks_of(comments: list[Item]) -> Iterator[list[Item]]:
    """The chunks of a list of comments."""
    return (comments[place] for place in slices(len(comments)))


def with_progress(
    results: Iterable[Result], count: int, progress: Progress | None
) -> Iterator[Result]:
    """Pass on the results of the chunks of ``count`` comments, and report each as done."""
    for place, result in zip(slices(count), results, strict=True):
        if progress:
            progress(place.stop - place.start, count)
        yield result


def map_comments(
    chunks: Iterable[list[str]],
    function: Callable[[list[str]], Result],
    *,
    workers: int | None = None,
) -> Iterator[Result]:
    """Apply a function to chunks of comments by the rule above; yields results in order.

    Args:
        chunks: comments, read as they are needed.
        function: something that pickle can send. A `nsmc.Classifier` or a `nsmc.LanguageModel` in
            it is sent as its path: the worker opens the directory anew.
        workers: processes; None follows the rule, for which up to `FEW` comments are read ahead.

    Raises:
        NsmcError: a worker died.
        Exception: what the function raised.
    """
    waiting = iter(chunks)
    if workers is None:
        ahead, count = [], 0
        cores = available_cores()
        while cores > 1 and count <= FEW and (chunk := next(waiting, None)) is not None:
            ahead.append(chunk)
            count += CHUNK if isinstance(chunk, LongRows) else len(chunk)
        waiting = itertools.chain(ahead, waiting)
        workers = cores if count > FEW else 1
    # A worker unpickles the function with its first chunk: what goes wrong there is raised here.
    several = workers > 1
    make = partial(pickle.loads, pickle.dumps(function)) if several else lambda: function
    yield from map_chunks(waiting, make, workers)
