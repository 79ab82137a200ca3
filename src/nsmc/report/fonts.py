"""The font of a page, inside the page, so that Hangul is legible where no Korean font is."""

import base64
import io
from pathlib import Path

FAMILY = '"Review Hangul", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif'
"""The embedded font first; the others for the little it lacks, such as Hanja and emoji."""
FILE = Path(__file__).parent / "fonts" / "review-hangul.woff"
ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "−–—…·×%"
"""What a page's script may come to write."""


def font_face(text: str) -> str:
    """The CSS rule that embeds the glyphs of a text, and no others.

    Jamo are among what the font holds, Hanja and emoji are not; the reader's own fonts show them.
    """
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff"
    options.notdef_outline = True
    # The copyright and the licence stay inside.
    options.name_IDs = ["*"]
    packed = io.BytesIO()
    with subset.load_font(FILE, options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=set(map(ord, ALWAYS + text)))
        subsetter.subset(font)
        subset.save_font(font, packed, options)
    data = base64.b64encode(packed.getvalue()).decode("ascii")
    return (
        '@font-face { font-family: "Review Hangul"; '
        f"src: url(data:font/woff;base64,{data}) format('woff'); }}"
    )
