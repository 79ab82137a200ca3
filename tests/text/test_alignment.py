"""Every unit is found again in the comment as it was typed."""

import random
import unicodedata

import pytest

from nsmc.config.text import TextConfig
from nsmc.text.alignment import Span, align, find_spans
from nsmc.text.normalize import normalize
from nsmc.text.tokenizer import Tokenizer, learn, make_tokenizer

LIMIT = 1000
HANGUL = [
    "재밌다",
    "영화",
    "별로",
    "였음",
    "ㅋㅋ",
    "ㅠ",
    "한",
    "글",
    "이",
    "는",
    "없",
    "노잼",
    "ㅏ",
]
PLAIN = ["a", "Z", "1", "9", ".", ",", "!", "?", "~", "<", "&", "'", '"', "-_-"]
SPACES = [
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\u3000",
    "\u00a0",
    "\u2028",
    "\x85",
    "\0",
    "\x1b",
    "\u3164",
]
DROPPED = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\ufe0f", "\ufe01", "\ud800", "\udfff"]
PICTURES = ["👍", "👍🏽", "❤️", "👨‍👩‍👧", "🎬", "☺", "★", "♡"]
ACCENTED = ["e\u0301", "a\u0323\u0302", "A\u030a", "\u212b"]
MARKS = ["\u0301", "\u0323", "\u20e3", "\u0345", "\u3099", "\u0f73", "\u1175", "\u11a8", "\u1100"]
GROWING = ["\u1e9b\u0323", "\u0958", "\ufb2c", "\U0001d15e", "\u0344"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return make_tokenizer(TextConfig())


def pieces(text: str, tokenizer: Tokenizer, limit: int = LIMIT) -> list[str]:
    """What stands in a comment for each of its morphemes."""
    cut = Tokenizer(TextConfig(max_characters=limit), tokenizer._segment)
    spans = cut.spans(text)
    in_order(text, spans)
    assert len(spans) == len(cut(text))
    return [text[start:end] for start, end in spans]


def found_in(text: str, pieces: list[str]) -> list[Span]:
    """Where pieces of the normalized comment stand in it as typed."""
    return align(text, find_spans(normalize(text, LIMIT), pieces), LIMIT)


def in_order(text: str, spans: list[Span]) -> None:
    flat = [place for span in spans for place in span]
    assert flat == sorted(flat)
    assert not flat or (flat[0] >= 0 and flat[-1] <= len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("재밌다", ["재밌", "다"]),
        ("  재밌다\r\n영화 ", ["재밌", "다", "영화"]),
        ("재\u200b밌다\ufeff 영화", ["재\u200b밌", "다\ufeff", "영화"]),
        ("\ufeff영화", ["영화"]),
        (unicodedata.normalize("NFD", "영화 별로"), ["영화", "별로"]),
        ("한글 이", ["한글", "이"]),
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
def test_the_characters_of_each_morpheme(
    text: str, expected: list[str], tokenizer: Tokenizer
) -> None:
    found = pieces(text, tokenizer)
    assert [unicodedata.normalize("NFC", piece) for piece in found] == [
        unicodedata.normalize("NFC", piece) for piece in expected
    ]


def test_decomposed_hangul_is_covered_to_its_last_letter() -> None:
    text = unicodedata.normalize("NFD", "값 없다")
    assert len(text) == 3 + 1 + 3 + 2
    assert found_in(text, ["값", "없", "다"]) == [(0, 3), (4, 7), (7, 9)]


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_a_comment_too_long_is_explained_as_far_as_it_is_read(
    limit: int, tokenizer: Tokenizer
) -> None:
    for text in ("영화 별로 " * 1000, "\u200b".join("영화별로" * 1000), "가\u3000" * 4000):
        for piece in pieces(text, tokenizer, limit):
            assert normalize(piece, limit)


def mixed(generator: random.Random, alphabet: list[str]) -> str:
    """A random comment; some come decomposed."""
    text = "".join(generator.choices(alphabet, k=generator.randrange(30)))
    return unicodedata.normalize("NFD", text) if generator.random() < 0.3 else text


def test_normalized_by_itself_each_piece_is_its_morpheme(tokenizer: Tokenizer) -> None:
    generator = random.Random(1)
    alphabet = HANGUL * 4 + PLAIN + SPACES * 2 + DROPPED + PICTURES + ACCENTED
    for _ in range(3000):
        text, limit = mixed(generator, alphabet), generator.choice((7, LIMIT))
        morphemes = tokenizer._segment(normalize(text, limit))
        found = pieces(text, tokenizer, limit)
        # Behind a cut, what a decomposed letter lost may follow; here the last one is left out.
        exact = slice(None) if limit == LIMIT else slice(-1)
        assert [normalize(p, LIMIT) for p in found][exact] == morphemes[exact], ascii(text)


def test_marks_that_stand_alone_keep_spans_in_order(tokenizer: Tokenizer) -> None:
    generator = random.Random(2)
    alphabet = HANGUL + PLAIN + SPACES + DROPPED + ACCENTED + MARKS * 3 + GROWING
    for _ in range(2000):
        text = mixed(generator, alphabet)
        pieces(text, tokenizer)
        # The whole text and each of its letters fit what `normalize` makes of it.
        normalized = normalize(text, LIMIT)
        in_order(text, found_in(text, normalized.split()))
        in_order(text, found_in(text, [*normalized.replace(" ", "")]))


def test_any_code_points_fit_what_normalize_makes_of_them() -> None:
    generator = random.Random(3)
    for _ in range(2000):
        points = [generator.randrange(0x110000) for _ in range(generator.randrange(1, 8))]
        low = [generator.randrange(0x3200) for _ in range(generator.randrange(12))]
        text = "".join(map(chr, points + low))
        words = normalize(text, LIMIT).split(" ") if normalize(text, LIMIT) else []
        in_order(text, found_in(text, words))


def test_every_letter_alone_is_found(tokenizer: Tokenizer) -> None:
    for point in range(0x3000):
        letter = chr(point)
        for text in (letter, f"가{letter}", f"e{letter}나"):
            normalized = normalize(text, LIMIT)
            (*_, (_, end)) = found_in(text, normalized.split()) or [(0, len(text))]
            # Nothing legible is left over behind the last span.
            assert not normalize(text[end:], LIMIT), ascii(text)


def test_a_long_run_of_marks_is_one_letter_s() -> None:
    text = "가" + "\u0301\u0323" * 4000
    normalized = normalize(text, LIMIT)
    assert found_in(text, [normalized]) == [(0, LIMIT)]
    assert found_in(text, ["가", normalized[1:]]) == [(0, 1), (1, LIMIT)]


@pytest.mark.parametrize("pieces", [["별로"], ["영화", "영화"], [""], ["영화", "화"]])
def test_what_is_no_piece_of_the_text_is_refused(pieces: list[str]) -> None:
    with pytest.raises(ValueError, match="is not at"):
        find_spans("영화", pieces)


@pytest.mark.parametrize("span", [(0, 3), (-1, 1), (2, 1)])
def test_a_span_beyond_the_comment_is_refused(span: Span) -> None:
    with pytest.raises(ValueError, match="beyond the 2 characters"):
        align("영화", [span], LIMIT)


def test_an_empty_span_stays_where_it_is() -> None:
    assert align(" 영화", [(0, 0), (1, 1), (1, 2), (2, 2)], LIMIT) == [
        (1, 1),
        (2, 2),
        (2, 3),
        (3, 3),
    ]


OTHER_UNITS = [TextConfig(unit=unit, bpe_size=300) for unit in ("syllable", "jamo", "bpe")]


@pytest.mark.parametrize("config", OTHER_UNITS, ids=lambda config: config.unit)
def test_every_unit_stands_where_its_characters_do(config: TextConfig) -> None:
    generator = random.Random(4)
    alphabet = HANGUL * 4 + PLAIN + SPACES * 2 + DROPPED + PICTURES + ACCENTED + MARKS + GROWING
    learnt = ["재밌다 영화 별로 였음 ㅋㅋ 한글 이는 없 노잼", "a Z 1 9 . , 👍 ★"] * 3
    whole = make_tokenizer(config, learn(config, learnt))
    for _ in range(1500):
        text, limit = mixed(generator, alphabet), generator.choice((7, LIMIT))
        cut = Tokenizer(TextConfig(max_characters=limit), whole._segment)
        normalized, units = normalize(text, limit), cut(text)
        spans = whole._segment.spans(normalized)
        assert len(spans) == len(units)
        # Cut to its span, the normalized comment gives the unit again; a letter gives its syllable.
        for unit, (start, end) in zip(units, spans, strict=True):
            there = normalized[start:end]
            if config.unit == "jamo":
                assert unit in whole._segment(there), ascii(text)
            elif config.unit == "syllable":
                assert [unit] == whole._segment(there), ascii(text)
            else:
                mark = there != " " and unit.startswith("▁")
                assert unit == "▁" * mark + there.replace(" ", "▁"), ascii(text)
        # Every character belongs to a unit, but for the spaces that begin a piece.
        covered = "".join(normalized[start:end] for start, end in dict.fromkeys(spans))
        assert covered.replace(" ", "") == normalized.replace(" ", "")
        in_order(text, sorted(set(cut.spans(text))))
        assert cut.spans(text) == align(text, spans, limit)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("syllable", ["재\u200b", "밌", " ", "👍🏽", "1\ufe0f\u20e3", "\t", "값"]),
        ("jamo", ["재\u200b"] * 2 + ["밌"] * 3 + [" ", "👍🏽", "1\ufe0f\u20e3", "\t"] + ["값"] * 3),
        ("bpe", ["재\u200b밌", "👍🏽1\ufe0f\u20e3", "값"]),
    ],
)
def test_units_of_an_odd_comment(unit: str, expected: list[str]) -> None:
    config = OTHER_UNITS[["syllable", "jamo", "bpe"].index(unit)]
    tokenizer = make_tokenizer(config, learn(config, ["재밌 👍🏽1\u20e3 값"] * 3))
    odd = "\ufeff 재\u200b밌  \n👍🏽1\ufe0f\u20e3\t " + unicodedata.normalize("NFD", "값")
    found = [unicodedata.normalize("NFC", odd[a:b]) for a, b in tokenizer.spans(odd)]
    assert found == expected
