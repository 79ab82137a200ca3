"""How much of a model's accuracy is left on rough comments: no spaces, wrong keys, long vowels.

FILE holds labelled reviews. Each is scored as it is and with every kind of noise in
`nsmc.text.noise`, its row number being the seed; differences are of the same reviews, with their
95% interval.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.experiment import RESULTS, Experiment, Results, accuracy_of
from nsmc.data.reviews import Reviews, read_reviews
from nsmc.errors import UsageError
from nsmc.evaluation.significance import difference_interval
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import WEIGHTS
from nsmc.storage.files import sha256_of
from nsmc.text.noise import KINDS, perturb

FILE = RESULTS / "robustness.json"
EXAMPLE = "이 영화 정말 재밌다 ㅋㅋ 👍"
"""What the table shows of each kind; a comment of this project's own."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score with every kind of noise."""
    classifier = load(args.model)
    if not classifier.task.has_threshold:
        raise UsageError(
            f"expected a model that tells 긍정 from 부정, found one of the task "
            f"{classifier.task.name!r}; choose another with --model"
        )
    own = args.model.name if args.model else "the model inside the package"
    yield {
        "model": args.model_name or own,
        "weights_sha256": sha256_of(classifier.model.path / WEIGHTS),
        **measure(args.data, classifier),
    }


def measure(data: Path, classifier: Classifier) -> dict[str, Any]:
    """Accuracy of a model on reviews as they are and with each kind of noise.

    Reviews without anything legible or without a label are left out; no kind of noise makes one
    illegible.
    """
    task = classifier.task
    reviews = read_reviews(data, label_columns=task.label_columns())
    targets = task.targets(reviews.labels, str(data))[:, 0]  # [R]
    clean = _scores(classifier, reviews.texts)  # [R]
    rows = np.flatnonzero(~np.isnan(clean) & ~np.isnan(targets))
    reviews, labels = reviews.take(rows), targets[rows] > 0  # [R]
    right = (clean[rows] >= classifier.threshold) == labels  # [R]
    result = {}
    for kind in KINDS:
        print(f"{kind} …", file=sys.stderr, flush=True)
        texts = _rough(reviews, kind)
        called = _scores(classifier, texts) >= classifier.threshold
        changed = sum(a != b for a, b in zip(reviews.texts, texts, strict=True))
        result[kind] = {"changed": changed / len(texts), **_beside(right, called == labels)}
    return {
        "sha256": reviews.sha256,
        "reviews": len(rows),
        **accuracy_of(right),
        "noise": result,
    }


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures; differences in points of a hundred."""
    lines = [
        f"{results['model'].capitalize()}, {results['reviews']:,} reviews of {results['data']}: "
        f"{results['accuracy']:.2%}, and with noise (`src/nsmc/text/noise.py`; share of reviews "
        "changed, an example, points lost with their 95% interval):\n\n"
    ]
    for kind, one in results["noise"].items():
        low, high = (100 * end for end in one["difference_interval"])
        lines.append(
            f"- {kind}: {one['changed']:.0%}, `{perturb(EXAMPLE, kind, 0)}`, "
            f"{100 * one['difference']:+.2f} ({low:+.2f} to {high:+.2f})\n"
        )
    return "".join(lines)


def _rough(reviews: Reviews, kind: str) -> list[str]:
    pairs = zip(reviews.texts, reviews.rows.tolist(), strict=True)
    return [perturb(text, kind, row) for text, row in pairs]


def _scores(classifier: Classifier, texts: list[str]) -> NDArray[np.float64]:
    """Probabilities of positive [R]; NaN for a comment with nothing legible."""
    return classifier.score_morphemes(list(map(classifier.tokenizer, texts)))


def _beside(clean: NDArray[np.bool_], rough: NDArray[np.bool_]) -> dict[str, Any]:
    """Where a model is right [R] on rough comments, beside the same ones clean."""
    both, neither = int((clean & rough).sum()), int((~clean & ~rough).sum())
    only_clean, only_rough = int((clean & ~rough).sum()), int((~clean & rough).sum())
    return {
        "accuracy": float(rough.mean()),
        "difference": float(rough.mean() - clean.mean()),
        "difference_interval": difference_interval(both, only_clean, only_rough, neither),
        "lost": only_clean,
        "won": only_rough,
    }


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="DIR", help="default: the shipped one")
    parser.add_argument("--model-name", help="what it is called; default: its directory's name")


EXPERIMENT = Experiment(run, as_table, data="FILE", add_arguments=_add_arguments)
