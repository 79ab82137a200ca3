"""Emoji augmentation: emoji in place of words, or beside them, that mean the same.

Reviews from before phones had emoji hold hardly any, so a model has to learn emoji from the words
that they replace. For the sentiment of emoji see Kralj Novak et al., "Sentiment of emojis", PLoS
ONE 10, 2015; the words are this project's choice.
"""

import re
from random import Random

WORDS = {
    r"ㅋㅋ+|ㅎㅎ+|웃[기겨긴김]|빵 ?터": "😂🤣😆😄😁😹",
    r"재[밌밋미]|꿀잼|즐거|신나": "😆😄😁🤩👍",
    r"[ㅠㅜ]{2,}|눈물|슬[프픈퍼펐]|울었": "😭😢🥺",
    r"감동|뭉클|여운|따뜻": "😭🥹🥰💖❤👏",
    r"[♥♡]+|사랑|설레|설렘": "❤♥💕💖💗💓💘💜💙🧡🥰😍😘🫶😻",
    r"[예이]쁘|[예이]뻐|멋[있지져진]|잘생|귀[엽여]": "😍🥰😻🤩💕",
    r"최고|굿|짱|강추|훌륭|명작|완벽|엄지": "👍👏🙌💯🤩👌🏆🔥",
    r"좋[다아았은네음고]|[\^]_*[\^]|행복": "😊☺🙂😁😄👍💕🤗",
    r"대박|쩐다|쩔[어었]|지린|소름|미쳤": "🔥😱🤩😲🤯👍",
    r"만점|10점|별 ?다섯": "💯⭐🌟👍",
    r"박수": "👏",
    r"쓰레기|똥": "💩🗑🚮🤮",
    r"별로|비추|최악|실망|망작|졸작|후회": "👎😒😞😑🙅💔😩",
    r"토 ?나|토할|역겹|역겨|더럽|구역": "🤮🤢",
    r"지루|졸[려렸리립음]|따분|하품|잠[이만들]|노잼": "😴🥱💤😪😑",
    r"짜증|(?<!영)화[나난]|열 ?받|빡[치쳐]": "😡😤🤬😠💢",
    r"어이[ 가]?없|노답|한심|답답|에휴|[헐헉]|황당": "🤦😑😒😩🙄😤",
    r"돈이? ?아[까깝]|돈 ?낭비|환불": "💸😡😤👎",
    r"무섭|무서": "😱😨",
}
"""Regular expressions of words to the emoji that people type for them or beside them."""

_PATTERN = re.compile("|".join(f"({words})" for words in WORDS))
_EMOJI = list(WORDS.values())


def add_emoji(text: str, rng: Random) -> str:
    """Emoji for some of a comment's words: in their place, at its end, or alone.

    ``너무 지루하다`` is ``너무 😴하다``, ``너무 지루하다😴😴`` or ``😴``. A comment with none of
    `WORDS` stays as it is.
    """
    emoji = [_choose_emoji(match, rng) for match in _PATTERN.finditer(text)]
    if not emoji:
        return text
    kind = rng.random()
    if kind < 1 / 3:
        remaining = iter(emoji)
        return _PATTERN.sub(lambda match: next(remaining), text)
    chosen = rng.choice(emoji)
    if kind < 2 / 3:
        return chosen
    return f"{text.rstrip()}{' ' if rng.random() < 0.3 else ''}{chosen}"


def _choose_emoji(match: re.Match[str], rng: Random) -> str:
    """One emoji for a word, one to three times over, and now and then a second."""
    assert match.lastindex is not None
    emoji = _EMOJI[match.lastindex - 1]
    first = rng.choice(emoji) * rng.choice([1, 1, 2, 2, 3])
    return first + (rng.choice(emoji) if rng.random() < 0.2 else "")
