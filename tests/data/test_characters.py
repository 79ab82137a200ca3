"""The characters of a batch's reviews, against plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchtext.vocab import Vocab

from nsmc.data.batches import WIDTH, EqualLengthIterator, make_dataset
from nsmc.data.characters import CharacterBatch, CharacterRows
from nsmc.data.config import DataConfig
from nsmc.data.corpus import Corpus, build_corpus
from nsmc.data.fields import UNKNOWN, MorphemeField
from nsmc.data.reviews import read_reviews
from nsmc.text.config import TextConfig
from nsmc.text.subwords import subword_ids

UNITS = ["재밌", "다", "스펙터클", "ㅋㅋㅋ", "다큐", "👍"]
REVIEWS = [["재밌", "다", "ㅋㅋㅋ"], ["스펙터클", "다큐", "다"], ["👍", "다", "다"], ["다큐"]]
CPU = torch.device("cpu")


def corpus_of(reviews: list[list[str]], units: list[str]) -> Corpus:
    return Corpus(
        tokens=np.array([units.index(unit) for r in reviews for unit in r], dtype=np.int32),
        offsets=np.cumsum([0, *(len(review) for review in reviews)]).astype(np.int64),
        labels={},
        morphemes=units,
        identity={},
        source={},
    )


def tokens_of(reviews: list[list[str]]) -> Any:
    return np.array([[UNITS.index(unit) for unit in review] for review in reviews], np.int32)


@pytest.fixture(scope="module")
def of_sample(sample: Path) -> Corpus:
    return build_corpus(read_reviews(sample / "ratings_train.txt"), TextConfig())


def texts_of(corpus: Corpus) -> list[str]:
    """Each review's units end to end."""
    return [
        "".join(corpus.morphemes[token] for token in corpus.tokens[start:end])
        for start, end in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)
    ]


def counted(rows: CharacterRows, counts: list[int], *known: str, **options: int) -> list[str]:
    """The vocabulary from how often each of `UNITS` stands in the reviews."""
    config = DataConfig(**{"min_freq": 1, **options})  # type: ignore[arg-type]
    rows.count_vocabulary(np.array(counts), config, known, UNKNOWN)
    assert isinstance(rows.vocab, Vocab)
    found: list[str] = rows.vocab.itos
    return found


def test_a_vocabulary_counts_the_characters_of_the_units() -> None:
    rows = CharacterRows(UNITS, buckets=0)
    # 다 2 + 1, ㅋ 3 · 2, 재 밌 1, 큐 1; of what is in no review nothing.
    assert counted(rows, [1, 2, 0, 2, 1, 0]) == [UNKNOWN, "ㅋ", "다", "밌", "재", "큐"]
    assert counted(rows, [0, 0, 0, 0, 0, 3]) == [UNKNOWN, "👍"]
    assert rows.vocab["ㅋ"] == 0


@pytest.mark.parametrize(
    ("options", "known", "expected"),
    [
        ({"min_freq": 3}, [], ["ㅋ", "다"]),
        ({"min_freq": 7}, [], []),
        ({"max_size": 1}, [], ["ㅋ"]),
        ({"max_size": 2}, [], ["ㅋ", "다"]),
        # Known ones come behind, whether they stand in a unit or not, and once.
        ({"min_freq": 3}, ["클", "龍", "다"], ["ㅋ", "다", "龍", "클"]),
        ({"max_size": 1}, ["밌"], ["ㅋ", "밌"]),
    ],
)
def test_a_vocabulary_keeps_to_the_recipe(
    options: dict[str, int], known: list[str], expected: list[str]
) -> None:
    rows = CharacterRows(UNITS, buckets=0)
    assert counted(rows, [1, 2, 0, 2, 1, 0], *known, **options) == [UNKNOWN, *expected]


