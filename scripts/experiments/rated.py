"""Reviews with stars, parted once; a network trained on them and classic methods beside it.

Shapes: R reviews, F character n-grams.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pages import machine_line

import nsmc
from experiments.experiment import Results, cpu_seconds, train_once
from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import Reviews, read_reviews
from nsmc.data.splits import split_rows
from nsmc.text.normalize import normalize

COLUMN = "rating"
VALIDATION = 0.05
"""Of the training part, for the epoch of a network and the penalty of a classic method alike."""


@dataclass(frozen=True)
class Parts:
    """The files of one split."""

    train: Path
    test: Path

    def about(self) -> dict[str, Any]:
        """Sizes, to stand beside figures."""
        return {
            part: {"reviews": len(reviews.texts), "sha256": reviews.sha256}
            for part, reviews in (("train", rated(self.train)), ("test", rated(self.test)))
        }


def add_rated_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that the experiments with stars share."""
    parser.add_argument("--rows", type=int, help="so many of the reviews alone")
    parser.add_argument("--test", type=int, default=50_000, help="reviews to test on")
    parser.add_argument("--set", action="append", default=[], help="as of nsmc train")


def about(results: dict[str, Any]) -> str:
    """What data and machine a table's numbers come from."""
    train, test = (results[part]["reviews"] for part in ("train", "test"))
    return (
        f"Ratings from 1 to 10 of {results['data']}: {train:,} reviews to train and choose on, "
        f"{test:,} to test; networks with {', '.join(results['set'])}. Minutes are of one core. "
        f"{machine_line(results['machine'])}"
    )


def rated(path: Path) -> Reviews:
    """Reviews with their stars."""
    return read_reviews(path, column="document", label_columns=[LabelColumnSpec(COLUMN)])


def stars_of(reviews: Reviews) -> NDArray[np.float64]:
    """[R] the stars."""
    column = reviews.labels[COLUMN]
    return column.numbers()[column.codes]


def split_once(source: Path, output: Path, rows: int | None, test: int) -> Parts:
    """Split a table of rated reviews by a fixed seed into files under ``output``, or find them.

    Reviews without anything legible are left out: no method can say a thing of them.

    Args:
        source: the table.
        output: where the files go.
        rows: take so many reviews at random; None takes all.
        test: reviews of the test part, with the same shares of all stars as the training part.
    """
    parts = Parts(output / "train.parquet", output / "test.parquet")
    if parts.train.exists() and parts.test.exists():
        return parts
    import pandas as pd

    output.mkdir(parents=True, exist_ok=True)
    reviews = rated(source)
    legible = [place for place, text in enumerate(reviews.texts) if normalize(text, 1000)]
    chosen = np.random.default_rng(0).permutation(legible)[:rows]  # [rows]
    taken = reviews.take(np.sort(chosen))
    stars = stars_of(taken).astype(np.int64)  # [rows]
    splits = split_rows(len(stars), test / len(stars), 0, stars)
    # The training part last: it is there when both are.
    for file, rows_of_part in reversed(list(zip((parts.train, parts.test), splits, strict=True))):
        texts = [taken.texts[place] for place in rows_of_part.tolist()]
        pd.DataFrame({"document": texts, COLUMN: stars[rows_of_part]}).to_parquet(file)
    return parts


def network(parts: Parts, output: Path, config: Config) -> Results:
    """Train a network, or resume that, and measure it once on the test part."""
    metrics, training_seconds = train_once(config, parts.train, output)
    started = cpu_seconds()
    test = nsmc.evaluate(parts.test, output).to_dict()
    return {
        **{name: value for name, value in test.items() if name not in ("model", "data")},
        "validation": metrics["validation"],
        "best_epoch": metrics["best_epoch"],
        "parameters": metrics["parameters"],
        "training_seconds": training_seconds,
        "scoring_seconds": round(cpu_seconds() - started, 1),
    }


@dataclass(frozen=True)
class Grams:
    """Weighted character n-grams of the same reviews, and how long they took to make."""

    train: Any
    """[R, F] sparse, of what is learnt from; and so on."""
    validation: Any
    test: Any
    train_stars: NDArray[np.float64]
    validation_stars: NDArray[np.float64]
    test_stars: NDArray[np.float64]
    seconds: float
    about: str = "TF-IDF (sublinear) of character 1-4-grams in at least 5 reviews"


def grams(parts: Parts) -> Grams:
    """TF-IDF of character 1-4-grams, fitted to the training part less its validation reviews."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    train, test = rated(parts.train), rated(parts.test)
    stars = stars_of(train)  # [R]
    learnt, validation = split_rows(len(stars), VALIDATION, 0, stars.astype(np.int64))
    started = cpu_seconds()
    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 4), min_df=5, sublinear_tf=True, dtype=np.float32
    )
    fitted = vectorizer.fit_transform([train.texts[place] for place in learnt.tolist()])
    return Grams(
        fitted,
        vectorizer.transform([train.texts[place] for place in validation.tolist()]),
        vectorizer.transform(test.texts),
        stars[learnt],
        stars[validation],
        stars_of(test),
        cpu_seconds() - started,
    )


def first_minimum(
    values: Sequence[float], fit: Callable[[float], tuple[float, Any]]
) -> tuple[float, Any]:
    """The value with the lowest loss, and what was fitted with it.

    Args:
        values: in the order in which they are tried; the first one with a higher loss than one
            before ends the search, since the loss has one valley.
        fit: from a value to the loss and the fitted model.
    """
    lowest, chosen, fitted = float("inf"), values[0], None
    for value in values:
        loss, model = fit(value)
        if loss > lowest:
            break
        lowest, chosen, fitted = loss, value, model
    return chosen, fitted
