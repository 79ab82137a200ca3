"""The spans of units in the comment as typed."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsmc.config.text import TextConfig
from nsmc.text.alignment import align, find_spans
from nsmc.text.normalize import normalize
from nsmc.text.rewriting import Span
from nsmc.text.tokenizer import Tokenizer, learn, make_tokenizer

LIMIT = 1000
MORPHEMES = make_tokenizer(TextConfig())
# Pieces of comments that normalization changes, drops, composes or takes apart.
WORDS = [*"한글이는없ㅏㅠaZ1.,!~<&'\"", "재밌다", "영화", "별로", "였음", "ㅋㅋ", "노잼", "-_-"]
SPACES = [*" \t\n\u3000\u00a0\u2028\x85\0\x1b\u3164", "  ", "\r\n"]
DROPPED = [*"\u200b\u200d\ufeff\u00ad\ufe0f\ufe01\ud800\udfff"]
PICTURES = ["👍", "👍🏽", "❤️", "👨‍👩‍👧", "🎬", "☺", "★", "♡"]
ACCENTED = ["e\u0301", "a\u0323\u0302", "A\u030a", "\u212b"]
MARKS = [*"\u0301\u0323\u20e3\u0345\u3099\u0f73\u1175\u11a8\u1100"]
GROWING = ["\u1e9b\u0323", "\u0958", "\ufb2c", "\U0001d15e", "\u0344"]


def comments(*pieces: str) -> st.SearchStrategy[str]:
    """Comments of some pieces; half of them decomposed."""
    text = st.lists(st.sampled_from(pieces), max_size=30).map("".join)
    return text | text.map(lambda text: unicodedata.normalize("NFD", text))


ORDINARY = [*WORDS, *SPACES, *DROPPED, *PICTURES, *ACCENTED]
ANY_COMMENT = comments(*ORDINARY, *MARKS, *GROWING) | st.text(st.characters(), max_size=12)


def check_order(text: str, spans: list[Span]) -> None:
    """Spans neither overlap nor reach beyond the text."""
    assert all(0 <= start <= end <= len(text) for start, end in spans), ascii(text)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans)), ascii(text)


def cut(text: str, limit: int = LIMIT) -> list[str]:
    """The text, as typed, of each of a comment's morphemes."""
    tokenizer = Tokenizer(TextConfig(max_characters=limit), MORPHEMES._segment)
    spans = tokenizer.spans(text)
    check_order(text, spans)
    assert len(spans) == len(tokenizer(text))
    return [text[start:end] for start, end in spans]


def align_pieces(text: str, pieces: list[str]) -> list[Span]:
    """The spans in a comment as typed of pieces of the normalized one."""
    return align(text, find_spans(normalize(text, LIMIT), pieces), LIMIT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("재밌다", ["재밌", "다"]),
        ("  재밌다\r\n영화 ", ["재밌", "다", "영화"]),
        ("재\u200b밌다\ufeff 영화", ["재\u200b밌", "다\ufeff", "영화"]),
        ("\ufeff영화", ["영화"]),
        (unicodedata.normalize("NFD", "영화 별로"), ["영화", "별로"]),
        ("한글 이", ["한글", "이"]),
        ("하\u200bᆫ글", ["하\u200bᆫ글"]),
        ("영화\ud800 별로", ["영화\ud800", "별로"]),
        ("영화❤\ufe0f 별로", ["영화", "❤\ufe0f", "별로"]),
        ("영화👍 별로", ["영화", "👍", "별로"]),
        ("영화\0별로", ["영화", "별로"]),
        ("영화\u3164별로", ["영화", "별로"]),
        ("", []),
        (" \u200b\n", []),
    ],
    ids=ascii,
)
def test_the_characters_of_each_morpheme(text: str, expected: list[str]) -> None:
    assert [unicodedata.normalize("NFC", piece) for piece in cut(text)] == [
        unicodedata.normalize("NFC", piece) for piece in expected
    ]


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_a_comment_too_long_is_aligned_as_far_as_it_is_read(limit: int) -> None:
    for text in ("영화 별로 " * 1000, "\u200b".join("영화별로" * 1000), "가\u3000" * 4000):
        for piece in cut(text, limit):
            assert normalize(piece, limit)


@given(comments(*WORDS * 3, *ORDINARY), st.sampled_from([7, LIMIT]))
@settings(max_examples=150)
def test_normalized_by_itself_each_piece_is_its_morpheme(text: str, limit: int) -> None:
    morphemes = MORPHEMES._segment(normalize(text, limit))
    # After a cut, what a decomposed letter lost may follow; here the last one is left out.
    exact = slice(None) if limit == LIMIT else slice(-1)
    assert [normalize(piece, LIMIT) for piece in cut(text, limit)][exact] == morphemes[exact]


