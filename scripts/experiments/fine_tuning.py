"""Labels of one's own with few rows: a training that starts from the shipped model, and TF-IDF.

FILE is a table with the columns ``document`` and ``rating`` (1-10). Three tasks are made of it: the
only aspect that a comment names (acting, story, picture, music, direction) and the only genre, with
the words that name it taken out; and the stars in five classes. The shipped model has seen these
texts, and their stars as a part of its training; aspects and genres are labels that it has never
seen. Each seed draws its own rows. A tenth of them chooses the epoch, or the penalty of the
logistic regression, which is then fitted to all of them; the test rows are the same for all seeds.
"""

import argparse
import re
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pages import machine_line, table
from threadpoolctl import threadpool_limits

import nsmc
from experiments.experiment import Experiment, Results, cpu_seconds, measured_once
from nsmc.inference.directory import SHIPPED, WEIGHTS
from nsmc.storage.files import sha256_of
from nsmc.training.fine_tuning import TRAINING

ASPECTS = {
    "acting": "연기|배우",
    "story": "스토리|내용|줄거리|전개|결말",
    "picture": "영상|화면|그래픽|CG|cg|촬영",
    "music": "음악|노래|OST|ost|사운드",
    "direction": "감독|연출",
}
GENRES = {
    "horror": "공포|호러|귀신",
    "comedy": "코미디|코메디|개그",
    "action": "액션",
    "animation": "애니메이션|애니|만화",
    "drama": "드라마",
    "thriller": "스릴러|추리|반전",
}
STARS = {"1-4": (1, 4), "5-6": (5, 6), "7-8": (7, 8), "9": (9, 9), "10": (10, 10)}
SEEDS = (1, 2, 3)
TEST = 2_000
Rows = tuple[list[str], list[str]]
"""Comments and their labels."""
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)


def tasks(file: Path) -> dict[str, Rows]:
    """The comments and labels of each task, every text once."""
    import pandas as pd

    frame = pd.read_parquet(file).drop_duplicates("document")
    made = {}
    for name, words in (("aspect", ASPECTS), ("genre", GENRES)):
        texts, labels = [], []
        patterns = {label: re.compile(pattern) for label, pattern in words.items()}
        for text in frame["document"]:
            found = [label for label, pattern in patterns.items() if pattern.search(text)]
            if len(found) == 1:
                rest = patterns[found[0]].sub(" ", text)
                if len(re.findall("[가-힣]", rest)) >= 5:
                    texts.append(rest)
                    labels.append(found[0])
        made[name] = texts, labels
    of = {stars: name for name, (low, high) in STARS.items() for stars in range(low, high + 1)}
    made["stars"] = frame["document"].tolist(), [of[stars] for stars in frame["rating"]]
    return made


def rows_of(data: Rows, size: int, seed: int) -> tuple[Rows, Rows]:
    """Rows to train on and to test on; the test rows are the same for all seeds."""
    texts, labels = data
    order = np.random.default_rng(0).permutation(len(texts))
    chosen, test = order[TEST:], order[:TEST]
    chosen = np.random.default_rng(seed).permutation(chosen)
    parts = [([texts[p] for p in of], [labels[p] for p in of]) for of in (chosen[:size], test)]
    return parts[0], parts[1]


def tfidf(train: Rows, test: Rows) -> Results:
    """Logistic regression on TF-IDF of character n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    def fitted(penalty: float, rows: slice) -> Any:
        grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
        model = make_pipeline(grams, LogisticRegression(C=penalty, max_iter=300, tol=1e-3))
        return model.fit(train[0][rows], train[1][rows])

    started, held = cpu_seconds(), len(train[0]) // 10
    scores = {
        penalty: fitted(penalty, slice(held, None)).score(train[0][:held], train[1][:held])
        for penalty in PENALTIES
    }
    best = max(scores, key=lambda penalty: scores[penalty])
    accuracy = fitted(best, slice(None)).score(*test)
    return {"accuracy": accuracy, "C": best, "seconds": round(cpu_seconds() - started, 1)}


def network(train: Rows, test: Rows, place: Path) -> Results:
    """``nsmc train --from shipped`` with its own settings."""
    config = nsmc.fine_tuning_config(overrides=["task=classes", "training.threads=1"])
    started = cpu_seconds()
    nsmc.train(config, data=train, output=place, device="cpu", verbose=False)
    seconds = cpu_seconds() - started
    result = nsmc.evaluate(test, place / "model", verbose=False)
    metrics = result.model.metrics
    return {
        "accuracy": result.metrics["accuracy"],
        "best_epoch": metrics["best_epoch"],
        "seconds": round(seconds, 1),
    }


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure what hasn't been measured."""
    threadpool_limits(1)
    made = tasks(args.data)
    results: dict[str, Any] = {}
    for name in args.tasks:
        for size in args.sizes:
            of: dict[str, list[Results]] = {"from shipped": [], "TF-IDF": []}
            results.setdefault(name, {})[str(size)] = of
            for seed in SEEDS:
                train, test = rows_of(made[name], size, seed)
                place = args.output / f"{name}-{size}-{seed}"
                ways = {
                    "TF-IDF": partial(tfidf, train, test),
                    "from shipped": partial(network, train, test, place),
                }
                for way, measure in ways.items():
                    one = measured_once(place.with_name(f"{place.name}-{way}.json"), measure)
                    print(name, size, seed, way, one, file=sys.stderr, flush=True)
                    of[way].append({"seed": seed, **one})
            yield {
                "weights_sha256": sha256_of(SHIPPED / WEIGHTS),
                "settings": TRAINING,
                "test": TEST,
                "tasks": results,
            }


def as_table(results: Results) -> str:
    """The Markdown of the medians."""
    rows = []
    for name, sizes in results["tasks"].items():
        for size, of in sizes.items():
            medians = [statistics.median(one["accuracy"] for one in some) for some in of.values()]
            seconds = statistics.median(one["seconds"] for one in of["from shipped"])
            shown = [f"{100 * median:.1f}" for median in medians]
            rows.append([f"{name}, {int(size):,} rows", *shown, f"{seconds:.0f} s"])
    heads = ["accuracy (%)", "from shipped", "TF-IDF", "training"]
    return (
        f"Comments of {results['data']}, {results['test']:,} of them to test; medians of "
        f"{len(SEEDS)} draws of rows. {machine_line(results['machine'])}\n\n{table(heads, rows)}"
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    sizes = [500, 2_000, 10_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, metavar="N")
    names = ["aspect", "genre", "stars"]
    parser.add_argument("--tasks", nargs="+", choices=names, default=names, metavar="TASK")


EXPERIMENT = Experiment(
    run, as_table, page="own-labels", data="FILE", trains=True, add_arguments=_add_arguments
)
