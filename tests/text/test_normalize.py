"""The normalized form of comments."""

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nsmc.text.normalize import normalize

LIMIT = 1000
PIECES = ["&", "amp;", "#38;", "quot;", "<", "br", "b", ">", *"ㅈㅐㅗㅏㅋㅠㅂㅅ재"]
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
    (0, 0x10FFFF),
)
TEXTS = st.text(st.sampled_from(RANGES).flatmap(lambda ends: st.integers(*ends)).map(chr))


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
        ("½점 ① ﷺ", "½점 ① ﷺ"),
        ("❤\ufe0f", "❤"),
        ("\u3164", ""),
        ("\u115f\u1160", ""),
        ("\uffa0", ""),
        # Conjoining ㄱ and ㅏ with a zero-width space between.
        ("\u1100\u200b\u1161", "가"),
        ("“꿀잼” ‘꿀잼’ 「꿀잼」 『꿀잼』", '"꿀잼" \'꿀잼\' "꿀잼" "꿀잼"'),
        ("１０점！ ＧＯＯＤ Good 𝐆𝐨𝐨𝐝 ﾤﾤ", "10점! good good good ㄴㄴ"),
        ("재\u2800밌\ufffd다", "재 밌 다"),
        ("하–하—하−하‑하", "하-하-하-하-하"),
        ("음… 음⋯ 음‥ 뭐⁉", "음... 음... 음.. 뭐!?"),
        ("İ K Å", "i̇ k å"),
        ("음&hellip; &hearts; &#39;굿&#x27; &QUOT;굿&quot;", "음... ♥ '굿' \"굿\""),
        ("&amp;lt;br&amp;gt;재밌다&nbsp;굿 &nonsense; R&D; &#0; &", "재밌다 굿 &nonsense; r&d; &"),
        ("재밌다<br />굿<BR>_x000D_<b>재밌</b>다 <괴물> 1<2", "재밌다 굿 재밌다 <괴물> 1<2"),
        ("ㅈㅐㅁㅣㅆㄷㅏ ㅇㅗㅏㄴㅈㅓㄴ ㅇㅓㅂㅅㄷㅏ", "재밌다 완전 없다"),
        ("ㅋㅋㅈㅐㅁㅣㅆㄷㅏㅋㅋ ㄱㅏㅈㅏㄱㄱ ㅈㅗㅎㅇㅏㅎㅎ", "ㅋㅋ재밌다ㅋㅋ 가자ㄱㄱ 좋아ㅎㅎ"),
        ("ㄱㅐ노잼 재밌ㄷㅏ", "개노잼 재밌다"),
        (
            "ㅋㅠㅋㅠ ㅎㅏㅎㅏ ㅇㅡㅇ 굿ㅇㅅㅇ ㅜㅜ ㅇㅏ",
            "ㅋㅠㅋㅠ ㅎㅏㅎㅏ ㅇㅡㅇ 굿ㅇㅅㅇ ㅜㅜ ㅇㅏ",
        ),
        ("ᄏᄏ ᅲᅲ ᄒᆞᆫ글", "ㅋㅋ ㅠㅠ ᄒᆞᆫ글"),
    ],
)
def test_normalized_comments(text: str, expected: str) -> None:
    assert normalize(text, LIMIT) == expected


@given(TEXTS)
@example("정말 재밌었어요 닭볶음탕 값 없읎")
@example("뷁뛟 ㄳ ㅋㅋ café 좋다")
def test_decomposed_input_gives_the_composed_form(text: str) -> None:
    composed = normalize(text, LIMIT)
    assert normalize(unicodedata.normalize("NFD", composed), LIMIT) == composed


@pytest.mark.parametrize("first, last", [(0x3131, 0x3163), (0xAC00, 0xD7A3)])
def test_compatibility_jamo_and_syllables_stay_as_they_are(first: int, last: int) -> None:
    letters = "".join(map(chr, range(first, last + 1)))
    assert normalize(letters, len(letters)) == letters


@given(TEXTS, st.sampled_from([1, 5, LIMIT]))
@settings(max_examples=150)
def test_a_normalized_text_is_clean_and_stays_as_it_is(text: str, limit: int) -> None:
    result = normalize(text, limit)
    assert normalize(result, limit) == result
    assert len(result) <= limit
    # Nothing is left that Mecab stumbles over.
    categories = {unicodedata.category(c) for c in result if c != " "}
    assert not categories & {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", result)
    assert result == result.strip()
    assert "  " not in result
    result.encode("utf-8")


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=150)
def test_markup_and_letters_leave_nothing_to_replace(text: str) -> None:
    assert normalize(result := normalize(text, LIMIT), LIMIT) == result


def test_markup_in_markup_costs_no_time() -> None:
    start = time.process_time()
    assert not normalize("<b" * 500 + "r>" * 500, LIMIT)
    assert normalize("&" + "amp;" * 990 + "lt;", LIMIT) == "<"
    assert time.process_time() - start < 0.5


@given(st.text("aZ 1.~가힣뷁ㅋㅎㅏㅣ\n"))
def test_plain_comments_are_normalized_as_others_are(text: str) -> None:
    # A zero-width space is dropped, but a text with one is not taken for plain.
    assert normalize(text, LIMIT) == normalize(text + "\u200b", LIMIT)


def test_the_cut_counts_what_mecab_gets() -> None:
    assert {normalize(text, 3) for text in ("가나다라", "   가나다", "가나다")} == {"가나다"}
    assert normalize("가 나", 2) == "가"
    text = "각난닫랄" * 100
    assert normalize(unicodedata.normalize("NFD", text), 300) == text[:300]


@pytest.mark.parametrize("unit", ["가", " ", "\x00", "\u200b", "\u2028", "e\u0301", "\ud800", "😀"])
def test_a_megabyte_costs_no_time(unit: str) -> None:
    text = unit * 1_000_000
    start = time.process_time()
    assert len(normalize(text, LIMIT)) <= LIMIT
    assert time.process_time() - start < 0.5
