"""The early exit of a distilled model, learnt from the reviews of its training."""

from pathlib import Path

import numpy as np
from distillation.primed import COPIES_AT_THE_END, composed, sure_words
from distillation.reviews import Reviews

from nsmc.inference.classifier import load
from nsmc.pipeline.chunks import chunks_of
from nsmc.pipeline.classify import Units, map_units
from nsmc.training.early_exit import UNIT_END, write_exit

LEARNS, COMPOSED = 170_000, 25_000
"""Reviews that it learns from, and composed comments: without these it would answer everyday ones
as the model did before the primer. Words that have to be known come on top, `COPIES_AT_THE_END`
times."""


def exit_of(model: Path, reviews: Reviews) -> dict[str, float]:
    """Train the exit of a model directory, write it there and return its record."""
    generator = np.random.default_rng(0)
    learns = generator.permutation(np.flatnonzero(~reviews.validates))[:LEARNS]
    rows = np.append(learns, np.flatnonzero(reviews.validates))
    primer = composed(COMPOSED, seed=300) + sure_words(COPIES_AT_THE_END)
    comments = [comment.text for comment in primer]
    texts = [*comments, *(reviews.texts[row] for row in rows.tolist())]
    pieces = map_units(chunks_of(texts), load(model).tokenizer, _joined)
    units = [one for piece in pieces for one in piece]
    truth = reviews.labels[rows[len(learns) :], None].astype(np.float32)
    return write_exit(model, units, len(comments) + len(learns), truth)


def _joined(units: Units) -> list[str]:
    return [UNIT_END.join(one) for one in units]
