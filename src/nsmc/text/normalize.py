"""One form for each comment, whatever keyboard, encoding or file it came from."""

import re
import unicodedata

VERSION = 1
"""Raise it with any change of `normalize`: models and caches made with another one are refused."""


def normalize(text: str, max_characters: int) -> str:
    """Bring a comment into the one form that Mecab gets.

    In this order: cut to ``max_characters`` (an overlong input must not cost time), Unicode NFC
    (decomposed Hangul would be one long unknown word), control and separator characters to a
    space (NUL would end the text for Mecab; U+2028 and U+0085 would give empty morphemes), format
    characters such as zero-width spaces and lone surrogates dropped, runs of white space to one
    space, none at the ends.

    NFC and not NFKC, because NFKC turns the ㅋ of ㅋㅋ into a conjoining jamo.

    Args:
        text: any string, lone surrogates included.
        max_characters: the length to cut at, in code points, before normalization.
    """
    cut = text[:max_characters]
    # Most comments are plain already, and to find that out is cheaper than to translate them.
    if not _PLAIN.fullmatch(cut):
        cut = unicodedata.normalize("NFC", cut.translate(_TABLE))
    return " ".join(cut.split())


class _Table(dict[int, str | int]):
    """Code points to what stands for them, filled as they are met.

    A space for Cc, Zs, Zl and Zp; nothing for Cf and Cs; any other stays. Asking the Unicode
    database for all of them at once would cost a quarter of a second.
    """

    def __missing__(self, point: int) -> str | int:
        category = unicodedata.category(chr(point))
        if category in ("Cc", "Zs", "Zl", "Zp"):
            kept: str | int = " "
        elif category in ("Cf", "Cs"):
            kept = ""
        else:
            kept = point
        self[point] = kept
        return kept


_TABLE = _Table()
# What needs no work but white space: printable ASCII, Hangul syllables and jamo letters.
_PLAIN = re.compile("[ -~가-힣ㄱ-ㅎㅏ-ㅣ]*")
