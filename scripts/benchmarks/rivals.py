"""Ways to tell 긍정 from 부정 that are trained on the same reviews and kept, each with its scorer.

Shapes: R reviews, F n-grams.
"""

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from experiments.experiment import train_once
from experiments.rated import first_minimum
from numpy.typing import NDArray

from benchmarks.contenders import FASTTEXT
from nsmc.config.schema import Config
from nsmc.data.cache import TRAIN_FILE, training_corpus
from nsmc.data.corpus import Encoding
from nsmc.data.reviews import read_reviews
from nsmc.data.splits import split_rows
from nsmc.evaluation.evaluate import TEST_FILE
from nsmc.inference.classifier import load
from nsmc.inference.directory import open_model
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import sha256_of, whole_directory
from nsmc.tasks.registry import make_task
from nsmc.tasks.sentiment import Sentiment
from nsmc.text.normalize import normalize
from nsmc.text.tokenizer import make_tokenizer

LONGEST = 1000
"""Characters that the normalizer leaves of a comment."""
PENALTIES = (1.0, 3.0, 10.0, 30.0)
"""C of a logistic regression, from the lowest: the search ends where it gets worse."""
EPOCHS = (1, 2, 3, 5, 8)
"""Passes of fastText, likewise."""
Scorer = Callable[[list[str]], NDArray[np.float64]]
"""From comments as typed to how far each is above the threshold of 긍정 [R]."""


@dataclass(frozen=True)
class Rival:
    """One line of the comparison."""

    place: Path
    """The directory of what it has learnt; its files are its size."""
    train: Callable[[], dict[str, Any]]
    """Fills ``place``, unless it is, and tells ``training_seconds`` and what was chosen."""
    open: Callable[[], Scorer]
    """Reads ``place``."""

    def bytes(self) -> int:
        """What it takes on disk."""
        return sum(file.stat().st_size for file in self.place.iterdir() if file.is_file())


@dataclass(frozen=True)
class Labelled:
    """R reviews with something legible in them."""

    texts: list[str]
    labels: NDArray[np.bool_]
    """[R] whether each is positive."""
    sha256: str

    @cached_property
    def normalized(self) -> list[str]:
        """[R] the comments in the one form that everything is compared by."""
        return [normalize(text, LONGEST) for text in self.texts]


def labelled(file: Path) -> Labelled:
    """Read reviews that are labelled 0 and 1."""
    task = Sentiment(Config())
    reviews = read_reviews(file, label_columns=task.label_columns())
    saved = np.array([bool(normalize(text, LONGEST)) for text in reviews.texts])  # [R]
    reviews = reviews.take(np.flatnonzero(saved))
    labels = task.targets(reviews.labels, str(file))[:, 0] > 0  # [R]
    return Labelled(reviews.texts, labels, reviews.sha256)


