"""One thread for numpy's matrix products while a network scores."""

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread inside the block.

    The products of a comment are small: more threads wait for one another by spinning at every
    step, and scoring beside other processes takes many times as long. The limit is the whole
    process's, from the first thread that enters a block to the last that leaves one.
    """
    with _limit.lock:
        if not _limit.blocks:
            _limit.begin()
        _limit.blocks += 1
    try:
        yield
    finally:
        with _limit.lock:
            _limit.blocks -= 1
            if not _limit.blocks:
                _limit.end()


class _Limit:
    """How many blocks hold the limit, and what it was before them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.blocks = 0
        self._before: list[int] = []

    def begin(self) -> None:
        self._before = [library.get_num_threads() for library in libraries()]
        self._set([1] * len(self._before))

    def end(self) -> None:
        self._set(self._before)

    def _set(self, threads: list[int]) -> None:
        for library, count in zip(libraries(), threads, strict=True):
            # Newer threadpoolctl ignores the limits of every thread but the first that set one.
            getattr(library, "_real_set_num_threads", library.set_num_threads)(count)

    def after_fork(self) -> None:
        """A forked process has none of the threads inside a block."""
        self.lock = threading.Lock()
        if self.blocks:
            self.blocks = 0
            self.end()


@cache
def libraries() -> list[Any]:
    """The BLAS libraries of this process; to look them up takes longer than a comment."""
    from threadpoolctl import ThreadpoolController

    libraries = ThreadpoolController().lib_controllers
    return [library for library in libraries if library.user_api == "blas"]


_limit = _Limit()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_limit.after_fork)
