"""Who is scored by which network: comments dealt into folds, the same comment into one.

Shapes: R comments.
"""

import numpy as np
from numpy.typing import NDArray

from nsmc.data.corpus import Corpus


def same_comments(corpus: Corpus) -> NDArray[np.int64]:
    """A number [R] for each comment that those with the very same morphemes share, from 0 up.

    Morphemes and not letters: what the network can't tell apart is the same comment.
    """
    numbers: dict[bytes, int] = {}
    ends = corpus.offsets[1:].tolist()
    starts = [0, *ends[:-1]]
    tokens = np.ascontiguousarray(corpus.tokens)
    return np.array(
        [
            numbers.setdefault(tokens[start:end].tobytes(), len(numbers))
            for start, end in zip(starts, ends, strict=True)
        ],
        dtype=np.int64,
    )


def assign_folds(
    groups: NDArray[np.int64], labels: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """Deal comments into folds of about one size and one share of each label.

    Comments of one group go into one fold: were the same comment, with its label, among those that
    a network has learnt from, its probability would tell what was learnt by heart.

    Args:
        groups: [R] as `same_comments` gives them.
        labels: [R] the class of each.
        folds: how many.
        seed: decides who goes where.

    Returns:
        [R] numbers of folds, from 0.
    """
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)  # [groups]
    order = np.random.default_rng(seed).permutation(len(first))  # [groups]
    # The commonest first and label by label, then dealt like cards: folds come out even.
    order = order[np.lexsort((labels[first][order], -sizes[order]))]
    fold_of_group = np.empty(len(first), dtype=np.int64)  # [groups]
    fold_of_group[order] = np.arange(len(first)) % folds
    return fold_of_group[groups]


def labelled_otherwise(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """In how many other rows [R] the same comment stands with another label."""
    pairs = groups * (int(labels.max()) + 1) + labels  # [R]
    _, pair, alike = np.unique(pairs, return_inverse=True, return_counts=True)
    others: NDArray[np.int64] = np.bincount(groups)[groups] - alike[pair]
    return others
