"""Which reviews of a corpus are for training, and which for validation.

Shapes: R reviews of a corpus, noisy copies of others among them; G groups of reviews.
"""

import numpy as np
from numpy.typing import NDArray

from nsmc.config.data import DataConfig
from nsmc.data.corpus import Corpus
from nsmc.errors import DataError
from nsmc.messages.translate import tr

Rows = NDArray[np.int64]


def split_corpus(corpus: Corpus, config: DataConfig, strata: Rows | None) -> tuple[Rows, Rows]:
    """Rows to train on and rows to validate on, each in rising order.

    A noisy copy of a review is trained on if its original is, and never validated on.

    Args:
        corpus: R reviews.
        config: which validate: those marked in a column, or a share of all.
        strata: [R] as `split_rows` takes them; a marked column needs none.

    Raises:
        DataError: a mark is neither 0, 1 nor empty, or a part is empty.
    """
    originals = corpus.originals  # the first rows of the corpus
    if config.validation_column:
        training, validation = _marked_rows(corpus, config.validation_column)
    elif originals < 2:
        raise DataError("expected at least 2 reviews, one to train and one to validate; found 1")
    else:
        groups = None if strata is None else strata[:originals]
        training, validation = split_rows(originals, config.validation, config.split_seed, groups)
    if corpus.copies is not None:
        trains = np.zeros(originals, dtype=bool)
        trains[training] = True
        training = np.append(training, np.flatnonzero(trains[corpus.copies]) + originals)
    return training, validation


def _marked_rows(corpus: Corpus, name: str) -> tuple[Rows, Rows]:
    column, source = corpus.labels[name], corpus.source["name"]
    numbers = column.numbers()  # [names]
    wrong = [i for i, number in enumerate(numbers) if number not in (0, 1)]
    column.refuse(wrong, source, tr("0, 1 (to validate on) or nothing"), empty_too=False)
    # The last one is for an empty cell, whose code is -1.
    validates = np.append(numbers == 1, False)[column.codes[: corpus.originals]]  # [originals]
    training, validation = np.flatnonzero(~validates), np.flatnonzero(validates)
    if not (len(training) and len(validation)):
        raise DataError(
            "{source}, column {name!r}: expected reviews to learn from (0) and reviews to "
            "validate on (1), found {learn:,} and {validate:,}",
            source=source,
            name=name,
            learn=len(training),
            validate=len(validation),
        )
    return training, validation


def split_rows(
    count: int, share: float, seed: int, strata: Rows | None = None
) -> tuple[Rows, Rows]:
    """Split ``count`` reviews at random into training and validation rows, each in file order.

    Both parts get at least one review.

    Args:
        count: reviews in all.
        share: of them to validate on.
        seed: of the permutation.
        strata: [count] groups that have the same shares in both parts, to within one review. A
            group of one review is for training, and so is at least one review of any other.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(count)  # [count]
    size = min(max(1, round(count * share)), count - 1)
    if strata is None:
        return np.sort(order[size:]), np.sort(order[:size])
    _, groups, sizes = np.unique(strata[order], return_inverse=True, return_counts=True)
    quotas = _group_quotas(sizes, size, generator)  # [G]
    # Each review's place within its group, in the order of the permutation.
    by_group = np.argsort(groups, kind="stable")  # [count]
    places = np.empty(count, np.int64)  # [count]
    places[by_group] = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    validates = places < quotas[groups]  # [count]
    return np.sort(order[~validates]), np.sort(order[validates])


def _group_quotas(sizes: Rows, total: int, generator: np.random.Generator) -> Rows:
    """How many of each group are among ``total`` of all: [G], by the largest remainders."""
    exact = sizes * (total / sizes.sum())  # [G]
    quotas: Rows = np.minimum(exact.astype(np.int64), sizes - 1)  # [G]
    # Equal remainders in a random order, or a class would be favoured for its name.
    tie = generator.permutation(len(sizes))  # [G]
    # One more for those furthest below their exact quota. The last review of a group is taken
    # only if nothing else is left: a table of a hundred labels and a hundred reviews.
    while (missing := total - int(quotas.sum())) > 0:
        spare = sizes - quotas > 1
        if not spare.any():
            spare = sizes > quotas
        chosen = np.lexsort((tie, quotas - exact, ~spare))[: min(missing, int(spare.sum()))]
        quotas[chosen] += 1
    return quotas