def test_a_field_counts_the_training_rows_alone(of_sample: Corpus) -> None:
    texts = texts_of(of_sample)
    chosen = np.arange(0, 600, 3)
    counter = Counter(character for row in chosen for character in texts[row])
    field = MorphemeField(of_sample, buckets=0, characters=0)
    config = DataConfig(min_freq=2)
    field.count_vocabulary(chosen, config, ["없는말"], ["龍"])
    assert field.characters is not None
    itos = field.characters.vocab.itos
    assert (itos[0], itos[-1]) == (UNKNOWN, "龍")
    assert set(itos[1:-1]) == {character for character, n in counter.items() if n >= 2}
    frequencies = [counter[character] for character in itos[1:-1]]
    assert frequencies == sorted(frequencies, reverse=True)
    assert field.vocab["없는말"] and not field.vocab["龍"]


def test_lengths_are_those_of_the_units_end_to_end(of_sample: Corpus) -> None:
    rows = CharacterRows(of_sample.morphemes, buckets=0)
    assert rows.lengths(of_sample).tolist() == [len(text) for text in texts_of(of_sample)]
    few = corpus_of(REVIEWS, UNITS)
    assert CharacterRows(UNITS, 7).lengths(few).tolist() == [6, 7, 3, 2]


def read_back(batch: CharacterBatch, distinct: int) -> list[list[tuple[int, list[int]]]]:
    """Each review's characters: their rows in the vocabulary and those of their n-grams."""
    words, positions = batch.words.tolist(), batch.positions.T.tolist()
    ends = [*batch.offsets.tolist()[1:], len(batch.ngrams)]
    ngrams = [batch.ngrams[a:b].tolist() for a, b in zip(batch.offsets, ends, strict=True)]
    assert len(words) == distinct
    return [
        [(words[place], ngrams[place]) for place in row[:length]]
        for row, length in zip(positions, batch.lengths.tolist(), strict=True)
    ]


def expected_of(text: str, vocabulary: list[str], buckets: int) -> list[tuple[int, list[int]]]:
    return [
        (
            vocabulary.index(c) if c in vocabulary else 0,
            subword_ids(c, buckets, letters=buckets > 0),
        )
        for c in text
    ]


@pytest.mark.parametrize("buckets", [0, 7, 1000])
def test_arrays_say_what_the_reviews_say(buckets: int) -> None:
    rows = CharacterRows(UNITS, buckets)
    vocabulary = counted(rows, [1, 2, 0, 2, 1, 0])  # without the characters of 스펙터클
    reviews = REVIEWS[:3]
    arrays = rows.arrays(tokens_of(reviews))
    assert all(array.dtype == np.int64 for array in arrays)
    batch = CharacterBatch(*map(torch.from_numpy, arrays))
    texts = ["".join(review) for review in reviews]
    assert batch.lengths.tolist() == [6, 7, 3]
    assert tuple(batch.positions.shape) == (7, 3)
    assert batch.positions.is_contiguous()
    found = read_back(batch, len(set("".join(texts))))
    assert found == [expected_of(text, vocabulary, buckets) for text in texts]
    # Behind a review stands something that can be looked up.
    assert int(batch.positions.min()) >= 0
    assert int(batch.positions.max()) < len(batch.words)


def test_another_vocabulary_replaces_the_first() -> None:
    rows = CharacterRows(UNITS, buckets=0)
    counted(rows, [1, 1, 1, 1, 1, 1])
    rows.use_vocabulary(Vocab(Counter("밌"), specials=[UNKNOWN]))
    words, _, _, positions, lengths = rows.arrays(tokens_of([["재밌", "다"]]))
    assert words[positions[:, 0]].tolist() == [0, 1, 0]
    assert lengths.tolist() == [3]


@pytest.mark.parametrize("buckets", [0, 64])
def test_a_fields_batches_have_the_same_reviews(of_sample: Corpus, buckets: int) -> None:
    field = MorphemeField(of_sample, 0, characters=buckets)
    field.count_vocabulary(np.arange(300), DataConfig(min_freq=2))
    assert field.characters is not None
    vocabulary = field.characters.vocab.itos
    texts = texts_of(of_sample)
    padded = False
    for length in np.unique(of_sample.lengths):
        chosen = np.flatnonzero(of_sample.lengths == length)[::-1][:20].tolist()
        batch = field.process(chosen).characters
        assert batch is not None
        of_batch = [texts[row] for row in chosen]
        padded |= len(set(map(len, of_batch))) > 1
        found = read_back(batch, len(set("".join(of_batch))))
        assert found == [expected_of(text, vocabulary, buckets) for text in of_batch]
    assert padded


