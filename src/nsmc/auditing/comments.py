"""From the rows of a table to what can be judged.

Shapes: R comments.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.results import ENGLISH
from nsmc.config.text import TextConfig
from nsmc.errors import DataError
from nsmc.tasks.predictions import ClassPredictions
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
        max_characters: as `nsmc.config.text.TextConfig` has it.

    Raises:
        DataError: there is none.
    """
    kept = np.array([bool(normalize(text, max_characters)) for text in reviews.texts])  # [R]
    if not kept.any():
        raise DataError(f"{reviews.path}: no comment has anything legible in it")
    found = reviews.take(np.flatnonzero(kept))
    return dataclasses.replace(found, skipped_empty=reviews.skipped_empty + int((~kept).sum()))


def encoded(
    reviews: "Reviews", text: TextConfig, learned: bytes | None, report: Progress
) -> "Corpus":
    """Tokenize and encode reviews that are all legible; ``learned`` as `build_corpus` takes it."""
    from nsmc.data.corpus import build_corpus

    done, total = 0, len(reviews.rows)

    def tokenized(count: int) -> None:
        nonlocal done
        done += count
        report("tokenizing", done, total)

    corpus = build_corpus(reviews, text, learned=learned, progress=tokenized)
    assert len(corpus) == total, "a legible comment has at least one morpheme"
    return corpus


def check_labels(
    path: Path, choices: ClassPredictions, groups: NDArray[np.int64], folds: int
) -> None:
    """Refuse a table whose labels can't be told right from wrong.

    Args:
        path: the table, for messages.
        choices: the labels of R comments.
        groups: [R] as `nsmc.auditing.folds.same_comments` gives them.
        folds: networks to be trained, 0 for none.

    Raises:
        DataError: there is one label alone, or too few different comments of one to train on.
    """
    labels = choices.labels  # [R]
    pairs = np.unique(labels * len(groups) + groups)
    different = np.bincount(pairs // len(groups), minlength=len(choices.names))  # [C]
    called = [
        _called(value, name) for value, name in zip(choices.values, choices.names, strict=True)
    ]
    if np.count_nonzero(different) < 2:
        missing = called[int(different.argmin())] if len(called) == 2 else "other one"
        raise DataError(
            f"{path}: expected labels of both kinds to tell right from wrong ones by, found "
            f"no {missing} among {len(labels):,}; add some, or score the comments with "
            "`nsmc predict --input` and look at the other ones"
        )
    for name, found in zip(called, different.tolist(), strict=True):
        if folds and found < 2 * folds:
            raise DataError(
                f"{path}: expected at least {2 * folds} different comments labelled {name} to "
                f"train {folds} networks on, found {found}; {_instead(choices)}"
            )


def _called(value: object, name: str) -> str:
    """A label for a message: ``0 (negative)``, or the name of a class."""
    return f"{value} ({ENGLISH[value]})" if isinstance(value, int) else repr(name)


def _instead(choices: ClassPredictions) -> str:
    if isinstance(choices.values[0], int):
        return "--folds 0 lets the shipped model judge them instead"
    return "leave out or put together the rarest classes, or let a model judge them with --model"
