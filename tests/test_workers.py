"""Several processes give what one does, in its order, and tell when one of them dies."""

import contextlib
import multiprocessing
import operator
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from nsmc import workers
from nsmc.errors import NsmcError, UsageError
from nsmc.workers import available_cores, map_chunks

ASKED = partial(partial, eval)
"""A worker can't import this file, so what it shall do comes in its chunks."""
LENGTHS = partial(partial, len)
LIMIT = 120
"""Seconds after which a process counts as hanging, on a busy machine too."""
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SCRIPT = """
import itertools, sys
from functools import partial
from nsmc.workers import map_chunks
if __name__ == "__main__":
    for _ in map_chunks(itertools.repeat("abc"), partial(partial, len), 2):
        print("working", flush=True)
"""


def wait_until_no_child_is_left() -> None:
    deadline = time.monotonic() + LIMIT
    while multiprocessing.active_children():
        assert time.monotonic() < deadline, "worker processes stay behind"
        time.sleep(0.02)


def test_results_come_in_order_however_long_each_takes() -> None:
    naps = [0.2, 0, 0.05, 0, 0.1, 0, 0, 0.02]
    asked = "__import__('time').sleep({}) or ({}, __import__('os').getpid())"
    chunks = [asked.format(nap, number) for number, nap in enumerate(naps)]
    numbers, processes = zip(*map_chunks(chunks, ASKED, 2), strict=True)
    assert numbers == tuple(range(len(naps)))
    # What is slow to begin with still gets its turn: chunks go round.
    assert len({*processes, os.getpid()}) == 3
    wait_until_no_child_is_left()


def test_a_slow_chunk_keeps_no_worker_from_the_next(tmp_path: Path) -> None:
    seen = f"__import__('os').path.exists({str(tmp_path / 'seen')!r})"
    waits = f"any({seen} or __import__('time').sleep(0.01) for _ in range(3000))"
    # The third chunk goes to the worker of the second, while the first waits for it.
    chunks = [waits, "2", f"open({str(tmp_path / 'seen')!r}, 'w').write('three')", "4"]
    assert list(map_chunks(chunks, ASKED, 2)) == [True, 2, 5, 4]


def test_functions_are_made_while_the_input_is_read(tmp_path: Path) -> None:
    make = partial(eval, f"open({str(tmp_path / 'made')!r}, 'w') and len")

    def chunks() -> Iterator[str]:
        deadline = time.monotonic() + LIMIT
        while not (tmp_path / "made").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield "재밌다"

    assert list(map_chunks(chunks(), make, 2)) == [3]


