"""Pieces learnt from comments: the same from the same comments, as many as asked for."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nsmc.config.text import TextConfig
from nsmc.errors import DataError, NsmcError
from nsmc.text.bpe import Pieces, learn_bpe
from nsmc.text.normalize import normalize
from nsmc.text.tokenizer import Tokenizer, learn, make_tokenizer

COMMENTS = [
    "정말 재밌다",
    "정말 재밌는 영화",
    "재밌다 재밌어 ㅋㅋㅋㅋ",
    "정말 지루하다 ㅠㅠ",
    "돈이 아까운 영화",
    "",
    "영화 정말 좋았다 👍",
]
CONFIG = TextConfig(unit="bpe", bpe_size=100)
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "ratings_train.txt"
SAMPLE_TEXTS = SAMPLE.read_text(encoding="utf-8").split("\n")


@pytest.fixture(scope="module")
def learned() -> bytes:
    model = learn(CONFIG, COMMENTS)
    assert model is not None
    return model


@pytest.fixture(scope="module")
def tokenizer(learned: bytes) -> Tokenizer:
    return make_tokenizer(CONFIG, learned)


@pytest.mark.parametrize(
    ("comment", "pieces"),
    [
        ("", ""),
        (" \u2028 ", ""),
        ("정말 재밌다", "▁정말 ▁재밌다"),
        ("재밌다정말", "▁재밌다 정말"),
        ("정말  영화ㅋㅋ", "▁정말 ▁영화 ㅋㅋ"),
        # Unknown characters: a run of them is one piece.
        ("정말 뷁꿹 영화", "▁정말 ▁ 뷁꿹 ▁영화"),
    ],
    ids=ascii,
)
def test_comments_and_their_pieces(tokenizer: Tokenizer, comment: str, pieces: str) -> None:
    assert tokenizer(comment) == pieces.split()


def test_the_same_comments_teach_another_process_the_same() -> None:
    program = (
        "import hashlib, sys; from nsmc.text.bpe import learn_bpe\n"
        "texts = open(sys.argv[1], encoding='utf-8').read().split('\\n')\n"
        "print(hashlib.sha256(learn_bpe(texts, 1000)).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(SAMPLE)],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == hashlib.sha256(learn_bpe(SAMPLE_TEXTS, 1000)).hexdigest()
    # SentencePiece's log isn't written over a user's terminal.
    assert done.stderr == ""


def test_as_many_pieces_as_asked_for_and_no_more_than_there_are() -> None:
    learnt = [Pieces(learn_bpe(SAMPLE_TEXTS, size)) for size in (1000, 4000, 1_000_000)]
    few, more, all_ = (pieces._model.vocab_size() for pieces in learnt)
    assert (few, more) == (1000, 4000)
    assert 4000 < all_ < 20_000
    lengths = [sum(len(pieces(text)) for text in SAMPLE_TEXTS) for pieces in learnt]
    assert lengths[1] < 0.8 * lengths[0]


def test_fewer_pieces_than_the_characters_take_is_an_error_that_says_how_many() -> None:
    with pytest.raises(
        NsmcError, match=r"expected at least \d+, for the char.*found 100\."
    ) as caught:
        learn_bpe(SAMPLE_TEXTS, 100)
    least = int(str(caught.value).split("at least ")[1].split(",")[0])
    assert Pieces(learn_bpe(SAMPLE_TEXTS, least))("재밌다")
    with pytest.raises(NsmcError, match=f"expected at least {least}, "):
        learn_bpe(SAMPLE_TEXTS, least - 1)


@pytest.mark.parametrize("texts", [[], [""], ["\u2585"]])
def test_without_comments_there_is_nothing_to_learn(texts: list[str]) -> None:
    with pytest.raises(DataError, match="expected comments to learn pieces from"):
        learn_bpe(texts, 100)


def test_the_sign_that_sentencepiece_keeps_for_itself_is_a_character_like_any() -> None:
    tokenizer = make_tokenizer(CONFIG, learn_bpe(["재밌다 \u2585 재밌다", "재밌다"], 100))
    assert tokenizer("재밌다 \u2585") == ["▁재밌다", "▁", "\u2585"]


@pytest.mark.parametrize("texts", [["ㅋ"], ["가"], ["▁"], ["가" * 1000] * 2, ["가나 " * 300]])
def test_the_least_that_can_be_learnt_from(texts: list[str]) -> None:
    tokenizer = make_tokenizer(CONFIG, learn(CONFIG, texts))
    assert tokenizer.join(tokenizer(texts[0])) == normalize(texts[0], 1000).replace("▁", " ")


def test_a_comment_longer_than_sentencepiece_expects_is_learnt_from() -> None:
    config = TextConfig(unit="bpe", bpe_size=100, max_characters=10_000)
    tokenizer = make_tokenizer(config, learn(config, ["재밌다 " * 2500]))
    assert tokenizer("재밌다") == ["▁재밌다"]


@pytest.mark.parametrize("damaged", [b"", b"no model", b"\x00" * 100])
def test_what_isn_t_a_model_is_refused(damaged: bytes) -> None:
    with pytest.raises(NsmcError, match="the pieces that this model was trained with can't be"):
        make_tokenizer(CONFIG, damaged)


def test_pieces_are_never_forgotten_silently() -> None:
    with pytest.raises(ValueError, match="asked for without what it has learnt"):
        make_tokenizer(CONFIG)


def test_a_missing_sentencepiece_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, learned: bytes
) -> None:
    # None there is Python's own way to say that a module can't be imported.
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    for attempt in (lambda: make_tokenizer(CONFIG, learned), lambda: learn(CONFIG, COMMENTS)):
        with pytest.raises(NsmcError, match=r"pip install sentencepiece; text\.unit = 'syllable'"):
            attempt()
