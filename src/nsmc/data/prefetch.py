"""The next items of an iterator, made in a thread while the present one is worked on."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def prefetched(items: Iterable[Item], ahead: int = 2) -> Generator[Item]:
    """Yield ``items`` in their order, up to ``ahead`` of them made beforehand by a thread.

    Numpy and torch let other threads run while they compute, so making a batch costs the training
    nothing where a second core is free. What the iterator raises is raised here, in its place. A
    generator that is closed early stops its thread.
    """
    made: queue.Queue[tuple[str, Item | BaseException | None]] = queue.Queue(ahead)
    closed = threading.Event()

    def put(kind: str, value: Item | BaseException | None = None) -> bool:
        while not closed.is_set():
            try:
                made.put((kind, value), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def make() -> None:
        try:
            for item in items:
                if not put("item", item):
                    return
        except BaseException as error:
            put("error", error)
        else:
            put("end")

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            kind, value = made.get()
            if kind == "end":
                return
            if kind == "error":
                assert isinstance(value, BaseException)
                raise value
            yield value  # type: ignore[misc]
    finally:
        closed.set()
        thread.join()
