"""Every epoch shows every review once, in batches of one length and an order of its own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from nsmc.config.data import DataConfig
from nsmc.data.batches import EqualLengthIterator, make_dataset
from nsmc.data.fields import MorphemeField

if TYPE_CHECKING:
    from tests.conftest import CorpusOf

COUNT = 97
SIZE = 8
LENGTHS = np.random.default_rng(5).integers(1, 7, COUNT)
LENGTHS[11] = 40  # a length of its own
TARGETS = np.array([[row % 3 == 0, row] for row in range(COUNT)], dtype=np.float32)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def field(corpus_of: CorpusOf) -> MorphemeField:
    """Reviews that each begin with a morpheme of their own, by which a batch shows who is in it."""
    units = [[f"r{row}", *["rest"] * (length - 1)] for row, length in enumerate(LENGTHS.tolist())]
    field = MorphemeField(corpus_of(units), buckets=0)
    field.count_vocabulary(np.arange(COUNT), DataConfig(min_freq=1))
    return field


def iterator(
    field: MorphemeField,
    *,
    seed: int | None = 1,
    rows: Any = None,
    size: int = SIZE,
    weights: Any = None,
    part: tuple[int, int] = (0, 1),
) -> EqualLengthIterator:
    dataset = make_dataset(field, np.arange(COUNT) if rows is None else rows, TARGETS)
    return EqualLengthIterator(dataset, size, seed=seed, device=CPU, weights=weights, part=part)


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
    result = epoch(field, iterator(field, rows=rows))
    assert sorted(row for batch in result for row in batch) == rows.tolist()


def test_the_order_is_the_seed_s(field: MorphemeField) -> None:
    first = epoch(field, iterator(field, seed=1))
    for global_seed in (random.seed, np.random.seed, torch.manual_seed):
        global_seed(3)  # what was drawn elsewhere before is nothing to it
    assert epoch(field, iterator(field, seed=1)) == first
    other = epoch(field, iterator(field, seed=2))
    assert other != first
    # Other batches too, not the same ones in another order.
    assert {frozenset(batch) for batch in other} != {frozenset(batch) for batch in first}
    lengths = [int(LENGTHS[batch[0]]) for batch in first]
    assert lengths != sorted(lengths)


def test_without_a_seed_the_order_is_fixed_by_length(field: MorphemeField) -> None:
    batches = iterator(field, seed=None)
    first = epoch(field, batches)
    assert epoch(field, batches) == first
    lengths = [int(LENGTHS[batch[0]]) for batch in first]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("weights", [None, np.linspace(1, 5, COUNT)])
def test_skip_goes_on_exactly_where_another_stopped(field: MorphemeField, weights: Any) -> None:
    whole = epoch(field, iterator(field, weights=weights))
    for done in (0, 1, 7, len(whole) - 1, len(whole)):
        batches = iterator(field, weights=weights)
        batches.skip(done)
        assert epoch(field, batches) == whole[done:], done
        # The pass after that is whole.
        assert sorted(row for batch in epoch(field, batches) for row in batch) == sorted(
            row for batch in whole for row in batch
        )


def test_parts_share_out_every_batch_of_a_training(field: MorphemeField) -> None:
    whole = epoch(field, iterator(field))
    parts = [list(iterator(field, part=(number, 3))) for number in range(3)]
    for rows, *batches in zip(whole, *parts, strict=True):
        assert {batch.reviews for batch in batches} == {len(rows)}
        counts = [round(batch.share * len(rows)) for batch in batches]
        assert sum(counts) == len(rows)
        assert max(counts) - min(counts) <= 1
        given = [rows_of(field, batch) for batch in batches]
        assert all(given)  # one that only stands in where there are too few
        taken = [part[:count] for part, count in zip(given, counts, strict=True)]
        assert sorted(row for part in taken for row in part) == sorted(rows)
        assert [len(part) for part in given] == [max(1, count) for count in counts]


def test_parts_score_every_review_once(field: MorphemeField) -> None:
    parts = [iterator(field, seed=None, part=(number, 3)) for number in range(3)]
    scored = [row for part in parts for batch in epoch(field, part) for row in batch]
    assert sorted(scored) == list(range(COUNT))


def test_weights_draw_with_replacement_and_by_the_seed(field: MorphemeField) -> None:
    rows = np.arange(10, 90)
    weights = np.where(rows % 3 == 0, 8.0, 1.0)

    def drawn(seed: int) -> list[list[int]]:
        batches = iterator(field, seed=seed, rows=rows, weights=weights)
        result = epoch(field, batches)
        assert len(batches) == len(result)
        return result

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
