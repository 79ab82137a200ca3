"""The set of training texts: none is missed, few others are found, and two sets join."""

import zlib

import numpy as np
import pytest

from nsmc.errors import ModelError
from nsmc.inference.train_overlap import MAGIC, SIZE, TrainingTexts


def texts(start: int, end: int) -> list[list[str]]:
    return [["영화", str(number)] for number in range(start, end)]


def same(one: TrainingTexts, other: TrainingTexts) -> bool:
    return (one.bits, one.texts) == (other.bits, other.texts)


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_every_training_text_is_detected_also_after_the_file(count: int) -> None:
    written = TrainingTexts.from_units(texts(0, count)).to_bytes()
    # The file of few texts is small.
    assert len(written) < 500 + 10 * count
    read = TrainingTexts.from_bytes(written)
    assert (read.texts, read.to_bytes()) == (count, written)
    assert read.contains(texts(0, count)).tolist() == [True] * count
    assert not read.contains(texts(count, count + 1000)).any()
    assert read.false_positive_rate < 1e-6


def test_as_many_others_are_detected_as_the_rate_says() -> None:
    # Almost full, as by 600,000 texts: of each bit only whether it is set matters.
    crowded = TrainingTexts.from_units(texts(0, 20_000))
    shifted = int.from_bytes(crowded.bits)
    for shift in (1, 2, 4, 8, 16):  # 32 sets of 20,000
        shifted |= shifted << shift * 997
    bits = (shifted % (1 << 8 * SIZE)).to_bytes(SIZE)
    full = TrainingTexts(bits, 640_000)
    assert full.contains(texts(0, 20_000)).all()
    assert len(full.to_bytes()) <= 400 * 1024
    rate, count = full.false_positive_rate, 20_000
    assert 0.05 < rate < 0.11
    spread = (rate * (1 - rate) / count) ** 0.5
    assert abs(full.contains(texts(20_000, 20_000 + count)).mean() - rate) < 4 * spread


def test_a_text_is_the_same_however_it_is_cut_and_spaced() -> None:
    seen = TrainingTexts.from_units([["재밌", "다", "!"]])
    assert seen.contains([["재밌다", "▁", "!"], ["▁재", "밌다", "▁!"]]).all()
    others = [["재밌", "다"], ["재밋", "다", "!"], ["다", "재밌", "!"], ["ㅈㅐ밌다!"], []]
    assert not seen.contains(others).any()
    # Half of an emoji is no UTF-8, and a text all the same.
    assert TrainingTexts.from_units([["a", "\ud800"]]).contains([["a", "\ud800"]]).all()


def test_what_is_written_today_is_read_on_any_machine_tomorrow() -> None:
    bits = np.frombuffer(TrainingTexts.from_units([["재밌", "다"]]).bits, np.uint8)
    places = np.flatnonzero(np.unpackbits(bits, bitorder="little"))
    assert places.tolist() == [590705, 1269537, 2378769, 3057601]


def test_a_union_holds_the_texts_of_both() -> None:
    some, others = (
        TrainingTexts.from_units(texts(0, 300)),
        TrainingTexts.from_units(texts(200, 1000)),
    )
    assert same(some.union(others), TrainingTexts.from_units(texts(0, 1000)))
    assert same(some.union(some), some)
    # Nothing else is known of a filter without a free bit than how many texts there are at most.
    full = TrainingTexts(b"\xff" * SIZE, 50)
    assert full.false_positive_rate == 1
    assert full.union(some).texts == 350


def test_what_cannot_be_read_is_an_error() -> None:
    written = TrainingTexts.from_units(texts(0, 100)).to_bytes()
    other_size = written[: len(MAGIC) + 8] + zlib.compress(bytes(100))
    for broken in (b"", b"seen", b"seen\1" + written[5:], written[:30], other_size):
        with pytest.raises(ModelError, match=r"can't be read: expected .*, found .*; copy the mo"):
            TrainingTexts.from_bytes(broken)
