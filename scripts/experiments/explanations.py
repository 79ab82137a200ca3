"""Measure how faithful, exact, stable and fast explanations are.

Faithful: the morphemes that an explanation says support the label most are really deleted, and the
rest scored anew. The label's probability must fall by more than when random morphemes are deleted.
The way of explaining was chosen on the validation part of DIR/ratings_train.txt; the
reported numbers are those of DIR/ratings_test.txt.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.experiment import Experiment, Results
from nsmc.data.reviews import read_reviews
from nsmc.data.splits import split_rows
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import WEIGHTS, open_model
from nsmc.inference.explanation import Explanation, contributions
from nsmc.inference.shapley import EXACT, shapley_values
from nsmc.inference.vectors import MorphemeVectors
from nsmc.storage.files import sha256_of

DELETED = (1, 2, 3)
RANDOM_DRAWS = 10
RESAMPLES = 2000
LONG = (100, 250, 500, 1000)
LENGTHS = ((EXACT + 1, 20), (21, 40), (41, 80), (81, 1000))

Scores = NDArray[np.float64]
"""One number a morpheme of a comment [T]: how much it speaks for 긍정."""


class Measured:
    """Reviews of one file, explained."""

    def __init__(self, model: Path | None, texts: Sequence[str]) -> None:
        directory = open_model(model)
        weights = directory.weights()
        tables = directory.tables(weights)
        self.unknown = tables[0].rows([0])[0]  # [E]
        self.vectors = MorphemeVectors.of(directory, weights)
        self.classifier = Classifier(directory)
        self.classifier.explain(texts[0])  # opens Mecab
        self.explanations: list[Explanation] = []
        self.milliseconds: list[float] = []
        for text in texts:
            started = time.process_time()  # other work may share the machine
            self.explanations.append(self.classifier.explain(text))
            self.milliseconds.append(1000 * (time.process_time() - started))
        self.morphemes = [[part.morpheme for part in e.parts] for e in self.explanations]

    def vectors_of(self, morphemes: Sequence[str]) -> NDArray[np.float32]:
        """[T, E]."""
        vectors, tokens = self.vectors(morphemes)  # [U, E], [T]
        return vectors[tokens]  # [T, E]

    def explained(self, index: int) -> Scores:
        """What `Classifier.explain` says."""
        return np.array([part.contribution for part in self.explanations[index].parts])  # [T]

    def left_out(self, index: int) -> Scores:
        """The log odds that go when a morpheme alone is deleted."""
        review = self.morphemes[index]
        shorter = [review[:i] + review[i + 1 :] for i in range(len(review))]
        score = self.classifier.score_morphemes([review, *shorter])  # [1 + T]
        logits = np.log(score) - np.log1p(-score)  # [1 + T]
        fallen: Scores = logits[0] - logits[1:]  # [T]
        return fallen

    def replaced(self, absent: NDArray[np.float32]) -> Callable[[int], Scores]:
        """Shapley values where an absent morpheme has the vector ``absent`` [E] in its place."""

        def scores(index: int) -> Scores:
            vectors = self.vectors_of(self.morphemes[index])  # [T, E]
            count = len(vectors)
            either = np.concatenate([vectors, absent[None]])  # [T + 1, E]
            # To character n-grams an absent morpheme is one without characters.
            units = [*self.morphemes[index], ""]
            network, wide = self.classifier._network, self.classifier._wide

            def value(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
                tokens = np.where(subsets, np.arange(count), count)  # [N, T]
                outputs = network(either, tokens.ravel(), np.full(len(subsets), count))  # [N, 1]
                if wide is not None:
                    outputs = outputs + wide([[units[token] for token in row] for row in tokens])
                return log_odds(outputs)  # [N]

            nothing = value(np.zeros((1, count), dtype=bool))[0]
            logit = self.explanations[index].logit
            return shapley_values(value, count, float(nothing), logit)  # [T]

        return scores

    def drops(self, scores: Callable[[int], Scores]) -> NDArray[np.float64]:
        """How far the label's probability falls [R, K] without its k best supporters."""
        rows, saved = [], []
        for index, (explanation, review) in enumerate(
            zip(self.explanations, self.morphemes, strict=True)
        ):
            side = 1 if explanation.prediction.label == "positive" else -1
            order = np.argsort(-side * scores(index), kind="stable")  # [T]
            rows.append([explanation.prediction.confidence] * len(DELETED))
            for count in DELETED:
                gone = set(order[:count].tolist())
                saved.append([m for i, m in enumerate(review) if i not in gone])
        score = self.classifier.score_morphemes(saved).reshape(len(rows), -1)  # [R, K]
        positive = np.array([e.prediction.label == "positive" for e in self.explanations])  # [R]
        return np.array(rows) - np.where(positive[:, None], score, 1 - score)  # [R, K]