def test_without_a_network_of_characters_there_are_none() -> None:
    field = MorphemeField(corpus_of(REVIEWS, UNITS), buckets=0)
    field.count_vocabulary(np.arange(3), DataConfig(min_freq=1))
    assert field.characters is None
    assert field.process([0, 1]).characters is None


def test_boundaries_are_no_characters() -> None:
    field = MorphemeField(corpus_of(REVIEWS, UNITS), buckets=0, characters=0, bounded=True)
    field.count_vocabulary(np.arange(4), DataConfig(min_freq=1))
    batch = field.process([0, 2])
    assert batch.characters is not None
    assert len(batch.positions) == 5
    assert batch.characters.lengths.tolist() == [6, 3]


COUNT, SIZE = 200, 8


@pytest.fixture(scope="module")
def wide_and_narrow() -> tuple[MorphemeField, list[int]]:
    """Reviews of two units, or three, of which the first is theirs alone and of any length."""
    sizes = np.random.default_rng(5).integers(1, 60, COUNT).tolist()
    # Each begins with a character of its own, by which a batch shows who is in it.
    units = [chr(0x4E00 + row) + "가" * (size - 1) for row, size in enumerate(sizes)]
    reviews = [[unit, *["다"] * (1 + row % 2)] for row, unit in enumerate(units)]
    field = MorphemeField(corpus_of(reviews, [*units, "다"]), buckets=0, characters=0)
    field.count_vocabulary(np.arange(COUNT), DataConfig(min_freq=1))
    return field, [size + 1 + row % 2 for row, size in enumerate(sizes)]


def epoch(field: MorphemeField, seed: int | None, weights: Any = None) -> list[list[int]]:
    """The rows of each batch."""
    dataset = make_dataset(field, np.arange(COUNT), np.zeros((COUNT, 1), np.float32))
    batches = EqualLengthIterator(dataset, SIZE, seed=seed, device=CPU, weights=weights)
    assert field.characters is not None
    itos = field.characters.vocab.itos
    found = []
    for batch in batches:
        read = batch.text.characters
        first = [itos[word] for word in read.words[read.positions[0]].tolist()]
        found.append([ord(character) - 0x4E00 for character in first])
    assert len(found) == len(batches)
    return found


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_reviews_of_about_as_many_characters_come_together(
    wide_and_narrow: tuple[MorphemeField, list[int]], seed: int | None
) -> None:
    field, lengths = wide_and_narrow
    found = epoch(field, seed)
    assert sorted(row for batch in found for row in batch) == list(range(COUNT))
    # One number of units each, as ever; and ranges of characters that only touch one another.
    ranges = defaultdict(list)
    for batch in found:
        (units,) = {row % 2 for row in batch}
        steps = [lengths[row] // WIDTH for row in batch]
        ranges[units].append((min(steps), max(steps)))
    for of_group in ranges.values():
        assert len(of_group) == 13
        of_group.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(of_group))
    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in found)
    assert padded < 1.15 * sum(lengths)  # 1.7 times, if chance alone decided


def test_chance_decides_among_those_and_on_the_order(
    wide_and_narrow: tuple[MorphemeField, list[int]],
) -> None:
    field, lengths = wide_and_narrow
    first, other = epoch(field, 1), epoch(field, 2)
    assert epoch(field, 1) == first
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in other}
    of_batches = [max(lengths[row] for row in batch) for batch in first]
    assert of_batches != sorted(of_batches)


def test_drawn_reviews_come_as_often_as_they_were_drawn(
    wide_and_narrow: tuple[MorphemeField, list[int]],
) -> None:
    field, _ = wide_and_narrow
    weights = np.where(np.arange(COUNT) < 20, 1.0, 0.0)
    found = [row for batch in epoch(field, 1, weights) for row in batch]
    assert len(found) == COUNT
    assert set(found) == set(range(20))
