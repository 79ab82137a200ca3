"""The vocabulary and the tensors of a batch, against plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torchtext.vocab import Vocab

from nsmc.config.data import DataConfig
from nsmc.config.text import TextConfig
from nsmc.data.corpus import Corpus, Encoding, build_corpus
from nsmc.data.fields import MorphemeBatch, MorphemeField, TargetField
from nsmc.data.reviews import read_reviews
from nsmc.data.special_units import EOS, UNKNOWN
from nsmc.text.subwords import subword_ids

if TYPE_CHECKING:
    from tests.conftest import CorpusOf

REVIEWS = [["가", "나", "나"], ["가", "다", "다"], ["나", "라"], ["다", "다", "마"]]


@pytest.fixture(scope="module")
def of_sample(sample: Path) -> Corpus:
    return build_corpus(read_reviews(sample / "ratings_train.txt"), Encoding(TextConfig()))


def test_vocabulary_counts_the_training_rows_alone(corpus_of: CorpusOf) -> None:
    field = MorphemeField(corpus_of(REVIEWS), buckets=0)
    field.count_vocabulary(np.array([0, 2]), DataConfig(min_freq=1))
    assert isinstance(field.vocab, Vocab)
    assert field.vocab.itos == [UNKNOWN, "나", "가", "라"]  # 3, 1 and 1 times; 다, 마 never
    field.count_vocabulary(np.array([1, 3]), DataConfig(min_freq=1))
    assert field.vocab.itos == [UNKNOWN, "다", "가", "마"]
    # Those of a model that a training starts from keep their order, the most frequent first.
    field.count_vocabulary(np.array([1, 3]), DataConfig(min_freq=1), ["하", "가", "나"])
    assert field.vocab.itos == [UNKNOWN, "다", "가", "마", "하", "나"]


def test_vocabulary_keeps_to_min_freq_and_max_size(corpus_of: CorpusOf) -> None:
    field = MorphemeField(corpus_of(REVIEWS), buckets=0)
    rows = np.arange(4)  # 다 4, 나 3, 가 2, 라 1, 마 1
    for min_freq, max_size, saved in [
        (1, 99, ["다", "나", "가", "라", "마"]),
        (2, 99, ["다", "나", "가"]),
        (3, 99, ["다", "나"]),
        (9, 99, []),
        (1, 2, ["다", "나"]),
        (1, 4, ["다", "나", "가", "라"]),
        (3, 1, ["다"]),
    ]:
        field.count_vocabulary(rows, DataConfig(min_freq=min_freq, max_size=max_size))
        assert field.vocab.itos == [UNKNOWN, *saved], (min_freq, max_size)
        assert field.vocab["없는말"] == 0


@pytest.mark.parametrize("buckets", [0, 7, 1000])
def test_tensors_of_a_batch_say_what_its_reviews_say(of_sample: Corpus, buckets: int) -> None:
    field = MorphemeField(of_sample, buckets)
    field.count_vocabulary(np.arange(300), DataConfig(min_freq=2))
    by_length = defaultdict(list)
    for row, length in enumerate(of_sample.lengths.tolist()):
        by_length[length].append(row)
    seen_unknown = False
    for length, rows in by_length.items():
        chosen = rows[::-1][:20]
        batch = field.process(chosen)
        assert isinstance(batch, MorphemeBatch)
        assert all(tensor.dtype == torch.int64 for tensor in batch[:4])
        assert tuple(batch.positions.shape) == (length, len(chosen))
        texts = [
            [of_sample.morphemes[t] for t in of_sample.tokens[start : start + length]]
            for start in of_sample.offsets[chosen]
        ]
        assert len(batch.words) == len({m for text in texts for m in text})
        ends = [*batch.offsets.tolist()[1:], len(batch.ngrams)]
        described = [
            (row, batch.ngrams[start:end].tolist())
            for row, start, end in zip(
                batch.words.tolist(), batch.offsets.tolist(), ends, strict=True
            )
        ]
        itos = field.vocab.itos
        for b, text in enumerate(texts):
            for t, morpheme in enumerate(text):
                row = itos.index(morpheme) if morpheme in itos else 0
                seen_unknown |= row == 0
                result = described[batch.positions[t, b]]
                assert result == (row, subword_ids(morpheme, buckets))
    assert seen_unknown


def test_another_vocabulary_replaces_the_first(corpus_of: CorpusOf) -> None:
    field = MorphemeField(corpus_of(REVIEWS), buckets=0)
    field.count_vocabulary(np.arange(4), DataConfig(min_freq=1))
    field.use_vocabulary(Vocab(Counter({"라": 1}), specials=[UNKNOWN]))
    batch = field.process([2])
    assert batch.words[batch.positions[:, 0]].tolist() == [0, 1]


def test_labels_are_rows_of_the_targets() -> None:
    targets = np.array([[0, 5], [1, np.nan], [1, 9]], dtype=np.float32)
    labels = TargetField(targets).process([2, 0, 1], device=torch.device("cpu"))
    assert labels.dtype == torch.float32
    assert str(labels.tolist()) == "[[1.0, 9.0], [0.0, 5.0], [1.0, nan]]"
    # A task without labels still tells how many reviews there are.
    assert TargetField(np.empty((3, 0), np.float32)).process([2, 0]).shape == (2, 0)


def test_texts_of_a_language_model_have_a_mark_at_both_ends(corpus_of: CorpusOf) -> None:
    corpus = corpus_of([["가", "나", "나"], ["나", "가", "다"]])
    field = MorphemeField(corpus, buckets=1000, adds_eos=True)
    rows, config = np.array([0, 1]), DataConfig(min_freq=2)
    field.count_vocabulary(rows, config)
    assert field.vocab.itos == [UNKNOWN, EOS, "나", "가"]
    batch = field.process([0, 1])
    assert batch.words[batch.positions].T.tolist() == [[1, 3, 2, 2, 1], [1, 2, 3, 0, 1]]
    # It has n-grams of its own.
    first = int(batch.positions[0, 0])
    ends = [*batch.offsets.tolist(), len(batch.ngrams)]
    assert batch.ngrams[ends[first] : ends[first + 1]].tolist() == subword_ids(EOS, 1000)
    assert torch.equal(batch.positions[0], batch.positions[-1])
    # Further units get rows behind those counted.
    field.count_vocabulary(rows, config, ["다", "라", "나"])
    assert field.vocab.itos == [UNKNOWN, EOS, "나", "가", "다", "라"]
    batch = field.process([1])
    assert batch.words[batch.positions][:, 0].tolist() == [1, 2, 3, 4, 1]
