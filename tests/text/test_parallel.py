"""Several processes cut comments as one does, in its order; tests/test_workers.py has the rest."""

import itertools
import multiprocessing

import pytest

from nsmc.config.text import TextConfig
from nsmc.text.parallel import tokenize_chunks
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


def test_two_workers_give_what_one_process_does_in_order() -> None:
    alone = list(tokenize_chunks(chunks(), TOKENIZER, 1))
    assert [len(chunk) for chunk in alone] == list(SIZES)
    assert alone[0][0][:2] == ["0", "번"]
    assert list(tokenize_chunks(iter(chunks()), TOKENIZER, 2)) == alone
    assert not multiprocessing.active_children()


def test_workers_cut_as_the_tokenizer_given() -> None:
    short = make_tokenizer(TextConfig(max_characters=3))
    text = "재밌다 그리고 길다"
    assert short(text) != TOKENIZER(text)
    assert list(tokenize_chunks([[text]] * 3, short, 2)) == [[short(text)]] * 3


def test_one_process_reads_no_further_than_it_gives() -> None:
    source = iter([["재밌다"], ["노잼"]])
    results = tokenize_chunks(source, TOKENIZER, 1)
    assert next(results) == [["재밌", "다"]]
    assert next(source) == ["노잼"]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_no_string_is_told_by_its_type(workers: int) -> None:
    with pytest.raises(TypeError, match="expected a comment as str, found float"):
        list(tokenize_chunks([["재밌다", 1.5]], TOKENIZER, workers))  # type: ignore[list-item]