@given(ANY_COMMENT)
@settings(max_examples=150)
def test_spans_of_any_code_points_fit_what_normalize_makes_of_them(text: str) -> None:
    cut(text)
    normalized = normalize(text, LIMIT)
    spans = align_pieces(text, normalized.split())
    check_order(text, spans)
    check_order(text, align_pieces(text, [*normalized.replace(" ", "")]))
    # Nothing legible is left over behind the last span.
    assert not normalize(text[spans[-1][1] if spans else 0 :], LIMIT)


def test_every_letter_is_detected_alone_and_behind_others() -> None:
    for letter in map(chr, range(0x3000)):
        for text in (letter, f"가{letter}", f"e{letter}나"):
            spans = align_pieces(text, normalize(text, LIMIT).split()) or [(0, 0)]
            assert not normalize(text[spans[-1][1] :], LIMIT), ascii(text)


def test_spans_of_letters_of_several_characters_and_empty_ones() -> None:
    text = unicodedata.normalize("NFD", "값 없다")
    assert align_pieces(text, ["값", "없", "다"]) == [(0, 3), (4, 7), (7, 9)]
    text = "가" + "\u0301\u0323" * 4000
    normalized = normalize(text, LIMIT)
    assert align_pieces(text, [normalized]) == [(0, LIMIT)]
    assert align_pieces(text, ["가", normalized[1:]]) == [(0, 1), (1, LIMIT)]
    spans = align(" 영화", [(0, 0), (1, 1), (1, 2), (2, 2)], LIMIT)
    assert spans == [(1, 1), (2, 2), (2, 3), (3, 3)]


def test_what_is_no_piece_of_the_text_is_refused() -> None:
    for pieces in (["별로"], ["영화", "영화"], [""], ["영화", "화"]):
        with pytest.raises(ValueError, match="is not at"):
            find_spans("영화", pieces)
    for span in ((0, 3), (-1, 1), (2, 1)):
        with pytest.raises(ValueError, match="beyond the 2 characters"):
            align("영화", [span], LIMIT)


LEARNT_FROM = ["재밌다 영화 별로 였음 ㅋㅋ 한글 이는 없 노잼", "a Z 1 9 . , 👍 ★"] * 3
OTHER_UNITS = {
    unit: make_tokenizer(config, learn(config, LEARNT_FROM))
    for unit in ("syllable", "jamo", "bpe")
    for config in [TextConfig(unit=unit, bpe_size=300)]
}


@pytest.mark.parametrize("unit", OTHER_UNITS)
@given(text=ANY_COMMENT, limit=st.sampled_from([7, LIMIT]))
@settings(max_examples=100)
def test_the_span_of_every_unit_holds_its_characters(unit: str, text: str, limit: int) -> None:
    segmenter = OTHER_UNITS[unit]._segment
    tokenizer = Tokenizer(TextConfig(max_characters=limit), segmenter)
    normalized, units = normalize(text, limit), tokenizer(text)
    spans = segmenter.spans(normalized)
    assert len(spans) == len(units)
    # Cut to its span, the normalized comment gives the unit again; a letter gives its syllable.
    for cut_unit, (start, end) in zip(units, spans, strict=True):
        piece = normalized[start:end]
        if unit == "jamo":
            assert cut_unit in segmenter(piece)
        elif unit == "syllable":
            assert [cut_unit] == segmenter(piece)
        else:
            mark = piece != " " and cut_unit.startswith("▁")
            assert cut_unit == "▁" * mark + piece.replace(" ", "▁")
    # Every character belongs to a unit, except the spaces that begin a piece.
    covered = "".join(normalized[start:end] for start, end in dict.fromkeys(spans))
    assert covered.replace(" ", "") == normalized.replace(" ", "")
    check_order(text, sorted(set(tokenizer.spans(text))))
    assert tokenizer.spans(text) == align(text, spans, limit)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("syllable", ["재\u200b", "밌", " ", "👍🏽", "1\ufe0f\u20e3", "\t", "값"]),
        ("jamo", ["재\u200b"] * 2 + ["밌"] * 3 + [" ", "👍🏽", "1\ufe0f\u20e3", "\t"] + ["값"] * 3),
        ("bpe", ["재\u200b밌", "👍🏽1\ufe0f\u20e3", "값"]),
    ],
)
def test_units_of_an_odd_comment(unit: str, expected: list[str]) -> None:
    config = OTHER_UNITS[unit].config
    tokenizer = make_tokenizer(config, learn(config, ["재밌 👍🏽1\u20e3 값"] * 3))
    odd = "\ufeff 재\u200b밌  \n👍🏽1\ufe0f\u20e3\t " + unicodedata.normalize("NFD", "값")
    pieces = [unicodedata.normalize("NFC", odd[a:b]) for a, b in tokenizer.spans(odd)]
    assert pieces == expected
