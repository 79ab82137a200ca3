"""The normalized form of a comment, whatever keyboard, encoding, page or file it came from."""

import re
import unicodedata

from nsmc.text.hangul import compatibility, joined_letters
from nsmc.text.rewriting import Pieces, Rule, rewrite

VERSION = 2
"""Raise it with any change of `normalize`: models and caches made with another one are refused."""


def normalize(text: str, max_characters: int) -> str:
    """Normalize a comment for the segmenter.

    1. Cut an overlong input roughly, so that it costs no time.
    2. Make one character of its variants (`TABLE`): lower case, quotes, dashes, wide letters.
       Control and separator characters and blank letters become a space: NUL would end the text
       for Mecab, U+2028 and U+0085 would give empty morphemes. Format characters such as
       zero-width spaces, variation selectors and lone surrogates are dropped.
    3. Replace what web pages and spreadsheets leave behind (`MARKUP`): ``&quot;``, ``<br>``.
    4. Compose by Unicode NFC: decomposed Hangul would be one long unknown word. Not by NFKC, which
       turns the ㅋ of ㅋㅋ into a conjoining jamo.
    5. Make runs of white space one space, with none at the ends, and cut exactly.
    6. Join letters that were typed apart to syllables (`LETTERS`), but not those of ㅋㅋ and ㅠㅠ.

    Args:
        text: any string, lone surrogates included.
        max_characters: the greatest length of the result, in code points.
    """
    # A decomposed syllable has up to three code points, and white space may go.
    text = text[: 4 * max_characters]
    # Most comments are plain, and to test that is cheaper than all that follows.
    if _SETTLED.fullmatch(text):
        text = text.strip(" ")
        text = " ".join(text.split()) if "  " in text else text
        return text if len(text) <= max_characters else text[:max_characters].rstrip()
    if not UNCHANGED.fullmatch(text):
        text = text.translate(TABLE)
        if _MARKS.search(text):
            while (unmarked := rewrite(text, MARKUP)) != text:  # `&amp;quot;` is a quote, too
                text = unmarked
        text = unicodedata.normalize("NFC", text)
    text = " ".join(text.split())[:max_characters].rstrip()
    return rewrite(text, LETTERS) if _APART.search(text) else text


# What a person sees as one character, beyond what Unicode says: the variants of each.
_VARIANTS = {
    variant: meant
    for meant, variants in {
        " ": "\u115f\u1160\u3164\uffa0\u2800\ufffc\ufffd",  # blank letters, lost characters
        "": "\u034f",
        '"': "“”„‟«»「」『』〝〞〟″",
        "'": "‘’‚‛‹›′`´ʹʼ",
        "<": "〈《",
        ">": "〉》",
        "-": "‐‒–—―−⁃─━",
        "~": "〜∼˜〰",
        "·": "ㆍ・‧∙⋅•",
        ".": "。․",
        "..": "‥",
        "...": "…⋯",
        "!!": "‼",
        "?!": "⁈",
        "!?": "⁉",
        "??": "⁇",
    }.items()
    for variant in variants
}
_SAME = re.compile("<(?:wide|narrow|font|small|noBreak)> ")
"""Unicode's decompositions that change how a character looks, not which it is."""


def replacement(character: str) -> str:
    """What `TABLE` makes of a character."""
    # Some characters are others by Unicode itself: the Kelvin sign is a K.
    composed = unicodedata.normalize("NFC", character)
    character = composed if len(composed) == 1 else character
    if character in _VARIANTS:
        return _VARIANTS[character]
    category = unicodedata.category(character)
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if category in ("Cf", "Cs") or "\ufe00" <= character <= "\ufe0f":
        return ""
    decomposition = unicodedata.decomposition(character)
    if _SAME.match(decomposition):
        return "".join(replacement(chr(int(one, 16))) for one in decomposition.split()[1:])
    return character.lower()


class _Table(dict[int, str]):
    """Code points to their replacements, filled on demand: all at once would take 0.25 s."""

    def __missing__(self, point: int) -> str:
        self[point] = replacement(chr(point))
        return self[point]


TABLE = _Table()
"""For `str.translate`: what a comment's code points become before composition."""


def _unmarked(match: re.Match[str]) -> Pieces:
    """What a tag, an entity or a spreadsheet's escaped control character stands for."""
    return [(len(match[0]), meaning(match[0], match[1]).translate(TABLE))]


def meaning(markup: str, entity: str | None) -> str:
    """What a match of `MARKUP` stands for, before `TABLE`; ``entity`` is None of a tag."""
    if entity is None:
        return "" if WITHIN_WORDS.fullmatch(markup) else " "
    import html.entities  # of 2,231 names, which few comments need

    if entity.startswith("#"):
        return html.unescape(markup)
    return html.entities.html5.get(f"{entity};", markup)


MARKUP: list[Rule] = [
    (
        re.compile(
            "&(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});"
            "|</?(?:br|p|div|li|b|i|u|em|strong|span|font)(?:[ /][^<>]*)?>|_x00[01][0-9a-f]_"
        ),
        _unmarked,
    )
]
"""To be applied until nothing changes; after `TABLE`, so that all is in lower case."""
_MARKS = re.compile("[&<]|_x00")
WITHIN_WORDS = re.compile("</?(?:b|i|u|em|strong|span|font)\\b.*", re.DOTALL)

LETTERS: list[Rule] = [
    # NFKC, which other programs apply, makes conjoining letters of ㅋㅋ and ㅠㅠ.
    (re.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]+"), compatibility),
    (re.compile("[ㄱ-ㅎㅏ-ㅣ]*[ㄱ-ㅎ][ㅏ-ㅣ][ㄱ-ㅎㅏ-ㅣ]*"), joined_letters),
]
"""For a composed text without doubled spaces."""
_APART = re.compile("[\u1100-\u11ff]|[ㄱ-ㅎ][ㅏ-ㅣ]")

PLAIN = re.compile("[ -~가-힣ㄱ-ㅎㅏ-ㅣ]*")
"""A text of characters that each stand alone: printable ASCII, syllables, compatibility jamo."""
UNCHANGED = re.compile("[ -%'-;=-@\\[-^a-~가-힣ㄱ-ㅎㅏ-ㅣ]*")
"""The same without capitals, ``&``, ``<``, ``_`` and a backtick."""
_SETTLED = re.compile("[ -%'-;=-@\\[-^a-~가-힣]*")
"""The same without letters, which `LETTERS` might join: all but spaces stays."""