def log_odds(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of positive [N], from outputs [N, 1]."""
    return outputs[:, 0].astype(np.float64)


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure on validation reviews, then on test reviews."""
    weights = open_model(args.model).path / WEIGHTS
    results: Results = {"weights_sha256": sha256_of(weights)}
    for part, name in (("validation", "ratings_train.txt"), ("test", "ratings_test.txt")):
        path = args.data / name
        texts = _chosen(path, args.model, args.reviews, validation=part == "validation")
        results[part] = {"sha256": sha256_of(path), **_metrics(args.model, texts)}
        print(part, results[part], file=sys.stderr, flush=True)
        yield results


def _chosen(path: Path, model: Path | None, count: int, *, validation: bool) -> list[str]:
    """Reviews drawn at random of those long enough that three deletions leave something."""
    directory = open_model(model)
    tokenizer = Classifier(directory).tokenizer
    texts = read_reviews(path).texts
    cut = [(text, len(tokenizer(text))) for text in texts]
    legible = [(text, length) for text, length in cut if length]
    if validation:
        data = directory.config.data
        _, rows = split_rows(len(legible), data.validation, data.split_seed)
        legible = [legible[row] for row in rows.tolist()]
    long = [text for text, length in legible if length > max(DELETED)]
    chosen = np.random.default_rng(0).permutation(len(long))[:count]
    return [long[row] for row in chosen.tolist()]


def _metrics(model: Path | None, texts: Sequence[str]) -> dict[str, Any]:
    measured = Measured(model, texts)
    rules = {
        "explain": measured.explained,
        "leave one out": measured.left_out,
        "replaced by zeros": measured.replaced(np.zeros_like(measured.unknown)),
        "replaced by the unknown morpheme": measured.replaced(measured.unknown),
    }
    random = np.random.default_rng(0)
    by_chance = np.mean(
        [
            measured.drops(lambda index: random.random(len(measured.morphemes[index])))
            for _ in range(RANDOM_DRAWS)
        ],
        axis=0,
    )  # [R, K]
    lengths = [len(review) for review in measured.morphemes]
    errors = [
        abs(sum(part.contribution for part in e.parts) - (e.logit - e.baseline))
        for e in measured.explanations
    ]
    return {
        "reviews": len(texts),
        "morphemes": {"median": float(np.median(lengths)), "most": max(lengths)},
        "drop_of_probability": {
            "at random": [round(float(x), 4) for x in by_chance.mean(axis=0)],
            **{name: _compared(measured.drops(rule), by_chance) for name, rule in rules.items()},
        },
        "sum_error_log_odds": {"largest": max(errors)},
        "milliseconds_of_one_core": {
            "median": round(float(np.median(measured.milliseconds)), 1),
            "p99": round(float(np.percentile(measured.milliseconds, 99)), 1),
            "largest": round(max(measured.milliseconds), 1),
        },
        "seconds_of_one_core_for_long_comments": _long(measured),
        "between_seeds": _between_seeds(measured),
    }


def _compared(drops: NDArray[np.float64], by_chance: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Mean drops, their ratio to chance and its bootstrap interval, for each k."""
    random = np.random.default_rng(0)
    samples = random.integers(0, len(drops), size=(RESAMPLES, len(drops)))  # [S, R]
    ratios = drops[samples].mean(axis=1) / by_chance[samples].mean(axis=1)  # [S, K]
    low, high = np.percentile(ratios, [2.5, 97.5], axis=0)  # [K], [K]
    means, rng = drops.mean(axis=0), by_chance.mean(axis=0)  # [K], [K]
    return [
        {
            "deleted": count,
            "drop": round(float(means[k]), 4),
            "times_random": round(float(means[k] / rng[k]), 2),
            "interval": [round(float(low[k]), 2), round(float(high[k]), 2)],
        }
        for k, count in enumerate(DELETED)
    ]


def _long(measured: Measured) -> list[dict[str, Any]]:
    """The time of comments of many morphemes, made of several end to end."""
    words = [morpheme for review in measured.morphemes for morpheme in review]
    result = []
    for count in LONG:
        review = (words * count)[:count]
        outputs_of = measured.classifier.subsets_of(review)
        (whole,) = measured.classifier.outputs_of([review])  # [O]
        started = time.process_time()
        contributions(outputs_of, log_odds, 0.0, whole, part_of=np.arange(count))
        result.append({"morphemes": count, "seconds": round(time.process_time() - started, 2)})
    return result


def _between_seeds(measured: Measured) -> list[dict[str, Any]]:
    """How much an explanation of more than EXACT morphemes depends on the orders drawn."""
    result = []
    for least, most in LENGTHS:
        differences, correlations = [], []
        for index, review in enumerate(measured.morphemes):
            if not least <= len(review) <= most:
                continue
            explanation = measured.explanations[index]
            ours = measured.explained(index)  # [T]
            other = contributions(
                measured.classifier.subsets_of(review),
                log_odds,
                explanation.baseline,
                measured.classifier.outputs_of([review])[0],
                part_of=np.arange(len(review)),
                seed=1,
            )  # [T]
            differences.append(np.sqrt(np.mean((ours - other) ** 2)))
            correlations.append(np.corrcoef(ours, other)[0, 1])
        if differences:
            result.append(
                {
                    "morphemes": [least, most],
                    "reviews": len(differences),
                    "root_mean_square_log_odds": round(float(np.mean(differences)), 4),
                    "correlation": round(float(np.mean(correlations)), 4),
                }
            )
    return result


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="DIR", help="default: the shipped one")
    parser.add_argument("--reviews", type=int, default=1000, metavar="N")


EXPERIMENT = Experiment(run, add_arguments=_add_arguments)
