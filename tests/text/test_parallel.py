"""Several processes give what one does, in its order, and tell when one of them dies."""

import itertools
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nsmc.errors import NsmcError
from nsmc.text.config import TextConfig
from nsmc.text.parallel import available_cores, tokenize_chunks
from nsmc.text.tokenizer import make_tokenizer

TOKENIZER = make_tokenizer(TextConfig())
COMMENTS = [
    f"{number}번째 {text}"
    for number, text in zip(
        range(400),
        itertools.cycle(["정말 재밌다", "", "돈이 아까운 영화 ㅠㅠ", "ㅋㅋ 최고 👍", "\x00\u2028"]),
        strict=False,
    )
]
SIZES = (1, 50, 0, 3, 128, 2, 2, 100, 7, 107)
"""Of uneven chunks: an early one large, one empty."""


def chunks() -> list[list[str]]:
    ends = list(itertools.accumulate(SIZES))
    assert ends[-1] == len(COMMENTS)
    return [COMMENTS[end - size : end] for size, end in zip(SIZES, ends, strict=True)]


def wait_until_no_child_is_left() -> None:
    deadline = time.monotonic() + 20
    while multiprocessing.active_children():
        assert time.monotonic() < deadline, "worker processes stay behind"
        time.sleep(0.02)


def test_two_workers_give_what_one_process_does_in_order() -> None:
    alone = list(tokenize_chunks(chunks(), TOKENIZER, 1))
    assert [len(chunk) for chunk in alone] == list(SIZES)
    assert alone[0][0][:2] == ["0", "번"]
    assert list(tokenize_chunks(iter(chunks()), TOKENIZER, 2)) == alone
    wait_until_no_child_is_left()


def test_the_input_is_read_only_a_little_ahead() -> None:
    taken = 0

    def endless() -> Iterator[list[str]]:
        nonlocal taken
        while True:
            taken += 1
            yield ["재밌다"]

    results = tokenize_chunks(endless(), TOKENIZER, 2)
    for number in range(1, 30):
        assert next(results) == [["재밌", "다"]]
        assert taken <= number + 3 * 2
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    wait_until_no_child_is_left()


def test_one_process_reads_no_further_than_it_gives() -> None:
    source = iter([["재밌다"], ["노잼"]])
    results = tokenize_chunks(source, TOKENIZER, 1)
    assert next(results) == [["재밌", "다"]]
    assert next(source) == ["노잼"]


def test_a_killed_worker_is_told_with_what_to_do() -> None:
    def deadly() -> Iterator[list[str]]:
        for number in range(1000):
            if number == 8:
                victims = multiprocessing.active_children()
                assert victims
                victims[0].kill()
            yield ["재밌다"] * 10

    with pytest.raises(NsmcError) as caught:
        list(tokenize_chunks(deadly(), TOKENIZER, 2))
    assert "a tokenizer process ended before its work was done" in str(caught.value)
    assert "use fewer workers" in str(caught.value)
    wait_until_no_child_is_left()


def test_an_error_of_the_input_comes_through_and_leaves_no_process() -> None:
    def failing() -> Iterator[list[str]]:
        yield from [["재밌다"]] * 7
        raise NsmcError("row 8 is broken")

    with pytest.raises(NsmcError, match="row 8 is broken"):
        list(tokenize_chunks(failing(), TOKENIZER, 2))
    wait_until_no_child_is_left()


def test_a_script_without_a_guard_is_told_of_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from nsmc.text.config import TextConfig\n"
        "from nsmc.text.parallel import tokenize_chunks\n"
        "from nsmc.text.tokenizer import make_tokenizer\n"
        "list(tokenize_chunks([['재밌다']] * 20, make_tokenizer(TextConfig()), 2))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 1
    assert "call nsmc under `if __name__ == '__main__':`" in done.stderr.splitlines()[-1]


def test_cores_are_those_this_process_may_use() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(allowed)})
            assert available_cores() == 1
        finally:
            os.sched_setaffinity(0, allowed)
