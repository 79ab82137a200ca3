"""The same comment is dealt into one fold, and the folds are even."""

import numpy as np
import pytest

from nsmc.auditing.folds import assign_folds, labelled_otherwise, same_comments
from nsmc.data.corpus import Corpus


def corpus_of(reviews: list[list[int]]) -> Corpus:
    return Corpus(
        tokens=np.array([token for review in reviews for token in review], dtype=np.int32),
        offsets=np.cumsum([0, *(len(review) for review in reviews)]),
        labels={},
        morphemes=[str(number) for number in range(20)],
        identity={},
        source={"reviews": len(reviews)},
    )


def test_only_the_same_morphemes_in_the_same_order_are_the_same_comment() -> None:
    corpus = corpus_of([[1, 2], [2, 1], [1, 2], [1], [1, 2, 3], [1], [12]])
    assert same_comments(corpus).tolist() == [0, 1, 0, 2, 3, 2, 4]


def test_a_corpus_of_some_rows_has_their_morphemes() -> None:
    part = corpus_of([[1, 2], [3], [4, 5, 6]]).take(np.array([2, 0]))
    assert part.tokens.tolist() == [4, 5, 6, 1, 2]
    assert part.offsets.tolist() == [0, 3, 5]
    assert part.source == {"reviews": 2}


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_the_same_comment_is_in_one_fold_and_folds_are_even(folds: int) -> None:
    random = np.random.default_rng(0)
    groups = np.concatenate([np.arange(900), random.integers(0, 30, 300)])
    labels = random.integers(0, 2, len(groups))
    dealt = assign_folds(groups, labels, folds, seed=0)
    for group in range(30):
        assert len(set(dealt[groups == group].tolist())) == 1
    sizes = np.bincount(dealt, minlength=folds)
    assert sizes.min() > 0.95 * sizes.max()
    shares = [labels[dealt == fold].mean() for fold in range(folds)]
    assert max(shares) - min(shares) < 0.06
    assert (assign_folds(groups, labels, folds, seed=0) == dealt).all()
    assert (assign_folds(groups, labels, folds, seed=1) != dealt).any()


def test_counts_the_rows_of_the_same_comment_with_the_other_label() -> None:
    groups = np.array([0, 0, 0, 1, 2, 2])
    labels = np.array([1, 1, 0, 1, 0, 0])
    assert labelled_otherwise(groups, labels).tolist() == [1, 1, 2, 0, 0, 0]


def test_counts_those_with_any_other_of_many_labels() -> None:
    groups = np.array([0, 0, 0, 0, 1])
    labels = np.array([2, 2, 0, 1, 1])
    assert labelled_otherwise(groups, labels).tolist() == [2, 2, 3, 3, 0]
