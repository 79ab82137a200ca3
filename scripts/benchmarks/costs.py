"""What a million comments cost by each method: seconds of a core and memory, beside accuracy.

Every method has a process of its own, which runs this module.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from machine import resident_bytes

from benchmarks.common import Sizes, read_labels, read_texts
from benchmarks.contenders import fasttext_labels, train_fasttext, transformer_rate

SCRIPTS = Path(__file__).resolve().parent.parent
MILLION = 1_000_000
METHODS = {
    "nsmc": "nsmc",
    "exact": "nsmc --exact",
    "fasttext": "fastText, morphemes, bigrams and character n-grams",
    "tfidf": "TF-IDF of morpheme 1-2-grams, logistic regression",
    "transformer": "a BERT-base-sized transformer",
}
PUBLISHED = {"transformer": 0.9063}
"""KoELECTRA-base-v3 on the official NSMC test, as published; what is timed has random weights."""
TOKENS = 28
"""Word pieces of a mean review in BERT's vocabularies of 32,000."""
PENALTY = 3.0
"""C of the regression: what `compare_accuracy.py` chose."""
Labels = Callable[[list[str]], list[bool]]
"""From comments as typed to whether each is positive."""


def costs(data: Path, work: Path, sizes: Sizes) -> dict[str, dict[str, Any]]:
    """CPU-seconds and MB of a million comments and accuracy, by method; none for a missing one."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    result = {}
    for method in METHODS:
        command = [sys.executable, "-m", "benchmarks.costs", method]
        command += [str(data.resolve()), str(work.resolve())]
        command += [str(sizes.cost_reviews), str(min(3, sizes.repeats))]
        command += [str(sizes.transformer_reviews), str(sizes.transformer_layers)]
        done = subprocess.run(
            command,
            cwd=SCRIPTS,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **one_thread},
        )
        if done.returncode == 0:
            result[method] = json.loads(done.stdout.splitlines()[-1])
        elif "No module named 'fasttext'" in done.stderr:
            print("fastText isn't installed: it is left out", file=sys.stderr)
        else:
            raise RuntimeError(done.stderr)
    return result


def as_table(result: dict[str, dict[str, Any]]) -> str:
    """The Markdown of `costs`."""
    lines = ["| method | CPU-seconds a million | resident | accuracy |", "|---|---:|---:|---:|"]
    for method, row in result.items():
        published = " (published, official NSMC)" if method in PUBLISHED else ""
        lines.append(
            f"| {METHODS[method]} | {row['cpu_seconds']:,.0f} | {row['megabytes']:,.0f} MB "
            f"| {row['accuracy']:.2%}{published} |"
        )
    return "\n".join(lines) + "\n"


def draw(result: dict[str, dict[str, Any]], path: Path) -> None:
    """Accuracy against CPU-seconds, and the Pareto front: what nothing cheaper is better than."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "costs"
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    points = sorted((row["cpu_seconds"], 100 * row["accuracy"], m) for m, row in result.items())
    best, front = 0.0, []
    for seconds, accuracy, method in points:
        if accuracy > best:
            best = accuracy
            front.append((seconds, accuracy))
        name = METHODS[method].partition(",")[0]
        last = method == points[-1][2]  # its name would run out of the picture
        axes.annotate(
            name,
            (seconds, accuracy),
            (-7, 5) if last else (5, -11),
            textcoords="offset points",
            fontsize=8,
            ha="right" if last else "left",
        )
    axes.plot(*zip(*front, strict=True), "--", color="grey", linewidth=1, zorder=0)
    axes.semilogx([p[0] for p in points], [p[1] for p in points], "o")
    axes.set_xlabel("CPU-seconds for a million comments")
    axes.set_ylabel("accuracy (%)")
    axes.set_xlim(points[0][0] / 2, points[-1][0] * 3)
    axes.margins(y=0.12)
    axes.grid(visible=True, which="major", alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def _own(exact: bool) -> Labels:
    import nsmc

    classifier = nsmc.load(exact=exact)
    return lambda texts: [p.label == "positive" for p in classifier.predict(texts, verbose=False)]


def _tfidf(texts: list[str], labels: list[int]) -> Labels:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from nsmc.config.text import TextConfig
    from nsmc.text.tokenizer import make_tokenizer

    tokenizer = make_tokenizer(TextConfig())
    vectorizer = TfidfVectorizer(analyzer=_grams, min_df=2, sublinear_tf=True)
    features = vectorizer.fit_transform(map(tokenizer, texts))
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(features, labels)
    return lambda some: model.predict(vectorizer.transform(map(tokenizer, some))).astype(bool)


def _grams(units: list[str]) -> list[str]:
    return units + [f"{one} {other}" for one, other in pairwise(units)]


def _measured(args: argparse.Namespace) -> dict[str, Any]:
    method, data, work = args.method, args.data, args.work
    reviews, rounds = args.reviews, args.rounds
    if method == "transformer":
        # Without building it and its first batch, as the others are measured warm.
        size = (args.transformer_reviews, TOKENS, 1, args.transformer_layers)
        rates = [transformer_rate(*size, clock=time.process_time) for _ in range(rounds)]
        taken = [MILLION / rate for rate in rates]
        accuracy = PUBLISHED[method]
    else:
        texts, labels = read_texts(data), read_labels(data)
        trained = len(texts) * 3 // 4  # NSMC's training file comes first
        score = {
            "nsmc": lambda: _own(exact=False),
            "exact": lambda: _own(exact=True),
            "fasttext": lambda: fasttext_labels([*train_fasttext(work, data, 1).values()][1]),
            "tfidf": lambda: _tfidf(texts[:trained], labels[:trained]),
        }[method]()
        test = slice(trained, trained + reviews)
        comments, truth = texts[test], labels[test]
        score(comments[: min(500, reviews)])
        taken = []
        for _ in range(rounds):
            started = time.process_time()
            predicted = score(comments)
            taken.append((time.process_time() - started) * MILLION / len(comments))
        right = sum(bool(p) == bool(t) for p, t in zip(predicted, truth, strict=True))
        accuracy = right / len(truth)
        del texts, labels
    figures = {"cpu_seconds": median(taken), "rounds": taken, "megabytes": resident_bytes() / 1e6}
    return {**figures, "accuracy": accuracy, "reviews": reviews}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("reviews", type=int)
    for name in ("rounds", "transformer_reviews", "transformer_layers"):
        parser.add_argument(name, type=int)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    print(json.dumps(_measured(args)))
