"""Every epoch shows every review once, in batches of one length and an order of its own."""

from typing import Any

import numpy as np
import pytest
import torch

from nsmc.config.data import DataConfig
from nsmc.data.batches import EqualLengthIterator, make_dataset, split_rows
from nsmc.data.corpus import Corpus
from nsmc.data.fields import MorphemeField

COUNT = 97
SIZE = 8
LENGTHS = np.random.default_rng(5).integers(1, 7, COUNT)
LENGTHS[11] = 40  # a length of its own
TARGETS = np.array([[row % 3 == 0, row] for row in range(COUNT)], dtype=np.float32)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def field() -> MorphemeField:
    """Reviews that each begin with a morpheme of their own, by which a batch shows who is in it."""
    tokens = [[row, *[COUNT] * (length - 1)] for row, length in enumerate(LENGTHS.tolist())]
    corpus = Corpus(
        tokens=np.array([t for review in tokens for t in review], dtype=np.int32),
        offsets=np.concatenate([[0], np.cumsum(LENGTHS)]).astype(np.int64),
        labels={},
        morphemes=[*(f"r{row}" for row in range(COUNT)), "rest"],
        identity={},
        source={},
    )
    field = MorphemeField(corpus, buckets=0)
    field.count_vocabulary(np.arange(COUNT), DataConfig(min_freq=1))
    return field


def iterator(
    field: MorphemeField,
    *,
    seed: int | None = 1,
    rows: Any = None,
    size: int = SIZE,
    weights: Any = None,
) -> EqualLengthIterator:
    dataset = make_dataset(field, np.arange(COUNT) if rows is None else rows, TARGETS)
    return EqualLengthIterator(dataset, size, seed=seed, device=CPU, weights=weights)


def rows_of(field: MorphemeField, batch: Any) -> list[int]:
    first = batch.text.words[batch.text.positions[0]].tolist()
    return [int(field.vocab.itos[word].removeprefix("r")) for word in first]


def epoch(field: MorphemeField, batches: EqualLengthIterator) -> list[list[int]]:
    return [rows_of(field, batch) for batch in batches]


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("size", [1, SIZE, 1000])
def test_each_review_comes_once_among_reviews_of_its_length(
    field: MorphemeField, seed: int | None, size: int
) -> None:
    batches = iterator(field, seed=seed, size=size)
    seen: list[int] = []
    number = 0
    for batch in batches:
        rows = rows_of(field, batch)
        assert 1 <= len(rows) <= size
        assert {int(LENGTHS[row]) for row in rows} == {len(batch.text.positions)}
        assert batch.label.dtype == torch.float32
        assert batch.label.tolist() == TARGETS[rows].tolist()
        seen += rows
        number += 1
    assert sorted(seen) == list(range(COUNT))
    assert len(batches) == number == sum(-(-n // size) for n in np.bincount(LENGTHS))


def test_only_the_rows_chosen_come(field: MorphemeField) -> None:
    rows = np.array([3, 11, 50, 51])
    found = epoch(field, iterator(field, rows=rows))
    assert sorted(row for batch in found for row in batch) == rows.tolist()


def test_the_order_is_the_seed_s(field: MorphemeField) -> None:
    first = epoch(field, iterator(field, seed=1))
    assert epoch(field, iterator(field, seed=1)) == first
    other = epoch(field, iterator(field, seed=2))
    assert other != first
    # Other batches too, not the same ones in another order.
    assert {frozenset(batch) for batch in other} != {frozenset(batch) for batch in first}
    lengths = [int(LENGTHS[batch[0]]) for batch in first]
    assert lengths != sorted(lengths)


def test_the_order_does_not_hang_on_what_was_drawn_before(field: MorphemeField) -> None:
    import random

    first = epoch(field, iterator(field, seed=1))
    random.seed(3)
    np.random.seed(3)
    torch.manual_seed(3)
    assert epoch(field, iterator(field, seed=1)) == first


def test_without_a_seed_the_order_is_fixed_by_length(field: MorphemeField) -> None:
    batches = iterator(field, seed=None)
    first = epoch(field, batches)
    assert epoch(field, batches) == first
    lengths = [int(LENGTHS[batch[0]]) for batch in first]
    assert lengths == sorted(lengths)


def test_skip_goes_on_exactly_where_another_stopped(field: MorphemeField) -> None:
    whole = epoch(field, iterator(field))
    for done in (0, 1, 7, len(whole) - 1, len(whole)):
        batches = iterator(field)
        batches.skip(done)
        assert epoch(field, batches) == whole[done:], done


def test_a_pass_after_the_skipped_one_is_whole(field: MorphemeField) -> None:
    batches = iterator(field)
    batches.skip(5)
    epoch(field, batches)
    assert sorted(row for batch in epoch(field, batches) for row in batch) == list(range(COUNT))


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(100, 0.05, 5), (2, 0.05, 1), (3, 0.99, 2), (10, 0.26, 3)]
)
def test_split_has_every_row_in_one_part(count: int, share: float, expected: int) -> None:
    training, validation = split_rows(count, share, seed=0)
    assert len(validation) == expected
    assert sorted([*training, *validation]) == list(range(count))
    assert (np.diff(training) > 0).all()
    assert (np.diff(validation) > 0).all()


