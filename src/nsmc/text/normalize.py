"""One form for each comment, whatever keyboard, encoding or file it came from."""

import re
import unicodedata

VERSION = 1
"""Raise it with any change of `normalize`: models and caches made with another one are refused."""


def normalize(text: str, max_characters: int) -> str:
    """Bring a comment into the one form that Mecab gets.

    In this order: an overlong input is cut roughly, so that it costs no time; control and separator
    characters and Hangul fillers become a space (NUL would end the text for Mecab; U+2028 and
    U+0085 would give empty morphemes); format characters such as zero-width spaces, variation
    selectors and lone surrogates are dropped; Unicode NFC (decomposed Hangul would be one long
    unknown word); runs of white space become one space, with none at the ends; the exact cut.

    NFC and not NFKC, because NFKC turns the ㅋ of ㅋㅋ into a conjoining jamo.

    Args:
        text: any string, lone surrogates included.
        max_characters: the length to cut at, in code points after normalization.
    """
    # A decomposed syllable has up to three code points, and white space may go.
    rough = text[: 4 * max_characters]
    # Most comments are plain already, and to find that out is cheaper than to translate them.
    if not PLAIN.fullmatch(rough):
        rough = unicodedata.normalize("NFC", rough.translate(TABLE))
    return " ".join(rough.split())[:max_characters].rstrip()


# HANGUL CHOSEONG, JUNGSEONG, (compatibility) and HALFWIDTH FILLER: letters to Unicode, blank to a
# person, common in nicknames.
_FILLERS = (0x115F, 0x1160, 0x3164, 0xFFA0)


class _Table(dict[int, str | int]):
    """Code points to what stands for them, filled as they are met.

    A space for Cc, Zs, Zl, Zp and the fillers that look like one; nothing for Cf, Cs and variation
    selectors; any other stays. Asking the Unicode database for all of them at once would cost a
    quarter of a second.
    """

    def __missing__(self, point: int) -> str | int:
        category = unicodedata.category(chr(point))
        if category in ("Cc", "Zs", "Zl", "Zp") or point in _FILLERS:
            kept: str | int = " "
        elif category in ("Cf", "Cs") or 0xFE00 <= point <= 0xFE0F:
            kept = ""
        else:
            kept = point
        self[point] = kept
        return kept


TABLE = _Table()
"""For `str.translate`: what a comment's code points become before composition."""
PLAIN = re.compile("[ -~가-힣ㄱ-ㅎㅏ-ㅣ]*")
"""What needs no work but white space: printable ASCII, Hangul syllables and jamo letters."""
