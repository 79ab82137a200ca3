"""Noisy comments differ as their kind of noise says, and in no other way."""

import re
import unicodedata
from pathlib import Path
from random import Random

import pytest

from nsmc.data.reviews import read_reviews
from nsmc.errors import NsmcError
from nsmc.text import noise

COMMENT = "이 영화 정말 재밌다 ㅋㅋ 10점!"


@pytest.fixture(scope="module")
def comments(sample: Path) -> list[str]:
    return read_reviews(sample / "ratings_train.txt").texts


@pytest.mark.parametrize(
    ("kind", "comment", "rough"),
    [
        ("no-spaces", COMMENT, "이영화정말재밌다ㅋㅋ10점!"),
        ("no-spaces", "  둘\t셋 ", "둘셋"),
        ("half-spaces", COMMENT, "이영화 정말재밌다 ㅋㅋ10점!"),
        ("half-spaces", "하나", "하나"),
        ("half-spaces", "하나  둘 셋", "하나둘 셋"),
        ("half-spaces", " ", ""),
        ("typos", COMMENT, "아 양화 정막 제밌다 ㅋㅋ 10덤!"),
        ("typos", "ㅋㅋ good 10 !", "ㅋㅋ good 10 !"),
        ("typos", "", ""),
        ("repeats", COMMENT, "이이이 영화 정말 재밌다 ㅋㅋ 10점!"),
        ("repeats", "재밌다", "재밌다아아"),
        ("repeats", "꼭 봐", "꼭 봐아아"),
        ("repeats", "ㅋㅋ", "ㅋㅋㅋㅋㅋ"),
        ("repeats", "완전 좋음", "완전 좋음"),
        ("repeats", "10", "10"),
        ("no-emoji", "최고 👍🏽👨‍👩‍👧 강추❤️", "최고 강추"),
        ("no-emoji", "대한민국🇰🇷 1️⃣위", "대한민국 위"),
        ("no-emoji", "좋아요♥♡ ★★☆ ^^ ㅎㅎ", "좋아요 ★★☆ ^^ ㅎㅎ"),
        ("no-emoji", "별★\ufe0f", "별★"),
        ("no-emoji", "사이  둘", "사이  둘"),
        ("no-emoji", "😂 😂", "😂 😂"),
    ],
    ids=ascii,
)
def test_noisy_comments(kind: str, comment: str, rough: str) -> None:
    assert noise.perturb(comment, kind, seed=1) == rough


@pytest.mark.parametrize("kind", noise.KINDS)
def test_the_seed_decides(kind: str, comments: list[str]) -> None:
    def perturb_all(seed: int) -> list[str]:
        return [noise.perturb(text, kind, seed) for text in comments]

    assert perturb_all(1) == perturb_all(1) != comments
    assert (perturb_all(1) != perturb_all(2)) == (kind in ("typos", "repeats"))


def test_every_eojeol_gets_one_wrong_letter(comments: list[str]) -> None:
    for seed, comment in enumerate(comments):
        rough = noise.perturb(comment, "typos", seed)
        assert len(rough) == len(comment)
        for word, wrong in zip(comment.split(), rough.split(), strict=True):
            pairs = [(a, b) for a, b in zip(word, wrong, strict=True) if a != b]
            if not re.search("[가-힣]", word):
                assert not pairs
                continue
            [(right, typed)] = pairs
            assert "가" <= typed <= "힣"
            before, after = (unicodedata.normalize("NFD", one) for one in (right, typed))
            assert len(before) == len(after)
            assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize(
    ("syllable", "may_become"),
    [
        ("가", "다 사 아 라 갸 개 거 기 그"),
        ("까", "가 따 싸 아 라 꺄 깨 꺼 끼 끄"),
        ("과", "돠 솨 와 롸 고 가 괘 괴"),
        ("에", "데 게 네 레 테 체 애 이"),
        ("하", "사 라 파 햐 해 허 히 흐"),
        # ㄹ and ㄱ as the final: one is left out, or ㅅ is typed for ㄱ.
        ("읽", "딝 긹 닑 릵 틹 칡 앍 앩 엙 일 익 잀"),
    ],
)
def test_the_syllables_that_one_wrong_key_makes(syllable: str, may_become: str) -> None:
    rng = Random(0)
    typed = {noise.add_typos(syllable, rng) for _ in range(1000)}
    assert typed == set(may_become.split())


def test_only_what_is_typed_again_is_added(comments: list[str]) -> None:
    drawn_out = 0
    for seed, comment in enumerate(comments):
        rough = noise.perturb(comment, "repeats", seed)
        characters = iter(rough)
        assert all(character in characters for character in comment)  # in the comment's order
        added = len(rough) - len(comment)
        assert added == 0 or 2 <= added <= 10
        drawn_out += added > 0
    assert drawn_out > len(comments) / 2


def test_a_kind_that_is_not_there() -> None:
    with pytest.raises(NsmcError, match=r"expected one of no-spaces, .* found 'rain'"):
        noise.perturb(COMMENT, "rain", 1)
