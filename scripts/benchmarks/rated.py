"""Reviews with stars, parted once; a network trained on them and classic methods beside it.

Shapes: R reviews, F character n-grams.
"""

import argparse
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nsmc
from benchmarks.pages import machine_line
from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import Reviews, read_reviews
from nsmc.data.splits import split_rows
from nsmc.inference.directory import open_model
from nsmc.storage.bundle import read_json, write_json
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


def options_parser(about: str | None, results: Path) -> argparse.ArgumentParser:
    """The options that the measurements share.

    Args:
        about: the script's docstring.
        results: where figures go by default.
    """
    parser = argparse.ArgumentParser(description=(about or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--data-name", required=True, help="what the reviews are called")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for the runs")
    parser.add_argument("--rows", type=int, help="so many of the reviews alone")
    parser.add_argument("--test", type=int, default=50_000, help="reviews to test on")
    parser.add_argument("--results", type=Path, default=results, metavar="FILE")
    parser.add_argument("--set", action="append", default=[], help="as of nsmc train")
    return parser


def options(args: argparse.Namespace) -> str:
    """What else a command was given, to be written down with its figures."""
    rows = f" --rows {args.rows}" if args.rows else ""
    return rows + "".join(f" --set {field}" for field in args.set)


def about(results: dict[str, Any]) -> str:
    """What the figures of a table are of."""
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


def part(source: Path, output: Path, rows: int | None, test: int) -> Parts:
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
    for file, kept in reversed(list(zip((parts.train, parts.test), splits, strict=True))):
        texts = [taken.texts[place] for place in kept.tolist()]
        pd.DataFrame({"document": texts, COLUMN: stars[kept]}).to_parquet(file)
    return parts


def kept(file: Path, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a part of the measurement gave before, or gives now and is kept."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, measure())
    return dict(read_json(file))


def network(parts: Parts, place: Path, config: Config) -> dict[str, Any]:
    """Train a recipe, or go on with it, and measure it once on the test part."""
    ended = (place / "model").exists() and not (place / "checkpoints").exists()
    begun = (place / "checkpoints").exists()
    started = cpu_seconds()
    if not ended:
        nsmc.train(
            None if begun else config, data=parts.train, output=place, device="cpu", resume=begun
        )
    training = cpu_seconds() - started
    model = open_model(place)
    started = cpu_seconds()
    found = nsmc.evaluate(parts.test, model.path).to_dict()
    scoring = cpu_seconds() - started
    return {
        **{name: value for name, value in found.items() if name not in ("model", "data")},
        "validation": model.metrics["validation"],
        "best_epoch": model.metrics["best_epoch"],
        "parameters": model.metrics["parameters"],
        # What an interrupted training took before isn't known.
        "training_seconds": None if ended or begun else round(training, 1),
        "scoring_seconds": round(scoring, 1),
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


def best(values: Sequence[float], loss: Callable[[float], tuple[float, Any]]) -> tuple[float, Any]:
    """The value with the lowest loss, and what was made with it.

    Args:
        values: in the order in which they are tried; the first that is worse than one before ends
            the search, since the loss has one valley.
        loss: from a value to the loss and what was made.
    """
    lowest, chosen, made = float("inf"), values[0], None
    for value in values:
        found, what = loss(value)
        if found > lowest:
            break
        lowest, chosen, made = found, value, what
    return chosen, made


def cpu_seconds() -> float:
    """Seconds of processor time that this process and its ended children have taken."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usages = [resource.getrusage(one) for one in whose]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
