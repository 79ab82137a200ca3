"""Threads that share a model get the scores that one thread gets, bit by bit."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from threadpoolctl import ThreadpoolController

from nsmc.inference.blas_threads import one_thread
from nsmc.inference.classifier import load
from nsmc.inference.language_model import load_language_model

if TYPE_CHECKING:
    from tests.conftest import Untrained

THREADS = 8
TINY = ("model.embedding_size=16", "model.hidden_size=8", "model.subword_buckets=500")
Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A hundred times as often as usual, so that a race shows within seconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def comments() -> list[str]:
    """Comments of words written for this project, many of them mistyped, so never seen before."""
    tests = Path(__file__).parent.parent
    files = [tests / "behaviour" / "cases.tsv", *(tests.parent / "data" / "sample").glob("*.txt")]
    text = " ".join(file.read_text(encoding="utf-8") for file in files)
    words, rng = sorted(set(re.findall("[가-힣]+", text))), random.Random(1)
    mistyped = [word[:-1] + chr(rng.randrange(0xAC00, 0xD7A4)) for word in words]
    return [" ".join(rng.choices(words + mistyped, k=rng.randint(1, 4))) for _ in range(500)]


def by_threads(function: Callable[[str], Result], texts: Sequence[str]) -> list[Result]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, texts))


def check_equal(answer: Callable[[Any], Callable[[str], Any]], model: Any, texts: Any) -> None:
    """Threads that share one model get what one thread gets of another, now and afterwards."""
    expected = list(map(answer(model()), texts))
    shared = answer(model())
    assert by_threads(shared, texts) == expected
    assert list(map(shared, texts)) == expected


@pytest.mark.slow
def test_scores_are_those_of_one_thread(
    untrained: Untrained, comments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = untrained(*TINY, "model.wide.buckets=1024")
    check_equal(lambda model: model.predict, lambda: load(path), comments)
    monkeypatch.setattr("nsmc.inference.vectors.CACHED", 50)  # few are enough
    check_equal(lambda model: model.predict, lambda: load(path), comments[:150])


def test_explanations_are_those_of_one_thread(untrained: Untrained, comments: list[str]) -> None:
    path = untrained(*TINY, "text.unit=jamo")
    check_equal(lambda model: model.explain, lambda: load(path), comments[:30])


def test_a_language_model_scores_as_by_one_thread(
    untrained: Untrained, comments: list[str]
) -> None:
    path = untrained(*TINY, "task=language-model", "training.adversarial_norm=0")
    check_equal(lambda model: model.score, lambda: load_language_model(path), comments[:150])


def test_a_tokenizer_is_opened_once(untrained: Untrained) -> None:
    classifier = load(untrained(*TINY))
    together = threading.Barrier(THREADS)

    def opened(_: str) -> int:
        together.wait()
        return id(classifier.tokenizer)

    assert len(set(by_threads(opened, [""] * THREADS))) == 1


@pytest.fixture(scope="module")
def blas() -> ThreadpoolController:
    return ThreadpoolController()


def threads_of(blas: ThreadpoolController) -> set[int]:
    """What numpy's library says; a BLAS without threads says 1 always."""
    return {library["num_threads"] for library in blas.info() if library["user_api"] == "blas"}


def test_one_thread_is_for_the_block_alone(blas: ThreadpoolController) -> None:
    with blas.limit(limits=2, user_api="blas"):
        before = threads_of(blas)
        with one_thread():
            assert threads_of(blas) == {1}
            with one_thread():
                pass
            assert threads_of(blas) == {1}
        assert threads_of(blas) == before
        with pytest.raises(ZeroDivisionError), one_thread():
            1 / 0  # noqa: B018
        assert threads_of(blas) == before


def test_threads_leave_the_limit_as_they_found_it(blas: ThreadpoolController) -> None:
    def often(_: str) -> bool:
        for _turn in range(100):
            with one_thread():
                if threads_of(blas) != {1}:
                    return False
        return True

    with blas.limit(limits=2, user_api="blas"):
        before = threads_of(blas)
        assert all(by_threads(often, [""] * THREADS))
        assert threads_of(blas) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_not_left_with_the_limit(blas: ThreadpoolController) -> None:
    def child(queue: multiprocessing.SimpleQueue[set[int]]) -> None:
        with one_thread():
            pass
        queue.put(threads_of(blas))

    context = multiprocessing.get_context("fork")
    with blas.limit(limits=2, user_api="blas"):
        before = threads_of(blas)
        queue = context.SimpleQueue()
        with one_thread():
            process = context.Process(target=child, args=(queue,))
            process.start()
        assert queue.get() == before
        process.join()
