"""The last training: composed comments among real reviews, from a model's own opinion of these.

Sentences by which everybody tries a model (negated flaws, double negation, irony, turns) are too
rare among reviews to be learnt from them. `primer` composes them; the reviews beside them, whose
labels are what the model says already, keep it what it is (Li and Hoiem, "Learning without
forgetting", ECCV 2016).

Shapes: R reviews.
"""

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from distillation.calibrate import LEARNED, SEEN
from distillation.reviews import Reviews
from experiments.behaviour import read_cases
from numpy.typing import NDArray
from primer.apart import SURE_WORDS, apart_from
from primer.compose import Comment, compose, development, lexicon

from nsmc.inference.directory import open_model, write_again
from nsmc.inference.quantized import NGRAMS, SCALES, WIDE, WORDS, read_table
from nsmc.text.tokenizer import make_tokenizer

REAL, COMPOSED = 200_000, 72_000
"""Real reviews and composed comments, each read once."""
SURE, LIKELY = 0.98, 0.9
"""How sure the soft label of a word that says it all is, and of another composed comment: as sure
as that one costs more on reviews and teaches no more."""
COPIES, COPIES_AT_THE_END = (150, 8), (400, 15)
"""How often a pass reads a comment of one of `SURE_WORDS`, and of another word."""

_HARD = re.compile(
    "안 |않|못|없|지만|는데|은데|다고|라고|아까|보다|그래도|하지만|그런데|근데|기대|아니"
)
_LONGEST_HARD = 90
_WORD = "word"


def drawn(reviews: Reviews, count: int, seed: int) -> NDArray[np.int64]:
    """Numbers of real reviews, those with a negation or a turn twice as often.

    Two thirds have from five to eight stars, which no label was made of: what the model says of
    them is its opinion, and no memory.
    """
    known = ~np.isnan(reviews.known("all"))  # [R]
    rng = np.random.default_rng(seed)
    parts = []
    for pool, part in ((known & ~reviews.validates, count // 3), (~known, count - count // 3)):
        rows = np.flatnonzero(pool & (~np.isnan(reviews.labels) | ~known))
        texts = [reviews.texts[row] for row in rows.tolist()]
        hard = np.array([len(t) < _LONGEST_HARD and bool(_HARD.search(t)) for t in texts])
        odds = np.where(hard, 2.0, 1.0)
        parts.append(rng.choice(rows, min(part, len(rows)), replace=False, p=odds / odds.sum()))
    return np.concatenate(parts)


def composed(count: int, seed: int) -> list[Comment]:
    """Comments of the primer, none of which stands in tests/behaviour or what it is chosen by."""
    return list(islice(apart_from(compose(count + count // 4 + 50, seed), _measure()), count))


def sure_words(copies: tuple[int, int]) -> list[Comment]:
    """Comments of a word that says it all, each several times: reviews of one have noisy labels."""
    words = {word: int(sign == "+") for sign in "+-" for word in lexicon()["H", sign, "any"]}
    comments = (Comment(word, label, _WORD) for word, label in words.items())
    return [
        comment
        for comment in apart_from(comments, _measure())
        for _ in range(copies[comment.text not in SURE_WORDS])
    ]


def _measure() -> list[str]:
    """Comments that nothing is learnt from."""
    return [case.document for case in read_cases()] + [c.text for c in development()]


def primed_table(
    reviews: Reviews, rows: NDArray[np.int64], scores: NDArray[np.float64], comments: list[Comment]
) -> pd.DataFrame:
    """The table of the last training, with soft labels and a column that marks what validates.

    Args:
        reviews: all of them; the validation part keeps its labels.
        rows: the numbers of those that are learnt from.
        scores: [rows] the probability of positive by the model that is to learn.
        comments: composed ones.
    """
    validates = np.flatnonzero(reviews.validates)
    sure = [SURE if comment.family == _WORD else LIKELY for comment in comments]
    labels = [p if comment.label else 1 - p for p, comment in zip(sure, comments, strict=True)]
    texts = [reviews.texts[row] for row in (*validates.tolist(), *rows.tolist())]
    return pd.DataFrame(
        {
            "document": [*texts, *(comment.text for comment in comments)],
            "label": np.concatenate([reviews.labels[validates], scores, labels]).round(3),
            "validation": np.repeat([1, 0], [len(validates), len(rows) + len(comments)]),
        }
    )


def bare(model: Path, output: Path) -> None:
    """Write a finished model as one to train on: words as they are typed, no table in int8."""
    source = open_model(model)
    text = replace(source.config.text, spelling=False)
    weights = dict(source.weights())
    for name in (WORDS, NGRAMS):
        table = read_table(weights, name)
        if table is not None:
            weights[name] = table.rows(np.arange(len(table))).astype(np.float16)
    scale = weights.get(SCALES[WIDE], np.float32(1))
    weights[WIDE] = (weights[WIDE].astype(np.float32) * scale).astype(np.float16)
    write_again(
        source,
        output,
        config=replace(source.config, text=text),
        identity=make_tokenizer(text).identity(),
        learned=None,
        weights={name: values for name, values in weights.items() if name not in SCALES.values()},
    )


def words_of(model: Path, output: Path) -> None:
    """Write a finished model's words and training texts as `distillation.calibrate.learn_words`."""
    source = open_model(model)
    assert source.seen is not None and source.learned is not None
    output.mkdir(parents=True)
    (output / SEEN).write_bytes(source.seen)
    (output / LEARNED).write_bytes(source.learned)
