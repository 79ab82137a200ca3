"""A set of hashes: nothing in it is missed, little else is found, and it stays small."""

import time
from dataclasses import replace

import numpy as np
import pytest

from nsmc.errors import ModelError
from nsmc.inference.train_overlap import BITS, LIMIT, Fingerprint, text_hashes


def texts(start: int, end: int) -> list[list[str]]:
    return [["영화", str(number)] for number in range(start, end)]


def numbers(count: int, seed: int = 0) -> Fingerprint:
    """The set of ``count`` texts of which only the hashes matter."""
    hashes = np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)
    return Fingerprint(64, np.unique(hashes), count)._fitted()


def same(one: Fingerprint, other: Fingerprint) -> bool:
    return (one.bits, one.texts) == (other.bits, other.texts) and np.array_equal(
        one.values, other.values
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 1000, 40_000])
def test_what_is_in_it_is_found_and_survives_the_file(count: int) -> None:
    found = Fingerprint.of(texts(0, count))
    assert (found.texts, found.bits) == (count, BITS)
    again = Fingerprint.from_bytes(found.to_bytes())
    assert same(again, found)
    assert again.to_bytes() == found.to_bytes()
    assert again.contains(texts(0, count)).tolist() == [True] * count
    assert not again.contains(texts(count, count + 1000)).any()


@pytest.mark.parametrize("seed", range(40))
def test_any_set_of_hashes_of_any_length_is_written_and_read(seed: int) -> None:
    generator = np.random.default_rng(seed)
    bits = int(generator.integers(1, BITS + 1))
    count = int(generator.integers(0, min(2**bits, 5000) + 1))
    # Crowded and sparse by turns, and the first and the last hash there is.
    top = 2 ** int(generator.integers(0, bits + 1))
    values = generator.integers(0, top, count, dtype=np.uint64)
    values = np.unique(np.append(values, np.array([0, 2**bits - 1], np.uint64)))
    found = Fingerprint(bits, values, count)
    written = found.to_bytes()
    assert len(written) == found.size
    assert same(Fingerprint.from_bytes(written), found)


@pytest.mark.parametrize("count", [150_000, 650_000, 1_000_000])
def test_it_stays_small_and_is_read_in_no_time(count: int) -> None:
    found = numbers(count)
    written = found.to_bytes()
    assert len(written) == found.size <= LIMIT
    started = time.perf_counter()
    again = Fingerprint.from_bytes(written)
    assert time.perf_counter() - started < 1
    assert same(again, found)
    # A bit more would be too much.
    finer = Fingerprint(64, np.random.default_rng(0).integers(0, 2**64, count, np.uint64), count)
    finer = replace(finer, values=np.sort(finer.values))
    finer = Fingerprint(found.bits + 1, finer._cut(found.bits + 1), count)
    assert finer.size > LIMIT


def test_as_many_others_are_found_as_promised() -> None:
    known, asked = texts(0, 4000), texts(4000, 60_000)
    for bits in (13, 15, 18):
        whole = Fingerprint.of(known)
        found = Fingerprint(bits, whole._cut(bits), whole.texts)
        assert found.contains(known).all()
        rate = found.false_positive_rate
        # At most 4000 in 2^bits; fewer, since some coincide.
        assert 0.75 < rate / (1 - np.exp(-4000 / 2**bits)) < 1.25
        spread = (rate * (1 - rate) / len(asked)) ** 0.5
        assert abs(found.contains(asked).mean() - rate) < 4 * spread


def test_the_hash_is_of_the_text_and_not_of_its_cut_or_its_spaces() -> None:
    one = text_hashes([["재밌", "다", "!"], ["재밌다", "▁", "!"], ["▁재", "밌다", "▁!"]])
    assert len(set(one.tolist())) == 1
    others = text_hashes([["재밌", "다"], ["재밋", "다", "!"], ["다", "재밌", "!"], ["ㅈㅐ밌다!"]])
    assert len({*one.tolist(), *others.tolist()}) == 5
    # What is written today is read by any machine tomorrow.
    assert [
        f"{value:016x}" for value in text_hashes([["재밌", "다"], ["a", "\ud800"]]).tolist()
    ] == [
        "344b95df4b1977a9",
        "52f1e10a39bbfc52",
    ]


def test_a_union_has_the_texts_of_all_and_no_fewer_bits_than_it_must() -> None:
    small, other = Fingerprint.of(texts(0, 300)), Fingerprint.of(texts(200, 1000))
    both = small.union(other)
    assert same(both, Fingerprint.of(texts(0, 1000)))
    assert same(small.union(), small)
    large = numbers(150_000)
    assert large.bits < BITS
    joined = large.union(small, other)
    assert joined.contains(texts(0, 1000)).all()
    assert np.isin(large._cut(joined.bits), joined.values).all()
    # A handful of texts beside many costs the many nothing.
    assert joined.bits == large.bits
    assert abs(joined.texts - 151_000) < 100
    assert joined.size <= LIMIT


def test_a_union_that_would_be_too_large_loses_bits_and_nothing_else() -> None:
    parts = [numbers(150_000, seed) for seed in range(4)]
    joined = parts[0].union(*parts[1:])
    assert joined.size <= LIMIT
    assert joined.bits < min(part.bits for part in parts)
    for part in parts:
        assert np.isin(part._cut(joined.bits), joined.values).all()
    assert abs(joined.texts - 600_000) < 1000
    # The same texts again are no more texts.
    assert abs(joined.union(*parts).texts - 600_000) < 1000


def test_a_set_of_everything_is_known_for_one() -> None:
    full = Fingerprint(3, np.arange(8, dtype=np.uint64), 50)
    assert full.false_positive_rate == 1
    assert full.contains(texts(0, 20)).all()
    assert full.union(Fingerprint(3, np.zeros(1, np.uint64), 1)).texts == 51


def test_what_is_damaged_or_of_another_version_is_told() -> None:
    written = bytearray(Fingerprint.of(texts(0, 100)).to_bytes())
    for broken in (b"", b"seen", b"PK\3\4" + written[4:], written[:30], written + b"\xff" * 9):
        with pytest.raises(ModelError, match=r"are damaged: expected .*, found .*; copy the model"):
            Fingerprint.from_bytes(bytes(broken))
    for place, value in ((5, 0), (5, 41), (6, 41), (16, 99)):
        broken = bytearray(written)
        broken[place] = value
        with pytest.raises(ModelError, match="are damaged"):
            Fingerprint.from_bytes(bytes(broken))
    written[4] = 2
    with pytest.raises(ModelError, match=r"have version 2, and this nsmc reads version 1; upgrade"):
        Fingerprint.from_bytes(bytes(written))
