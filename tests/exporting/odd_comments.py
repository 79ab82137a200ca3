"""Comments that a reader of text has to get right, at random."""

import random

WORDS = """
재밌다 노잼 재 밌 다 ㅋㅋㅋ ㅠㅠ ㄱㅐ노잼 ㅈㅐㅁㅣㅆㄷㅏ 재밌ㄷㅏ ㅇㅡㅇ ㄹㅇ 豈 ▁ ㈜ ①
ｶﾞ １２３ 𝐁 ｆｕｌｌ
&quot; &amp;quot; &nbsp; &#12345; &#x41; &#128; &#55296; &#9999999; _x000d_ <br> <b <b>재밌</b>다
👍🏽 👨\u200d👩\u200d👧 🇰🇷🇰🇷🇰 ❤️ “좋다” K é éé ǅ İ ß ﬁ ^^ t_t :) … ... ‼ 𐞁 ெ কি - a
"""
BLANK = [
    "\u200b",
    "\ufeff",
    "\t",
    "\n",
    "\u2028",
    "\u3000",
    "\x00",
    "\u0378",
    "\U0001fae9",
    " ",
    "  ",
]
LETTERS = ["각", "ᄏᄏ", "ᄒᆞᆫ", "ᅡᅡ", "ᆨ", "\u0301", "<div class='a'>"]
FRAGMENTS = [*WORDS.split(), *BLANK, *LETTERS]
STARTS = [0x1100, 0x1161, 0x11A8, 0x0300, 0x3131, 0x314F, 0xAC00, 0xF900, 0x1F1E6, 0x1F3FB, 0xA960]
STARTS += [0xD7B0, 0xFF00, 0xFE00, 0x0900, 0x2F800, 0x1D400, 0x1FAE0, 0xE0020, 0x0E30, 0x1D165]


def odd_comments(random: random.Random, count: int) -> list[str]:
    """The empty one, and some of fragments, of letters that work together, of any characters."""

    def piece() -> str:
        kind = random.random()
        if kind < 0.6:
            return random.choice(FRAGMENTS)
        if kind < 0.9:
            return chr(random.choice(STARTS) + random.randrange(20))
        point = random.randrange(0x110000 if kind < 0.93 else 0x3000)
        return "" if 0xD800 <= point < 0xE000 else chr(point)

    return ["", *("".join(piece() for _ in range(random.randrange(14))) for _ in range(count))]
