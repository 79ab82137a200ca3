"""The normalized form of a comment, whatever keyboard, encoding or file it came from."""

import re
import unicodedata

VERSION = 1
"""Raise it with any change of `normalize`: models and caches made with another one are refused."""


def normalize(text: str, max_characters: int) -> str:
    """Normalize a comment for the segmenter.

    1. Cut an overlong input roughly, so that it costs no time.
    2. Replace control and separator characters and Hangul fillers by a space: NUL would end the
       text for Mecab, U+2028 and U+0085 would give empty morphemes.
    3. Drop format characters such as zero-width spaces, variation selectors and lone surrogates.
    4. Compose by Unicode NFC: decomposed Hangul would be one long unknown word. Not by NFKC, which
       turns the ㅋ of ㅋㅋ into a conjoining jamo.
    5. Make runs of white space one space, with none at the ends, and cut exactly.

    Args:
        text: any string, lone surrogates included.
        max_characters: the greatest length of the result, in code points.
    """
    # A decomposed syllable has up to three code points, and white space may go.
    rough = text[: 4 * max_characters]
    # Most comments are plain, and to test that is cheaper than to translate them.
    if not PLAIN.fullmatch(rough):
        rough = unicodedata.normalize("NFC", rough.translate(TABLE))
    return " ".join(rough.split())[:max_characters].rstrip()


# HANGUL CHOSEONG, JUNGSEONG, (compatibility) and HALFWIDTH FILLER: letters to Unicode, blank to a
# person, common in nicknames.
_FILLERS = (0x115F, 0x1160, 0x3164, 0xFFA0)


class _Table(dict[int, str | int]):
    """Code points to their replacements, filled on demand: all at once would take 0.25 s.

    A space for Cc, Zs, Zl, Zp and the fillers; nothing for Cf, Cs and variation selectors.
    """

    def __missing__(self, point: int) -> str | int:
        category = unicodedata.category(chr(point))
        self[point] = point
        if category in ("Cc", "Zs", "Zl", "Zp") or point in _FILLERS:
            self[point] = " "
        elif category in ("Cf", "Cs") or 0xFE00 <= point <= 0xFE0F:
            self[point] = ""
        return self[point]


TABLE = _Table()
"""For `str.translate`: the replacements of a comment's code points before composition."""
PLAIN = re.compile("[ -~가-힣ㄱ-ㅎㅏ-ㅣ]*")
"""A text that needs no translation: printable ASCII, Hangul syllables and compatibility jamo."""
