"""Every comment has one form, reached in one step and kept from then on."""

import random
import time
import unicodedata

import pytest

from nsmc.text.normalize import normalize

LIMIT = 1000
RANGES = (
    (0x0000, 0x00FF),  # ASCII and Latin-1 with their control characters, U+0085 and U+00AD
    (0x0300, 0x036F),  # combining marks
    (0x0900, 0x097F),  # Devanagari, some of which NFC takes apart
    (0x1100, 0x11FF),  # conjoining jamo
    (0x2000, 0x206F),  # spaces, zero-width and bidi characters, U+2028
    (0x3000, 0x318F),  # ideographic space, compatibility jamo
    (0xAC00, 0xD7FF),  # syllables, old jamo
    (0xD800, 0xDFFF),  # surrogates
    (0xF900, 0xFFFF),  # what normalizes away, variation selectors, half-width forms
    (0x1D15E, 0x1D164),  # musical symbols, whose NFC is two or three characters
    (0x1F300, 0x1FAFF),  # emoji
    (0xE0000, 0xE007F),  # tags
    (0x10FF00, 0x10FFFF),  # the last, never assigned
)


def random_texts(count: int) -> list[str]:
    source = random.Random(20240607)
    return [
        "".join(
            chr(source.randint(*source.choice(RANGES)))
            for _ in range(source.randint(0, LIMIT // 4))
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("재밌다", "재밌다"),
        ("  재밌다 \t\r\n 진짜\f로 ", "재밌다 진짜 로"),
        ("한\u00a0칸\u3000두\u2003칸", "한 칸 두 칸"),
        ("앞\u2028뒤\u2029끝\x85", "앞 뒤 끝"),
        ("재밌다\x00지루하다", "재밌다 지루하다"),
        ("\x1b[31m빨강\x7f\x9f", "[31m빨강"),
        ("재\u200b밌\u2060다\ufeff", "재밌다"),
        ("\u202e거꾸로\u202c", "거꾸로"),
        ("재\ud800밌\udfff다", "재밌다"),
        ("\udc80", ""),
        ("\u200b \x00 \u2028", ""),
        ("👨\u200d👩\u200d👧 👍🏽", "👨👩👧 👍🏽"),
        ("ㅋㅋㅋ ㅠㅠ ㅡㅡ", "ㅋㅋㅋ ㅠㅠ ㅡㅡ"),
        ("cafe\u0301", "café"),
        ("½점 ① ﷺ Ａ", "½점 ① ﷺ Ａ"),
    ],
)
def test_the_one_form(text: str, expected: str) -> None:
    assert normalize(text, LIMIT) == expected


@pytest.mark.parametrize(
    "text", ["정말 재밌었어요", "닭볶음탕 값 없읎", "뷁뛟 ㄳ ㅋㅋ", "café 좋다"]
)
def test_decomposed_input_gives_the_composed_form(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert normalize(decomposed, LIMIT) == normalize(text, LIMIT) == text


def test_what_a_dropped_character_kept_apart_is_composed() -> None:
    # ㄱ and ㅏ as conjoining jamo, a zero-width space between.
    assert normalize("\u1100\u200b\u1161", LIMIT) == "가"


def test_compatibility_jamo_stay_as_they_were_typed() -> None:
    jamo = "".join(map(chr, range(0x3131, 0x3164)))
    assert normalize(jamo, LIMIT) == jamo
    assert unicodedata.normalize("NFKC", jamo) != jamo


def test_every_syllable_stays_as_it_is() -> None:
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))
    assert normalize(syllables, len(syllables)) == syllables


def test_once_normalized_nothing_changes() -> None:
    texts = random_texts(3000)
    assert len(set(texts)) > 2900
    for text in texts:
        once = normalize(text, LIMIT)
        assert normalize(once, LIMIT) == once, ascii(text)


def test_nothing_is_left_that_mecab_stumbles_over() -> None:
    for text in random_texts(3000):
        result = normalize(text, LIMIT)
        found = {unicodedata.category(c) for c in result if c != " "}
        assert not found & {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}, ascii(text)
        assert unicodedata.is_normalized("NFC", result), ascii(text)
        assert result == result.strip()
        assert "  " not in result
        result.encode("utf-8")


def test_the_quick_way_for_plain_comments_gives_what_the_long_one_does() -> None:
    plain = [chr(p) for p in (*range(0x20, 0x7F), *range(0xAC00, 0xAD00), *range(0x3131, 0x3164))]
    source = random.Random(7)
    for _ in range(300):
        text = "".join(source.choices(plain, k=40))
        # A zero-width space is dropped, but not before it has led off the quick way.
        assert normalize(text, LIMIT) == normalize(text + "\u200b", LIMIT)


def test_the_cut_counts_what_mecab_gets() -> None:
    assert normalize("가나다라", 3) == "가나다"
    assert normalize("   가나다", 3) == "가나다"
    assert normalize("가나다", 3) == "가나다"
    assert normalize("가 나", 2) == "가"
    text = "각난닫랄" * 100
    assert normalize(unicodedata.normalize("NFD", text), 300) == text[:300]


@pytest.mark.parametrize("blank", ["\u3164", "\u115f\u1160", "\uffa0", "\ufe0f", "\u200b"])
def test_what_looks_like_nothing_is_nothing(blank: str) -> None:
    assert normalize(blank, LIMIT) == ""


def test_a_variation_selector_leaves_its_symbol() -> None:
    assert normalize("❤\ufe0f", LIMIT) == "❤"


@pytest.mark.parametrize("unit", ["가", " ", "\x00", "\u200b", "\u2028", "e\u0301", "\ud800", "😀"])
def test_a_megabyte_costs_no_time(unit: str) -> None:
    text = unit * 1_000_000
    start = time.perf_counter()
    assert len(normalize(text, LIMIT)) <= LIMIT
    assert time.perf_counter() - start < 0.1
