"""Whether one model is better than another, told on the same reviews.

Letters: R reviews.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.evaluation.evaluate import reviews_file
from nsmc.evaluation.metrics import accuracy_interval
from nsmc.evaluation.paired import difference_interval, mcnemar, reviews_needed
from nsmc.evaluation.scored import CHUNK, open_classifier
from nsmc.runtime.classifier import Classifier
from nsmc.runtime.directory import open_model
from nsmc.text.config import TextConfig
from nsmc.workers import available_cores, map_chunks

SIGNIFICANT = 0.05
COLUMNS = {
    "row": "int64",
    "document": "str",
    "label": "int8",
    "label_a": "int8",
    "score_a": "float64",
    "label_b": "int8",
    "score_b": "float64",
    "right": "str",
}
"""What is told of a comment on which the models disagree, with its type in a table."""


def compare(
    model_a: Path | str | None,
    model_b: Path | str | None,
    data: Path | str | None = None,
    *,
    column: str | None = None,
    output: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score labelled reviews with two models, each at its own threshold, and compare them.

    Rows without a comment that is legible to both are left out and counted as ``skipped``.

    Args:
        model_a: a model directory; None takes the one inside the package.
        model_b: the other.
        data: as `nsmc.evaluate` takes it.
        column: the text column; None takes ``document``, else the only text column.
        output: a table for all comments on which they disagree; .csv .tsv .txt .jsonl .parquet.
        progress: called with reviews done since the last call and reviews in all.

    Returns:
        ``a`` and ``b`` (``model``, ``threshold``, ``accuracy``, ``accuracy_interval``,
        ``trained_on_it``: whether this very file was what it was trained on),
        ``examples``, ``labels`` (how many 0 and 1), ``table`` ([[both right, only A], [only B, both
        wrong]]), ``difference`` (accuracy B - accuracy A), ``difference_interval`` (95%),
        ``p_value`` (see `nsmc.evaluation.paired` for both), ``better`` ("a", "b", or None where
        chance may explain the difference), ``reviews_needed`` (to tell a difference of this size
        from chance with 80% certainty; None if it is told or there is none), ``disagreements`` (a
        dict of `COLUMNS` for each, farthest apart first), ``skipped``, ``data`` (path, sha256) and
        ``seconds``.

    Raises:
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: a model is missing or damaged.
        NsmcError: ``output`` can't be written; nothing is left under its name.
    """
    from nsmc.data.reviews import read_reviews

    started = time.perf_counter()
    classifiers = [open_classifier(model) for model in (model_a, model_b)]
    path = reviews_file(None if data is None else Path(data))
    reviews = read_reviews(path, column=column)
    texts = reviews.frame["document"].tolist()
    with _writing(None if output is None else Path(output), path) as write:
        scores = _scores(texts, classifiers, progress)  # [2, R]
        legible = ~np.isnan(scores).any(axis=0)  # [R]
        if not legible.any():
            raise DataError(f"{path}: no comment has anything legible in it")
        labels = reviews.frame["label"].to_numpy()  # [R]
        called = np.stack(
            [s >= c.threshold for s, c in zip(scores, classifiers, strict=True)]
        ).astype(np.int8)  # [2, R]
        right = (called == labels)[:, legible]  # [2, legible ones of R]
        apart = np.where(legible & (called[0] != called[1]), np.abs(scores[0] - scores[1]), -1)
        disagreements = [
            {
                "row": int(reviews.rows[i]),
                "document": texts[i],
                "label": int(labels[i]),
                "label_a": int(called[0, i]),
                "score_a": round(float(scores[0, i]), 6),
                "label_b": int(called[1, i]),
                "score_b": round(float(scores[1, i]), 6),
                "right": "A" if called[0, i] == labels[i] else "B",
            }
            for i in np.argsort(-apart, kind="stable")[: int((apart >= 0).sum())]
        ]
        write(disagreements)
    positive = int(labels[legible].sum())
    return {
        **{
            name: {
                "model": str(classifier.model.path),
                "threshold": classifier.threshold,
                "accuracy": float(correct.mean()),
                "accuracy_interval": accuracy_interval(int(correct.sum()), len(correct)),
                "trained_on_it": classifier.model.metrics.get("data", {}).get("sha256")
                == reviews.sha256,
            }
            for name, classifier, correct in zip("ab", classifiers, right, strict=True)
        },
        "examples": int(legible.sum()),
        "labels": [int(legible.sum()) - positive, positive],
        **_difference(right),
        "disagreements": disagreements,
        "skipped": reviews.skipped_empty + int((~legible).sum()),
        "data": {"path": str(path), "sha256": reviews.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }


def _scores(
    texts: list[str],
    classifiers: Sequence[Classifier],
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    """Probabilities [models, R], on all cores if the reviews are many."""
    for classifier in classifiers:
        # Opened here as well, so that its warning of other versions comes once and before all else.
        _ = classifier.tokenizer
    workers = available_cores() if len(texts) > 5 * CHUNK else 1
    make = partial(_here, classifiers)
    if workers > 1:
        make = partial(_in_worker, [classifier.model.path for classifier in classifiers])
    chunks = (texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK))
    scored = []
    for scores in map_chunks(chunks, make, workers):
        scored.append(scores)
        if progress:
            progress(scores.shape[1], len(texts))
    return np.concatenate(scored, axis=1)  # [models, R]


def _here(classifiers: Sequence[Classifier]) -> Callable[[list[str]], NDArray[np.float64]]:
    """A function from R comments to probabilities [models, R]."""

    def score(texts: list[str]) -> NDArray[np.float64]:
        # Models that cut comments alike share the morphemes.
        cut: dict[TextConfig, list[list[str]]] = {}
        for classifier in classifiers:
            if classifier.text_config not in cut:
                cut[classifier.text_config] = [classifier.tokenizer(text) for text in texts]
        return np.stack([c.score_morphemes(cut[c.text_config]) for c in classifiers])

    return score


def _in_worker(models: Sequence[Path]) -> Callable[[list[str]], NDArray[np.float64]]:
    return _here([Classifier(open_model(model)) for model in models])


def _difference(right: NDArray[np.bool_]) -> dict[str, Any]:
    """What follows from who was right [2, R] where."""
    a, b = right
    counts = [int(n.sum()) for n in (a & b, a & ~b, ~a & b, ~a & ~b)]
    both_right, only_a, only_b, both_wrong = counts
    reviews = sum(counts)
    low, high = difference_interval(*counts)
    p_value = mcnemar(only_a, only_b)
    # The interval and the test are of different making and may differ at the very edge.
    told = p_value < SIGNIFICANT and not low <= 0 <= high
    return {
        "table": [[both_right, only_a], [only_b, both_wrong]],
        "difference": (only_b - only_a) / reviews,
        "difference_interval": [low, high],
        "p_value": p_value,
        "better": ("b" if only_b > only_a else "a") if told else None,
        "reviews_needed": None if told else reviews_needed(only_a, only_b, reviews),
    }


@contextlib.contextmanager
def _writing(output: Path | None, like: Path) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
    """Open the table first, so that a place that can't be written is told before the scoring."""
    if output is None:
        yield lambda disagreements: None
        return
    import pandas as pd

    from nsmc.tables.table import open_table, open_writer

    with open_table(like) as table, open_writer(output, table) as writer:
        yield lambda disagreements: writer.write(
            pd.DataFrame(disagreements, columns=list(COLUMNS)).astype(COLUMNS)
        )