class Split:
    """One directory's reviews; what is chosen is chosen on the default recipe's validation part."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.train = labelled(data / TRAIN_FILE)
        self.test = labelled(data / TEST_FILE)
        recipe = Config().data
        self.learnt, self.validation = split_rows(
            len(self.train.texts), recipe.validation, recipe.split_seed
        )

    def morphemes(self) -> list[list[str]]:
        """The training comments cut by the default tokenizer: once, and found again later."""
        corpus = training_corpus(
            self.data, Encoding(Config().text, label_columns=make_task(Config()).label_columns())
        )
        assert len(corpus) == len(self.train.texts)
        return list(corpus.units())

    def unseen(self) -> NDArray[np.bool_]:
        """[R] which test comments stand nowhere among the training ones, both normalized."""
        known = set(self.train.normalized)
        return np.array([text not in known for text in self.test.normalized])


def linear(split: Split, place: Path, *, characters: bool) -> Rival:
    """Logistic regression on TF-IDF of character 1-4-grams, or of morpheme 1-2-grams."""
    training: Callable[[], Sequence[Any]]
    documents: Callable[[list[str]], Sequence[Any]]
    if characters:
        shape = {"analyzer": "char", "ngram_range": (1, 4), "min_df": 5}
        training, documents = lambda: split.train.texts, list
    else:
        shape = {"ngram_range": (1, 2), "min_df": 2, "token_pattern": None, "lowercase": False}
        shape |= {"tokenizer": _as_it_is, "preprocessor": _as_it_is}
        training, documents = split.morphemes, _cut
    options = {**shape, "sublinear_tf": True, "dtype": np.float32}

    def train() -> dict[str, Any]:
        if not place.exists():
            _train_linear(split, training(), options, place)
        return dict(read_json(place / "facts.json"))

    return Rival(place, train, lambda: _open_linear(place, options, documents))


def fasttext(split: Split, place: Path) -> Rival:
    """FastText on morphemes, their bigrams and character n-grams."""

    def train() -> dict[str, Any]:
        if not place.exists():
            _train_fasttext(split, place)
        return dict(read_json(place / "facts.json"))

    return Rival(place, train, lambda: _open_fasttext(place))


def recipe(split: Split, output: Path, config: Config) -> Rival:
    """A network of this package, trained here by one of its recipes."""

    def train() -> dict[str, Any]:
        train_once(config, split.data, output)
        return _facts(output / "model", None)

    return Rival(output / "model", train, lambda: _open_own(output / "model"))


def model(path: Path | None, seconds: float | None = None) -> Rival:
    """A model directory as it is; None is the shipped one.

    Args:
        path: the directory.
        seconds: that its training took; None takes what the directory says.
    """
    directory = open_model(path)
    return Rival(
        directory.path,
        lambda: _facts(directory.path, seconds),
        lambda: _open_own(directory.path),
    )


def identity(rival: Rival) -> str:
    """What tells a model directory from another of the same name."""
    return sha256_of(rival.place / "manifest.json")[:12]


def _as_it_is(document: list[str]) -> list[str]:
    return document


def _cut(texts: list[str]) -> list[list[str]]:
    return [*map(_tokenizer(), texts)]


@cache
def _tokenizer() -> Callable[[str], list[str]]:
    return make_tokenizer(Config().text)


def _train_linear(
    split: Split, documents: Sequence[Any], options: dict[str, Any], place: Path
) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    started = time.perf_counter()
    vectorizer = TfidfVectorizer(**options)
    learnt = vectorizer.fit_transform([documents[row] for row in split.learnt.tolist()])  # [R, F]
    held_back = vectorizer.transform([documents[row] for row in split.validation.tolist()])
    features = time.perf_counter() - started
    labels = split.train.labels

    def fitted(penalty: float) -> tuple[float, Any]:
        started = time.perf_counter()
        # Not lbfgs, which stops far from the minimum on a million sparse features.
        regression = LogisticRegression(C=penalty, solver="liblinear", tol=1e-3)
        regression.fit(learnt, labels[split.learnt])
        seconds = time.perf_counter() - started
        loss = _log_loss(labels[split.validation], regression.predict_proba(held_back)[:, 1])
        print(f"C {penalty}: validation loss {loss:.4f}", file=sys.stderr, flush=True)
        return loss, (regression, seconds)

    penalty, (regression, seconds) = first_minimum(PENALTIES, fitted)
    with whole_directory(place) as part:
        write_json(part / "terms.json", vectorizer.get_feature_names_out().tolist())
        np.savez(
            part / "weights.npz",
            idf=vectorizer.idf_.astype(np.float32),  # [F]
            weights=regression.coef_[0].astype(np.float32),  # [F]
            bias=regression.intercept_.astype(np.float32),  # [1]
        )
        facts = {"C": penalty, "features": int(learnt.shape[1])}
        write_json(part / "facts.json", {"training_seconds": features + seconds, "chosen": facts})


def _open_linear(
    place: Path, options: dict[str, Any], documents: Callable[[list[str]], Sequence[Any]]
) -> Scorer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    with np.load(place / "weights.npz", allow_pickle=False) as arrays:
        idf, weights, bias = arrays["idf"], arrays["weights"], float(arrays["bias"][0])
    # With terms that are given, it has no say in how often one must be met.
    known = {name: value for name, value in options.items() if name != "min_df"}
    vectorizer = TfidfVectorizer(**known, vocabulary=read_json(place / "terms.json"))
    vectorizer.idf_ = idf

    def score(texts: list[str]) -> NDArray[np.float64]:
        result = vectorizer.transform(documents(texts)) @ weights + bias  # [R]
        return np.asarray(result, np.float64)

    return score


def _train_fasttext(split: Split, place: Path) -> None:
    import fasttext

    documents, labels = split.morphemes(), split.train.labels

    def lines(rows: NDArray[np.int64]) -> list[str]:
        return [" ".join(documents[row]) for row in rows.tolist()]

    held_back = lines(split.validation)
    with whole_directory(place) as part:
        source = part / "learnt.txt"
        with source.open("w", encoding="utf-8") as file:
            for row, line in zip(split.learnt.tolist(), lines(split.learnt), strict=True):
                file.write(f"__label__{int(labels[row])} {line}\n")

        def fitted(epochs: float) -> tuple[float, Any]:
            started = time.perf_counter()
            made = fasttext.train_supervised(
                str(source),
                dim=100,
                lr=0.3,
                epoch=int(epochs),
                thread=1,
                verbose=0,
                **FASTTEXT["word bigrams and characters"],
            )
            seconds = time.perf_counter() - started
            loss = _log_loss(labels[split.validation], _positive(made, held_back))
            print(f"epochs {epochs}: validation loss {loss:.4f}", file=sys.stderr, flush=True)
            return loss, (made, seconds)

        epochs, (made, seconds) = first_minimum(EPOCHS, fitted)
        source.unlink()
        made.save_model(str(part / "model.bin"))
        write_json(part / "facts.json", {"training_seconds": seconds, "chosen": {"epochs": epochs}})


def _open_fasttext(place: Path) -> Scorer:
    import fasttext

    fasttext.FastText.eprint = lambda *_: None
    made = fasttext.load_model(str(place / "model.bin"))

    def score(texts: list[str]) -> NDArray[np.float64]:
        return _positive(made, [" ".join(words) for words in _cut(texts)]) - 0.5

    return score


def _positive(made: Any, lines: list[str]) -> NDArray[np.float64]:
    """What fastText thinks the chances of positive [R] are."""
    # Not k=2: of several lines, 0.9.2 gives the first label's chance to the second as well.
    names, chances = made.predict(lines)
    result = [
        float(rng) if name == "__label__1" else 1 - float(rng)
        for (name,), (rng,) in zip(names, chances, strict=True)
    ]
    return np.clip(result, 0, 1)  # it goes a little beyond


def _open_own(path: Path) -> Scorer:
    classifier = load(path)

    def score(texts: list[str]) -> NDArray[np.float64]:
        result = classifier.score_morphemes([*map(classifier.tokenizer, texts)])
        return result - classifier.threshold

    return score


def _facts(path: Path, seconds: float | None) -> dict[str, Any]:
    metrics = open_model(path).metrics
    return {
        "training_seconds": metrics.get("seconds") if seconds is None else seconds,
        "chosen": {"epoch": metrics.get("best_epoch")},
    }


def _log_loss(labels: NDArray[np.bool_], positive: NDArray[np.float64]) -> float:
    """Mean loss in nats of probabilities [R]."""
    right = np.where(labels, positive, 1 - positive)  # [R]
    loss = float(-np.log(np.clip(right, 1e-7, 1)).mean())
    return loss if math.isfinite(loss) else math.inf