def test_split_is_the_seed_s() -> None:
    one, again, other = (split_rows(1000, 0.1, seed)[1].tolist() for seed in (0, 0, 1))
    assert one == again
    assert one != other


STRATA = np.repeat([5, 0, 9, 2, 7], [500, 300, 37, 2, 1])
"""Groups of reviews, of which one has two and one a single one."""


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_strata_have_the_same_shares_in_both_parts(share: float, seed: int) -> None:
    strata = np.random.default_rng(8).permutation(STRATA)
    training, validation = split_rows(len(strata), share, seed, strata)
    assert len(validation) == round(len(strata) * share)
    assert sorted([*training, *validation]) == list(range(len(strata)))
    assert (np.diff(training) > 0).all()
    assert (np.diff(validation) > 0).all()
    for group in (5, 0, 9, 2, 7):
        of_group = int((strata == group).sum())
        kept = int((strata[validation] == group).sum())
        assert abs(kept - of_group * share) <= 1, group
        assert of_group - kept >= 1, group
    # As it stands in an unstratified split, the same seed gives the same parts.
    again = split_rows(len(strata), share, seed, strata)[1]
    assert np.array_equal(again, validation)
    assert not np.array_equal(split_rows(len(strata), share, seed + 2, strata)[1], validation)
    # The control: chance alone doesn't keep to the shares.
    plain = split_rows(len(strata), share, seed)[1]
    assert not np.array_equal(plain, validation)


def test_members_of_a_group_are_drawn_at_random() -> None:
    strata = np.repeat([0, 1], 100)
    drawn = np.zeros(200)
    for seed in range(300):
        drawn[split_rows(200, 0.1, seed, strata)[1]] += 1
    assert drawn.sum() == 300 * 20
    # Each 30 times, with a standard deviation of 5.2.
    assert drawn.min() > 8
    assert drawn.max() < 56


def test_rare_groups_take_turns() -> None:
    """200 groups of 10 at 5 %: half of them lend one, and not always the same half."""
    strata = np.repeat(np.arange(200), 10)
    lent = [set(strata[split_rows(2000, 0.05, seed, strata)[1]].tolist()) for seed in (0, 1)]
    assert [len(groups) for groups in lent] == [100, 100]
    assert lent[0] != lent[1]


@pytest.mark.parametrize(
    ("strata", "share", "expected"),
    [
        ([0, 1], 0.05, 1),  # nothing but single ones: one must validate
        ([0, 0], 0.05, 1),
        ([0, 1, 2, 3], 0.5, 2),
        ([0, 0, 1, 2], 0.9, 3),
        ([4] * 10, 0.2, 2),
    ],
)
def test_small_splits(strata: list[int], share: float, expected: int) -> None:
    training, validation = split_rows(len(strata), share, 0, np.array(strata))
    assert len(validation) == expected
    assert sorted([*training, *validation]) == list(range(len(strata)))
    if strata == [0, 0, 1, 2]:
        assert len(training) == 1


def test_weights_draw_with_replacement_and_by_the_seed(field: MorphemeField) -> None:
    rows = np.arange(10, 90)
    weights = np.where(rows % 3 == 0, 8.0, 1.0)

    def drawn(seed: int) -> list[list[int]]:
        batches = iterator(field, seed=seed, rows=rows, weights=weights)
        found = epoch(field, batches)
        assert len(batches) == len(found)
        return found

    first = drawn(1)
    assert drawn(1) == first
    assert drawn(2) != first
    for batch in first:
        assert len({int(LENGTHS[row]) for row in batch}) == 1
    counts = np.zeros(COUNT)
    for seed in range(100):
        flat = [row for batch in drawn(seed) for row in batch]
        assert len(flat) == len(rows)
        np.add.at(counts, flat, 1)
    assert counts[:10].sum() == counts[90:].sum() == 0
    share = counts[rows][rows % 3 == 0].sum() / counts.sum()
    expected = weights[rows % 3 == 0].sum() / weights.sum()
    assert abs(share - expected) < 0.02  # of 8,000 draws: five standard deviations


def test_skip_goes_on_in_a_drawn_epoch(field: MorphemeField) -> None:
    weights = np.linspace(1, 5, COUNT)
    whole = epoch(field, iterator(field, weights=weights))
    for done in (0, 1, 7, len(whole)):
        batches = iterator(field, weights=weights)
        batches.skip(done)
        assert epoch(field, batches) == whole[done:], done
