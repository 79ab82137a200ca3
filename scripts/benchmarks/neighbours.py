"""One comment at a time beside processes that keep every core busy: what one BLAS thread is for."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.common import Row, Sizes, in_turn

NEIGHBOURS = 2
"""Busy processes a core."""
BLOCK = 10
"""Comments of a turn."""


@contextlib.contextmanager
def _busy(count: int) -> Iterator[None]:
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def neighbour_rows(texts: list[str], sizes: Sizes, cores: int) -> list[Row]:
    """`Classifier.predict` with the limit to one thread and without, and what the limit costs."""
    import nsmc
    from nsmc.inference import network
    from nsmc.inference.blas_threads import one_thread

    classifier = nsmc.load()
    chosen = [text for text in texts[: sizes.comments] if classifier.tokenizer(text)][:BLOCK]

    def milliseconds() -> float:
        started = time.perf_counter()
        for text in chosen:
            classifier.predict(text)
        return 1000 * (time.perf_counter() - started) / len(chosen)

    def unlimited() -> float:
        network.one_thread = contextlib.nullcontext  # type: ignore[assignment,attr-defined]
        try:
            return milliseconds()
        finally:
            network.one_thread = one_thread  # type: ignore[attr-defined]

    milliseconds()
    turns = {"one thread": milliseconds, "a thread a core": unlimited}
    with _busy(NEIGHBOURS * cores):
        busy = in_turn(sizes.repeats, turns)
    limited, free = median(busy["one thread"]), median(busy["a thread a core"])
    entries = 1000
    started = time.perf_counter()
    for _ in range(entries):
        with one_thread():
            pass
    cost = (time.perf_counter() - started) / entries
    return [
        Row(
            f"one comment beside {NEIGHBOURS * cores} busy processes",
            f"{limited:.2f} ms",
            f"without the limit to one BLAS thread {free:.2f} ms",
            free / limited,
            "at least 1 × as fast",
            free >= limited,
            f"the limit itself takes {1e6 * cost:.0f} µs, {1e5 * cost / limited:.1f}% of that",
        )
    ]
