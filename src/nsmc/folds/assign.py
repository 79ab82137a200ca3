"""Which comment is in which fold.

Shapes: R comments, G groups of the same comment, N units of all comments.
"""

import numpy as np
from numpy.typing import NDArray

from nsmc.data.corpus import Corpus


def group_duplicates(corpus: Corpus) -> NDArray[np.int64]:
    """A number [R] that comments with the very same units share, from 0 up.

    Units and not characters: comments that a network can't tell apart are the same.
    """
    groups: dict[bytes, int] = {}
    tokens = np.ascontiguousarray(corpus.tokens)  # [N]
    comments = np.split(tokens, corpus.offsets[1:-1])
    return np.array([groups.setdefault(c.tobytes(), len(groups)) for c in comments], np.int64)


def assign_folds(
    duplicates: NDArray[np.int64], labels: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """Assign comments to folds [R], from 0, of about one size and one share of each label.

    The same comment is in one fold wherever it is: a network that has learnt from it, with its
    label, would give what it has learnt by heart.

    Args:
        duplicates: [R] as `group_duplicates` gives them.
        labels: [R] the class of each.
        folds: how many.
        seed: decides which comments are together.
    """
    _, first, sizes = np.unique(duplicates, return_index=True, return_counts=True)  # [G]
    order = np.random.default_rng(seed).permutation(len(first))  # [G]
    # The largest groups first and label by label, then in turns: folds come out even.
    order = order[np.lexsort((labels[first][order], -sizes[order]))]
    fold_of_group = np.empty(len(first), dtype=np.int64)  # [G]
    fold_of_group[order] = np.arange(len(first)) % folds
    return fold_of_group[duplicates]
