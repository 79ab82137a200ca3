"""A word that one wrong letter made of a known one is found, alone and among many."""

from random import Random

from nsmc.text.keyboard import mistype
from nsmc.text.near_words import FEW, NearWords

LONGEST = 6


def words(count: int, seed: int) -> list[str]:
    """Distinct words of random syllables."""
    rng = Random(seed)
    some = (
        "".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(rng.randint(1, LONGEST)))
        for _ in range(count)
    )
    return list(dict.fromkeys(some))  # in an order that no hash decides


def test_every_word_with_a_wrong_key_is_near_and_hardly_any_other() -> None:
    known, rng = words(3000, 1), Random(2)
    near = NearWords([*known, "가" * (LONGEST + 1)], LONGEST)
    places = [rng.randrange(len(word)) for word in known]
    mistyped = [
        word[:place] + mistype(word[place], rng) + word[place + 1 :]
        for word, place in zip(known, places, strict=True)
    ]
    found = near(mistyped)
    for word, place in zip(mistyped, places, strict=True):
        assert place in {slip for slip, _ in found[word]}
    others = [word for word in words(3000, 3) if len(word) > 2]
    assert len(near(others)) < len(others) / 50


def test_a_few_words_get_what_many_do() -> None:
    known, rng = words(500, 4), Random(5)
    near = NearWords(known, LONGEST)
    asked = [mistype(word[0], rng) + word[1:] for word in known[:200]] + words(200, 6)
    together = near(asked)
    assert set(asked[:200]) <= together.keys() < set(asked)
    some = [asked[start : start + FEW - 1] for start in range(0, len(asked), FEW - 1)]
    assert together == {word: slips for part in some for word, slips in near(part).items()}
    assert near([]) == {}
