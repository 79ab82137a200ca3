"""Texts of a language model have a mark at both ends."""

import numpy as np
import torch

from nsmc.config.data import DataConfig
from nsmc.data.corpus import Corpus
from nsmc.data.fields import MorphemeField
from nsmc.data.special_units import EOS, UNKNOWN
from nsmc.text.subwords import subword_ids

REVIEWS = [["가", "나", "나"], ["나", "가", "다"]]


def adds_eos(buckets: int = 0) -> MorphemeField:
    units = list(dict.fromkeys(unit for review in REVIEWS for unit in review))
    corpus = Corpus(
        tokens=np.array([units.index(u) for r in REVIEWS for u in r], dtype=np.int32),
        offsets=np.cumsum([0, *(len(r) for r in REVIEWS)]).astype(np.int64),
        labels={},
        morphemes=units,
        identity={},
        source={},
    )
    field = MorphemeField(corpus, buckets, adds_eos=True)
    field.count_vocabulary(np.array([0, 1]), DataConfig(min_freq=2))
    return field


def test_the_boundary_has_a_row_behind_the_unknown_unit() -> None:
    assert adds_eos().vocab.itos == [UNKNOWN, EOS, "나", "가"]


def test_every_review_of_a_batch_begins_and_ends_with_it() -> None:
    batch = adds_eos().process([0, 1])
    rows = batch.words[batch.positions]  # [T + 2, B]
    assert rows.T.tolist() == [[1, 3, 2, 2, 1], [1, 2, 3, 0, 1]]


def test_it_has_n_grams_of_its_own() -> None:
    field = adds_eos(buckets=1000)
    batch = field.process([0])
    first = int(batch.positions[0, 0])
    ends = [*batch.offsets.tolist(), len(batch.ngrams)]
    assert batch.ngrams[ends[first] : ends[first + 1]].tolist() == subword_ids(EOS, 1000)
    assert torch.equal(batch.positions[0], batch.positions[-1])


def test_further_units_get_rows_behind_those_counted() -> None:
    field = adds_eos()
    field.count_vocabulary(np.array([0, 1]), DataConfig(min_freq=2), ["다", "라", "나"])
    assert field.vocab.itos == [UNKNOWN, EOS, "나", "가", "다", "라"]
    batch = field.process([1])
    assert batch.words[batch.positions][:, 0].tolist() == [1, 2, 3, 4, 1]
