"""Items made ahead come in their order, with their errors, and nothing is left running."""

import threading
import time
from collections.abc import Iterator

import pytest

from nsmc.data.prefetch import prefetched


def test_the_order_is_kept_and_the_thread_ends() -> None:
    before = threading.active_count()
    assert list(prefetched(iter(range(1000)))) == list(range(1000))
    assert list(prefetched([])) == []
    assert threading.active_count() == before


def test_only_so_many_are_made_ahead() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    ahead = prefetched(items(), ahead=3)
    assert next(ahead) == 0
    deadline = time.monotonic() + 5
    while len(made) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    # The one in hand, three waiting and the one that has no room yet.
    assert made == [0, 1, 2, 3, 4]
    before = threading.active_count()
    ahead.close()
    assert threading.active_count() == before - 1


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("lost")

    ahead = prefetched(items())
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(KeyError, match="lost"):
        next(ahead)
