"""A set of words in a few bits: those that belong to it always do, others hardly ever."""

import pytest

from nsmc.text.bloom import BITS, BloomFilter, bloom_bits

WORDS = [f"말{number}" for number in range(3000)]


def test_every_word_of_the_set_is_in_it_and_one_in_a_hundred_others() -> None:
    asked = BloomFilter(bloom_bits(WORDS))
    assert all(word in asked for word in WORDS)
    wrong = sum(f"글{number}" in asked for number in range(20_000)) / 20_000
    # (1 - e^(-7/10))^7 = 0.0082
    assert 0.005 < wrong < 0.012


def test_the_bits_are_those_of_the_set() -> None:
    assert bloom_bits(WORDS[::-1]) == bloom_bits(WORDS)
    assert len(bloom_bits(WORDS)) == BITS * len(WORDS) / 8
    assert bloom_bits(WORDS[1:]) != bloom_bits(WORDS)


def test_a_filter_of_a_chosen_size() -> None:
    bits = bloom_bits(WORDS, size=2000, hashes=4)
    assert len(bits) == 2000
    asked = BloomFilter(bits, 4)
    assert all(word in asked for word in WORDS)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_sets(count: int) -> None:
    asked = BloomFilter(bloom_bits(WORDS[:count]))
    assert [word in asked for word in WORDS[:2]] == [True, True][:count] + [False] * (2 - count)
