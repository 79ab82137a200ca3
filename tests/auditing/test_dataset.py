"""Duplicates are grouped and assigned to one fold, and the folds are even."""

import numpy as np
import pytest

from nsmc.auditing.dataset import count_conflicts
from nsmc.folds.assign import assign_folds, group_duplicates
from tests.conftest import CorpusOf


def test_only_the_same_morphemes_in_the_same_order_are_the_same_comment(
    corpus_of: CorpusOf,
) -> None:
    corpus = corpus_of(["ab", "ba", "ab", "a", "abc", "a", ["ab"]])
    assert group_duplicates(corpus).tolist() == [0, 1, 0, 2, 3, 2, 4]


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_the_same_comment_is_in_one_fold_and_folds_are_even(folds: int) -> None:
    random = np.random.default_rng(0)
    groups = np.concatenate([np.arange(900), random.integers(0, 30, 300)])
    labels = random.integers(0, 2, len(groups))
    fold_of = assign_folds(groups, labels, folds, seed=0)
    for group in range(30):
        assert len(set(fold_of[groups == group].tolist())) == 1
    sizes = np.bincount(fold_of, minlength=folds)
    assert sizes.min() > 0.95 * sizes.max()
    shares = [labels[fold_of == fold].mean() for fold in range(folds)]
    assert max(shares) - min(shares) < 0.06
    assert (assign_folds(groups, labels, folds, seed=0) == fold_of).all()
    assert (assign_folds(groups, labels, folds, seed=1) != fold_of).any()


@pytest.mark.parametrize(
    ("groups", "labels", "conflicts"),
    [
        ([0, 0, 0, 1, 2, 2], [1, 1, 0, 1, 0, 0], [1, 1, 2, 0, 0, 0]),
        ([0, 0, 0, 0, 1], [2, 2, 0, 1, 1], [2, 2, 3, 3, 0]),
    ],
)
def test_counts_the_rows_of_the_same_comment_with_any_other_label(
    groups: list[int], labels: list[int], conflicts: list[int]
) -> None:
    assert count_conflicts(np.array(groups), np.array(labels)).tolist() == conflicts
