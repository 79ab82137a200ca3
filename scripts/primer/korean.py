"""Endings and particles that change with the letters before them, as far as the primer needs them.

A stem is a predicate without 다; `VERB` after it marks a verb, `COPULA` the copula (명작이),
anything else is an adjective. Endings are written in the form that follows a final consonant and
ㅏ: 은, 을, 습니다, 아요, 았다.
Rules: Standard Korean Language Dictionary's conjugation classes (ㅂ, ㅅ, 르, ㅡ and ㄹ irregular).
"""

from nsmc.text.hangul import FINALS, MEDIALS, compose, decompose, is_syllable

VERB, COPULA = "*", "="
_REGULAR_B = "좁잡입뽑씹집업"
_PARTICLES = {
    "이": ("이", "가"),
    "은": ("은", "는"),
    "을": ("을", "를"),
    "과": ("과", "와"),
    "이다": ("이다", "다"),
    "이라": ("이라", "라"),
    "이야": ("이야", "야"),
    "으로": ("으로", "로"),
    "이네": ("이네", "네"),
    "이냐": ("이냐", "냐"),
    "이래": ("이래", "래"),
}
# How a final vowel of a stem and the 아 or 어 of an ending become one.
_CONTRACTED = {"ㅗ": "ㅘ", "ㅜ": "ㅝ", "ㅣ": "ㅕ", "ㅚ": "ㅙ"}
_ABSORBING = "ㅏㅓㅐㅔㅕ"


def with_particle(text: str, particle: str) -> str:
    """A word with a particle in the form that fits its last syllable: 영화 and 은 make 영화는."""
    for name, (after_consonant, after_vowel) in sorted(_PARTICLES.items(), reverse=True):
        if particle.startswith(name):
            open_ = ("", "ㄹ") if name == "으로" else ("",)
            form = after_vowel if _final(text) in open_ else after_consonant
            return text + form + particle.removeprefix(name)
    return text + particle


def conjugate(stem: str, ending: str) -> str:
    """A stem with an ending: 아름답 and 은 make 아름다운."""
    bare = stem.rstrip(VERB + COPULA)
    verb, copula = stem.endswith(VERB), stem.endswith(COPULA)
    if ending[:1] in ("아", "았"):
        return _with_vowel(bare, ending, copula)
    if ending.startswith(("은", "는데")):
        return _adnominal(bare, ending, verb)
    if ending in ("다", "다고", "다는", "다는데", "다니", "다기엔", "다면", "다길래"):
        return _plain(bare, ending, verb, copula)
    if ending.startswith("습니다"):
        return _joined(bare, "ㅂ", "니다", "습니다", drops="ㄹ")
    if ending.startswith("을"):
        return _joined(bare, "ㄹ", ending[1:], ending, drops="ㄹ")
    if ending.startswith("음"):
        return _joined(bare, "ㅁ", ending[1:], ending)
    if ending.startswith("으"):
        base = _softened(bare)
        if base != bare and not base.endswith("우"):  # 나으면
            return base + ending
        return base + (ending if _final(base) not in ("", "ㄹ") else ending[1:])
    if ending[:1] in ("네", "는") and _final(bare) == "ㄹ":
        return _replace_final(bare, "") + ending
    return bare + ending


def _final(text: str) -> str:
    """The final letter of a text's last syllable; empty if it has none, or is no syllable."""
    if not text or not is_syllable(text[-1]):
        return ""
    number = decompose(text[-1])[2]
    return FINALS[number - 1] if number else ""


def _replace_final(text: str, letter: str) -> str:
    initial, medial, _ = decompose(text[-1])
    return text[:-1] + compose(initial, medial, FINALS.index(letter) + 1 if letter else 0)


def _softened(stem: str) -> str:
    """A stem as it stands before a vowel: ㅂ becomes 우, the ㅅ of 낫 falls."""
    if _final(stem) == "ㅂ" and stem[-1] not in _REGULAR_B:
        return _replace_final(stem, "") + "우"
    return _replace_final(stem, "") if stem.endswith("낫") else stem


def _joined(stem: str, letter: str, rest: str, otherwise: str, drops: str = "") -> str:
    """A consonant of an ending under an open last syllable, or the longer form of the ending."""
    base = stem if otherwise == "습니다" else _softened(stem)
    if base.endswith("나") and stem.endswith("낫"):  # 나을, not 날
        return base + otherwise
    if not _final(base):
        return _replace_final(base, letter) + rest
    if _final(base) == "ㄹ":
        return _replace_final(base, "ㄻ" if letter == "ㅁ" else letter) + rest
    return base + otherwise


def _adnominal(stem: str, ending: str, verb: bool) -> str:
    rest = ending[1:]
    if verb or stem[-1] in "있없밌겠" or _final(stem) == "ㅆ":
        base = _replace_final(stem, "") if _final(stem) == "ㄹ" else stem
        return base + "는" + rest
    return _joined(stem, "ㄴ", rest, "은" + rest)


def _plain(stem: str, ending: str, verb: bool, copula: bool) -> str:
    if copula and len(ending) > 1:
        return stem + "라" + ending[1:]
    if not verb or _final(stem) == "ㅆ":
        return stem + ending
    if _final(stem) in ("", "ㄹ"):
        return _replace_final(stem, "ㄴ") + ending
    return stem + "는" + ending


def _with_vowel(stem: str, ending: str, copula: bool) -> str:
    past = ending.startswith("았")
    rest = ending[1:]
    if copula and past:
        return stem + "었" + rest
    if copula:
        return stem + {"요": "에요", "서": "라서", "": "야", "도": "어도"}.get(rest, "어" + rest)
    base = _infinitive(stem)
    return (_replace_final(base, "ㅆ") if past else base) + rest


def _infinitive(stem: str) -> str:
    """A stem with 아 or 어."""
    if stem.endswith("하"):
        return stem[:-1] + "해"
    if stem.endswith("르") and len(stem) > 1 and not _final(stem[:-1]):
        bright = MEDIALS[decompose(stem[-2])[1]] in "ㅏㅗ"
        return _replace_final(stem[:-1], "ㄹ") + ("라" if bright else "러")
    soft = _softened(stem)
    if soft != stem and soft.endswith("우"):
        return soft[:-1] + "워"
    initial, medial, final = decompose(soft[-1])
    vowel = MEDIALS[medial]
    if final or soft != stem:
        return soft + ("아" if vowel in "ㅏㅗㅑ" else "어")
    if vowel == "ㅡ":
        before = soft[-2:-1]
        bright = is_syllable(before) and MEDIALS[decompose(before)[1]] in "ㅏㅗ"
        return soft[:-1] + compose(initial, MEDIALS.index("ㅏ" if bright else "ㅓ"))
    if vowel in _ABSORBING:
        return soft
    if vowel in _CONTRACTED:
        return soft[:-1] + compose(initial, MEDIALS.index(_CONTRACTED[vowel]))
    return soft + "어"
