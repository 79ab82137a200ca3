"""The rule for many comments: how large a chunk is, when there are workers, and the order."""

import multiprocessing
from collections.abc import Iterator
from functools import partial

import pytest

from nsmc.config.text import TextConfig
from nsmc.pipeline.chunks import CHUNK, FEW, LongRows, chunks_of, map_comments, with_progress
from nsmc.pipeline.classify import cut
from nsmc.text.tokenizer import make_tokenizer
from nsmc.workers import available_cores

TOKENIZER = make_tokenizer(TextConfig())


def test_one_process_reads_no_further_than_it_yields() -> None:
    source = iter([["재밌다"], ["노잼"]])
    results = map_comments(source, partial(cut, TOKENIZER), workers=1)
    assert next(results) == [["재밌", "다"]]
    assert next(source) == ["노잼"]


@pytest.mark.parametrize(("count", "alone"), [(1, True), (FEW, True), (FEW + 1, False)])
def test_only_many_comments_have_worker_processes(count: int, alone: bool) -> None:
    results = map_comments(chunks_of(["재밌다"] * count), len)
    sizes = [next(results)]
    assert bool(multiprocessing.active_children()) == (not alone and available_cores() > 1)
    sizes += results
    assert sum(sizes) == count
    assert set(sizes[:-1]) <= {CHUNK}


def test_chunks_of_long_rows_are_not_read_ahead_by_the_thousand() -> None:
    taken = []

    def chunks() -> Iterator[list[str]]:
        for number in range(200):
            taken.append(number)
            yield LongRows([str(number)])

    results = map_comments(chunks(), len)
    assert next(results) == 1
    assert len(taken) <= FEW // CHUNK + 1 + available_cores()
    assert sum(results) == 199


def test_progress_is_reported_chunk_by_chunk() -> None:
    reported: list[tuple[int, int]] = []
    sizes = map(len, chunks_of([""] * (CHUNK + 5)))
    passed = with_progress(sizes, CHUNK + 5, lambda done, total: reported.append((done, total)))
    assert list(passed) == [CHUNK, 5]
    assert reported == [(CHUNK, CHUNK + 5), (5, CHUNK + 5)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_no_string_is_reported_by_its_type(workers: int) -> None:
    odd: list[list[str]] = [["재밌다", 1.5]]  # type: ignore[list-item]
    with pytest.raises(TypeError, match="expected a comment as str, found float"):
        list(map_comments(odd, partial(cut, TOKENIZER), workers=workers))
