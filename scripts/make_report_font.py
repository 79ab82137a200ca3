"""Make the font that reports are set in: NanumGothic without Hanja, under another name.

python scripts/make_report_font.py NanumGothic.ttf   (Debian: the package fonts-nanum)

The SIL Open Font License lets anyone change and pass on the font under that licence, but not under
the names its makers reserved, hence the new one. A page falls back to the reader's fonts for Hanja,
as it does for emoji. The hints stay: without them small figures lose their thin strokes.
"""

import argparse
from pathlib import Path

from fontTools import subset

NAME = "Review Hangul"
FONTS = Path(__file__).resolve().parent.parent / "src" / "nsmc" / "report" / "fonts"
HANJA = ((0x2E80, 0x2FDF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
PRIVATE = (0xE000, 0xF8FF)
RENAMED = {1: NAME, 3: f"{NAME} 1", 4: NAME, 6: NAME.replace(" ", "")}
KEPT_NAMES = [0, 1, 2, 3, 4, 6, 13, 14]
"""Copyright, names, licence and its address."""
LICENCE = {
    13: "This Font Software is licensed under the SIL Open Font License, Version 1.1.",
    14: "https://openfontlicense.org",
}


def main() -> None:
    """Write the font beside its licence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="NanumGothic.ttf")
    source = parser.parse_args().source
    options = subset.Options()
    options.layout_features = []
    options.flavor = "woff"
    options.name_IDs = KEPT_NAMES
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.drop_tables += ["TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]
    font = subset.load_font(source, options)
    for table in font["cmap"].tables:
        # NanumGothic has no minus sign; its en dash is as wide.
        if table.isUnicode():
            table.cmap[ord("−")] = table.cmap[ord("–")]
    left_out = (*HANJA, PRIVATE)
    saved = [c for c in font.getBestCmap() if not any(low <= c <= high for low, high in left_out)]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=saved)
    subsetter.subset(font)
    for number, text in (RENAMED | LICENCE).items():
        font["name"].setName(text, number, 3, 1, 0x409)
    target = FONTS / "review-hangul.woff"
    subset.save_font(font, target, options)
    print(f"{target}: {len(saved):,} characters, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
