"""The reviews that a model is distilled from: NSMC's training file and further ones.

Shapes: R reviews, those of the training file first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import read_reviews
from nsmc.data.splits import split_rows
from nsmc.text.normalize import normalize

Track = Literal["150k", "all"]
"""Whose labels are learnt from: those of the training file alone, or the further stars as well."""


@dataclass(frozen=True, eq=False)
class Reviews:
    """R reviews, of which the validation part is the one of a training on the training file."""

    texts: list[str]
    labels: NDArray[np.float64]
    """[R] 0 or 1 as the training file has them; NaN for further reviews."""
    stars: NDArray[np.float64]
    """[R] NaN for reviews of the training file and where there are none."""
    validates: NDArray[np.bool_]
    """[R]"""

    def known(self, track: Track) -> NDArray[np.float64]:
        """[R] 0 or 1 as far as a track may know: few stars are negative, many positive."""
        result = self.labels.copy()
        if track == "all":
            stars = Config().stars
            result[self.stars <= stars.negative_to] = 0
            result[self.stars >= stars.positive_from] = 1
        return result

    def table(self, **columns: NDArray[np.float64]) -> pd.DataFrame:
        """A table to train on, with a column that marks what validates."""
        marks = {"validation": self.validates.astype(np.int64)}
        return pd.DataFrame({"document": self.texts, **columns, **marks})


def read_all(train: Path, further: Path | None) -> Reviews:
    """Read the training file and a table of further reviews with a column ``rating``.

    Further reviews whose text is that of a validation review are left out: they would make the
    validation part easier than any test.
    """
    ours = read_reviews(train, label_columns=[LabelColumnSpec("label")])
    label = ours.labels["label"]
    labels = label.numbers()[label.codes]  # [reviews of the training file]
    data = Config().data
    _, rows = split_rows(len(labels), data.validation, data.split_seed)
    validates = np.zeros(len(labels), dtype=bool)
    validates[rows] = True
    if further is None:
        return Reviews(ours.texts, labels, np.full(len(labels), np.nan), validates)
    theirs = read_reviews(further, label_columns=[LabelColumnSpec("rating")])
    rating = theirs.labels["rating"]
    stars = rating.numbers()[rating.codes]
    held_back = {_form(ours.texts[row]) for row in rows.tolist()}
    saved = np.array([_form(text) not in held_back for text in theirs.texts], dtype=bool)
    texts = [text for text, keep in zip(theirs.texts, saved.tolist(), strict=True) if keep]
    count = len(texts)
    return Reviews(
        ours.texts + texts,
        np.append(labels, np.full(count, np.nan)),
        np.append(np.full(len(labels), np.nan), stars[saved]),
        np.append(validates, np.zeros(count, dtype=bool)),
    )


def _form(text: str) -> str:
    return normalize(text, 1000)