def test_results_that_need_no_order_come_when_they_are_there() -> None:
    """What takes long keeps no other from being done: here until all others are."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
        waits = f"__import__('socket').create_connection({address}).recv(1) or 'last'"
        results = map_chunks([waits, *map(str, range(6))], ASKED, 2, ordered=False)
        first = [next(results) for _ in range(6)]
        server.accept()[0].close()
        assert (sorted(first), next(results)) == (list(range(6)), "last")
        assert list(results) == []
    wait_until_no_child_is_left()


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_chunks_and_results_are_whatever_can_be_sent(workers: int) -> None:
    chunks = ["재밌다", b"", [None] * 100_000, {1: 2}, ()]
    assert list(map_chunks(iter(chunks), LENGTHS, workers)) == [3, 0, 100_000, 1, 0]
    assert list(map_chunks(["[0] * 10**6"] * 3, ASKED, workers)) == [[0] * 10**6] * 3
    assert list(map_chunks([], LENGTHS, workers)) == []


def test_processes_are_bounded_by_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, most in ((1, 8), (2, 8), (16, 64)):
        monkeypatch.setattr(workers, "available_cores", lambda cores=cores: cores)
        workers.check_processes("--jobs", most)
        for wrong in (0, -1, most + 1, 10**17):
            with pytest.raises(UsageError, match=rf"--jobs from 1 to {most} .*, found {wrong}"):
                workers.check_processes("--jobs", wrong)
    workers.check_processes("--jobs", 65, here=False)
    with pytest.raises(UsageError, match="found 0"):
        workers.check_processes("--jobs", 0, here=False)


def test_more_workers_than_the_bound_are_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "most_processes", lambda: 2)
    asked = ["__import__('os').getpid()"] * 12
    assert len(set(map_chunks(asked, ASKED, 5))) <= 2


def test_one_worker_is_this_process() -> None:
    made = 0

    def make() -> partial[int]:
        nonlocal made
        made += 1
        return partial(operator.add, 1)

    source = iter([1, 2, 3])
    results = map_chunks(source, make, 1)
    assert next(results) == 2
    # It reads no further than it gives.
    assert next(source) == 2
    assert list(results) == [4]
    assert made == 1
    assert not multiprocessing.active_children()


def test_the_input_is_read_only_a_little_ahead() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "재밌다"

    results = map_chunks(endless(), LENGTHS, 2)
    for number in range(1, 30):
        assert next(results) == 3
        assert taken <= number + 3 * 2
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    wait_until_no_child_is_left()


def test_a_worker_has_one_thread_and_the_variables_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    before = dict(os.environ)
    asked = f"[__import__('os').environ.get(name) for name in {THREADS}]"
    results = map_chunks([asked] * 4, ASKED, 2)
    assert next(results) == ["1"] * 4
    # Already while they work: what this process starts meanwhile may have its threads.
    assert dict(os.environ) == before
    assert list(results) == [["1"] * 4] * 3
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        list(map_chunks(["a", "b"], lambda: len, 2))
    assert dict(os.environ) == before
    wait_until_no_child_is_left()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_function_its_maker_and_the_input_raise_arrives(workers: int) -> None:
    results = map_chunks(["1", "2", "{}['lost']", "4"], ASKED, workers)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(KeyError, match="lost"):
        next(results)
    with pytest.raises(ValueError, match="invalid literal for int"):  # while it is made
        list(map_chunks(["a"] * 3, partial(int, "seven"), workers))  # type: ignore[arg-type]

    def failing() -> Iterator[str]:
        yield from ["1"] * 7
        raise NsmcError("row 8 is broken")

    with pytest.raises(NsmcError, match="row 8 is broken"):
        list(map_chunks(failing(), ASKED, workers))
    wait_until_no_child_is_left()


def test_a_killed_worker_is_reported_with_what_to_do() -> None:
    def deadly() -> Iterator[str]:
        for number in range(1000):
            if number == 8:
                victims = multiprocessing.active_children()
                assert victims
                victims[0].kill()
            yield "재밌다" * 10

    with pytest.raises(NsmcError) as caught:
        list(map_chunks(deadly(), LENGTHS, 2))
    assert "a worker process ended before its work was done" in str(caught.value)
    assert "use fewer workers" in str(caught.value)
    wait_until_no_child_is_left()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups on this system")
@pytest.mark.parametrize("after", [0, 5])
def test_ctrl_c_ends_the_workers_without_a_word_of_theirs(tmp_path: Path, after: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for _ in range(1 + after):
            assert process.stdout.readline() == "working\n"
        # As a terminal does: to all processes of the command.
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert err.count("Traceback") == 1
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    deadline = time.monotonic() + LIMIT
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail("worker processes stay behind")


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from functools import partial\n"
        "from nsmc.workers import map_chunks\n"
        "print(list(map_chunks(['재밌다'] * 20, partial(partial, len), 2)))\n"
        "print(sys.modules['__main__'].__file__)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, encoding="utf-8", timeout=LIMIT
    )
    assert (done.stdout, done.stderr) == (f"{[3] * 20}\n{script}\n", "")


def test_cores_are_those_this_process_may_use() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(allowed)})
            assert available_cores() == 1
        finally:
            os.sched_setaffinity(0, allowed)
