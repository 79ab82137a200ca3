"""Vectors of morphemes are the same in torch and in numpy (tests/inference/test_vectors.py)."""

from collections import Counter

import numpy as np
import pytest
import torch
from torchtext.vocab import Vocab

from nsmc.config.model import ModelConfig
from nsmc.data.corpus import Corpus
from nsmc.data.fields import MorphemeBatch, MorphemeField
from nsmc.data.special_units import UNKNOWN
from nsmc.inference.quantized import EmbeddingTable
from nsmc.inference.vectors import MorphemeVectors
from nsmc.model.embedding import MorphemeEmbedding
from tests.conftest import CorpusOf

REVIEWS = [["재밌", "다", "ㅋㅋㅋ"], ["재미없", "다", "다"]]
KNOWN = ["다", "재밌"]
BUCKETS = 50


def batch_of(corpus: Corpus, buckets: int, letters: bool) -> tuple[MorphemeBatch, list[str]]:
    """The tensors of a corpus of `REVIEWS` and the vocabulary."""
    field = MorphemeField(corpus, buckets, letters=letters)
    field.use_vocabulary(Vocab(Counter(KNOWN), specials=[UNKNOWN]))
    return field.process([0, 1]), field.vocab.itos


def embedding_of(buckets: int, *, sparse: bool = False) -> MorphemeEmbedding:
    torch.manual_seed(1)
    config = ModelConfig(embedding_size=6, subword_buckets=buckets)
    return MorphemeEmbedding(len(KNOWN) + 1, config, sparse=sparse)


@pytest.mark.parametrize(("buckets", "letters"), [(0, False), (BUCKETS, False), (BUCKETS, True)])
def test_runtime_makes_the_same_vectors(buckets: int, letters: bool, corpus_of: CorpusOf) -> None:
    batch, vocabulary = batch_of(corpus_of(REVIEWS), buckets, letters)
    embedding = embedding_of(buckets)
    for table in embedding.parameters():
        table.data = table.data.half().float()  # as stored
    tables = [EmbeddingTable(t.detach().half().numpy()) for t in embedding.parameters()]
    ngrams = tables[1] if buckets else None
    runtime = MorphemeVectors(vocabulary, tables[0], ngrams, letters=letters)
    expected = embedding(batch).detach().numpy()
    for b, review in enumerate(REVIEWS):
        rows, tokens = runtime(review)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(rows[tokens], expected[:, b], atol=1e-6)


def test_sparse_gradients_touch_only_the_rows_used(corpus_of: CorpusOf) -> None:
    batch, _ = batch_of(corpus_of(REVIEWS), BUCKETS, False)
    dense, sparse = embedding_of(BUCKETS), embedding_of(BUCKETS, sparse=True)
    for embedding in (dense, sparse):
        embedding(batch).pow(2).sum().backward()
    used = {
        "words.weight": set(batch.words.tolist()),
        "ngrams.weight": set(batch.ngrams.tolist()),
    }
    assert len(used["ngrams.weight"]) < BUCKETS
    expected = dict(dense.named_parameters())
    for name, parameter in sparse.named_parameters():
        gradient = parameter.grad
        assert gradient is not None
        assert gradient.is_sparse
        assert set(gradient.coalesce().indices()[0].tolist()) == used[name]
        torch.testing.assert_close(gradient.to_dense(), expected[name].grad)
