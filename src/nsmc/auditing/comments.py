"""From the rows of a table to what can be judged.

Letters: R comments.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.text.config import TextConfig
from nsmc.text.normalize import normalize

if TYPE_CHECKING:
    from nsmc.data.corpus import Corpus
    from nsmc.data.reviews import Reviews

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many comments are done and how many there are in all."""


def legible(reviews: "Reviews", max_characters: int) -> "Reviews":
    """The reviews that have something legible in them: those that a corpus keeps.

    Args:
        reviews: as `read_reviews` gives them.
        max_characters: as `nsmc.text.config.TextConfig` has it.

    Raises:
        DataError: there is none.
    """
    texts = reviews.frame["document"]
    kept = np.array([bool(normalize(text, max_characters)) for text in texts])  # [R]
    if not kept.any():
        raise DataError(f"{reviews.path}: no comment has anything legible in it")
    return dataclasses.replace(
        reviews,
        frame=reviews.frame[kept].reset_index(drop=True),
        rows=reviews.rows[kept],
        skipped_empty=reviews.skipped_empty + int((~kept).sum()),
    )


def encoded(reviews: "Reviews", text: TextConfig, report: Progress) -> "Corpus":
    """Tokenize and encode reviews that are all legible."""
    from nsmc.data.corpus import build_corpus

    done, total = 0, len(reviews.rows)

    def tokenized(count: int) -> None:
        nonlocal done
        done += count
        report("tokenizing", done, total)

    corpus = build_corpus(reviews, text, progress=tokenized)
    assert len(corpus.labels) == total, "a legible comment has at least one morpheme"
    return corpus


def check_labels(
    path: Path, labels: NDArray[np.int8], groups: NDArray[np.int64], folds: int
) -> None:
    """Refuse a table whose labels can't be told right from wrong.

    Args:
        path: the table, for messages.
        labels: [R] 0 or 1.
        groups: [R] as `nsmc.auditing.folds.same_comments` gives them.
        folds: networks to be trained, 0 for none.

    Raises:
        DataError: a label has no comment, or too few different ones to train on.
    """
    for label, name in enumerate(("0 (negative)", "1 (positive)")):
        found = len(np.unique(groups[labels == label]))
        if not found:
            raise DataError(
                f"{path}: expected labels of both kinds to tell right from wrong ones by, found "
                f"no {name} among {len(labels):,}; add some, or score the comments with "
                "`nsmc predict --input` and look at the other ones"
            )
        if folds and found < 2 * folds:
            raise DataError(
                f"{path}: expected at least {2 * folds} different comments labelled {name} to "
                f"train {folds} networks on, found {found}; --folds 0 lets the shipped model "
                "judge them instead"
            )
