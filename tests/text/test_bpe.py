"""Pieces are learnt from comments, the same from the same, and lose nothing of a comment."""

import hashlib
import os
import random
import subprocess
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest

from nsmc.config.text import TextConfig
from nsmc.errors import DataError, NsmcError
from nsmc.pipeline.chunks import map_comments
from nsmc.pipeline.classify import cut
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


@pytest.fixture(scope="module")
def learned() -> bytes:
    found = learn(CONFIG, COMMENTS)
    assert found is not None
    return found


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
        # Never seen: as it stands, neighbours together.
        ("정말 뷁꿹 영화", "▁정말 ▁ 뷁꿹 ▁영화"),
    ],
    ids=ascii,
)
def test_comments_and_their_pieces(tokenizer: Tokenizer, comment: str, pieces: str) -> None:
    assert tokenizer(comment) == pieces.split()


def test_pieces_joined_are_the_comment_whatever_is_in_it(tokenizer: Tokenizer) -> None:
    source = random.Random(6)
    for _ in range(3000):
        ends = (0x500, 0x3200, 0x10000, sys.maxunicode)
        odd = "".join(chr(source.randrange(source.choice(ends))) for _ in range(8))
        text = normalize(f"{source.choice(COMMENTS)}{odd} {source.choice(COMMENTS)}", 1000)
        pieces = tokenizer(text)
        assert "".join(pieces) == f"▁{text}".replace(" ", "▁")
        if "▁" not in text:
            assert tokenizer.join(pieces) == text


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
    here = learn_bpe(SAMPLE.read_text(encoding="utf-8").split("\n"), 1000)
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest()
    # What a person would look for in the log isn't written over their terminal.
    assert done.stderr == ""


def test_as_many_pieces_as_asked_for_and_no_more_than_there_are() -> None:
    texts = SAMPLE.read_text(encoding="utf-8").split("\n")
    count = {}
    for size in (1000, 2000, 1_000_000):
        model = Pieces(learn_bpe(texts, size))
        count[size] = model._model.vocab_size()
    assert count[1000] == 1000
    assert count[2000] == 2000
    assert 2000 < count[1_000_000] < 20_000


def test_fewer_pieces_than_the_characters_take_is_an_error_that_says_how_many() -> None:
    texts = SAMPLE.read_text(encoding="utf-8").split("\n")
    with pytest.raises(
        NsmcError, match=r"expected at least \d+, for the char.*found 100\."
    ) as caught:
        learn_bpe(texts, 100)
    least = int(str(caught.value).split("at least ")[1].split(",")[0])
    assert Pieces(learn_bpe(texts, least))("재밌다")
    with pytest.raises(NsmcError, match=f"expected at least {least}, "):
        learn_bpe(texts, least - 1)


def test_more_pieces_make_comments_shorter() -> None:
    texts = SAMPLE.read_text(encoding="utf-8").split("\n")
    few, many = (Pieces(learn_bpe(texts, size)) for size in (1000, 4000))
    assert sum(len(many(t)) for t in texts) < 0.8 * sum(len(few(t)) for t in texts)


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


def test_the_identity_tells_what_was_learnt_and_by_what(learned: bytes) -> None:
    assert make_tokenizer(CONFIG, learned).identity() == {
        "unit": "bpe",
        "bpe_size": "100",
        "max_characters": "1000",
        "normalizer": "1",
        "pieces": hashlib.sha256(learned).hexdigest(),
        "library": f"sentencepiece {version('sentencepiece')}",
    }
    other = learn_bpe([*COMMENTS, "노잼"], 100)
    assert make_tokenizer(CONFIG, other).identity() != make_tokenizer(CONFIG, learned).identity()


def test_worker_processes_know_what_was_learnt(tokenizer: Tokenizer, learned: bytes) -> None:
    assert tokenizer.learned == learned
    chunks = [COMMENTS[:3], COMMENTS[3:]]
    found = list(map_comments(chunks, partial(cut, tokenizer), workers=2))
    assert found == [[tokenizer(text) for text in chunk] for chunk in chunks]
    assert found[0][0] == ["▁정말", "▁재밌다"]


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
