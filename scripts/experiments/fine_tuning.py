"""Labels of one's own on few rows: from the shipped model, from nothing, and by a linear model.

Nobody labelled these tasks: a rule reads the label from a comment and then takes out of it what the
rule has read, so that it has to be guessed from the rest. ``signs``: which of five signs of feeling
a comment has (after Felbo et al., EMNLP 2017); ``aspects``: which of six sides of a film it names;
``speech``: in which of three levels of politeness it ends. The comments are those of --data's test
file alone, which the shipped model has never seen. For each size as many rows are drawn, and 1,500
others to test on. The linear model is logistic regression on TF-IDF of character n-grams (1 to 4),
its C chosen on a tenth of the rows and then fitted on all of them; the networks hold the same share
back for their epochs.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pages import machine_line, table

import nsmc
from experiments.experiment import ROOT, Experiment, Results, cpu_seconds, measured_once, percent
from nsmc.data.reviews import read_reviews

TASKS = {
    "signs": {
        "laugh": r"[ㅋㅎ]{2,}",
        "cry": r"[ㅠㅜ]{2,}",
        "exclaim": r"!{2,}",
        "dots": r"\.{3,}",
        "smile": r"\^\^|\^-\^|:\)",
    },
    "aspects": {
        "acting": "연기|배우|주연",
        "story": "스토리|내용|줄거리|전개|시나리오",
        "director": "감독|연출",
        "music": "음악|OST|ost|노래",
        "picture": "영상|화면|CG|cg|그래픽|장면",
        "ending": "결말|마지막|반전|엔딩",
    },
    "speech": {
        "polite": r"\S*(요|니다|세요|죠|까)[.!?~^ㅋㅎㅠ ]*$",
        "plain": r"\S*(?<!니)다[.!?~^ㅋㅎㅠ ]*$",
        "noun": r"\S*(음|함|임|됨|듯|용)[.!?~^ㅋㅎㅠ ]*$",
    },
}
TEST = 1500
SIZES = (500, 2_000, 10_000)
LEAST_WORDS = 3
PENALTIES = (1.0, 3.0, 10.0, 30.0)


def made(task: str, texts: list[str]) -> tuple[list[str], list[str]]:
    """The comments of a task without what their label was read from, and the labels."""
    rules = {name: re.compile(rule) for name, rule in TASKS[task].items()}
    left, labels = [], []
    for text in dict.fromkeys(texts):
        hits = [name for name, rule in rules.items() if rule.search(text)]
        if len(hits) != 1:
            continue
        rest = rules[hits[0]].sub(" ○○ " if task == "aspects" else " ", text).strip()
        if len(rest.split()) >= LEAST_WORDS:
            left.append(rest)
            labels.append(hits[0])
    return left, labels


def parts(task: str, texts: list[str], size: int, seed: int) -> tuple[Any, Any, int]:
    """(comments, labels) to learn from and to test on, and how many there are to learn from."""
    comments, labels = made(task, texts)
    order = np.random.default_rng(seed).permutation(len(comments)).tolist()

    def chosen(rows: list[int]) -> tuple[list[str], list[str]]:
        return [comments[row] for row in rows], [labels[row] for row in rows]

    rows = order[TEST : TEST + size]
    return chosen(rows), chosen(order[:TEST]), len(rows)


def linear(train: Any, test: Any) -> Results:
    """TF-IDF of character n-grams and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline

    def fitted(penalty: float, texts: list[str], labels: list[str]) -> Any:
        grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
        return make_pipeline(grams, LogisticRegression(C=penalty, max_iter=300)).fit(texts, labels)

    started = cpu_seconds()
    learn, held, learnt, given = train_test_split(
        *train, test_size=0.1, random_state=0, stratify=train[1]
    )
    penalty = max(PENALTIES, key=lambda c: fitted(c, learn, learnt).score(held, given))
    model = fitted(penalty, *train)
    return {
        "accuracy": float(model.score(*test)),
        "C": penalty,
        "seconds": round(cpu_seconds() - started, 1),
    }


def network(config: nsmc.Config, train: Any, test: Any, place: Path) -> Results:
    """A training and what it gets right."""
    started = cpu_seconds()
    trained = nsmc.train(config, data=train, output=place, device="cpu", verbose=False)
    seconds = cpu_seconds() - started
    measured = nsmc.evaluate(test, trained.model, verbose=False)
    return {
        "accuracy": measured.metrics["accuracy"],
        "best_epoch": trained.metrics["best_epoch"],
        "seconds": round(seconds, 1),
    }


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure what is missing."""
    texts = read_reviews(args.data / "ratings_test.txt").texts
    task = ["task=classes", "data.label_column=label"]
    configs = {
        "from shipped": nsmc.fine_tuning_config("shipped", None, [*task, *args.set]),
        "from nothing": nsmc.load_config(ROOT / "configs" / "own-labels.toml", task),
    }
    results: dict[str, list[Results]] = {}
    for name in args.tasks:
        for size in args.sizes:
            train, test, rows = parts(name, texts, size, args.seed)
            # What the largest size lacks in rows, a task has none of.
            one: Results = {"rows": rows, "classes": len(TASKS[name])}
            for way in args.ways:
                place = args.output / f"{name}-{size}-{way.replace(' ', '-')}"
                place.parent.mkdir(parents=True, exist_ok=True)

                def measure(way: str = way, place: Path = place) -> Results:
                    if way == "linear":
                        return linear(train, test)  # noqa: B023
                    return network(configs[way], train, test, place)  # noqa: B023

                one[way] = measured_once(place.with_suffix(".json"), measure)
                print(name, rows, way, one[way], file=sys.stderr, flush=True)
            results.setdefault(name, []).append(one)
            yield {"test_rows": TEST, "seed": args.seed, "tasks": results}


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the metrics."""
    ways = ("linear", "from nothing", "from shipped")
    rows = [
        [
            f"{name}, {one['classes']} classes",
            f"{one['rows']:,}",
            *(percent(one[way]["accuracy"], 0) if way in one else "–" for way in ways),
            *(f"{one[way]['seconds']:.0f} s" if way in one else "–" for way in ways),
        ]
        for name, sizes in results["tasks"].items()
        for one in sizes
    ]
    heads = ["task", "rows", "TF-IDF + logistic regression", "network from nothing"]
    heads += ["`--from shipped`", *["time"] * 3]
    return (
        f"Comments of {results['data']}'s test file, {results['test_rows']:,} of each task to test "
        f"on; one seed; seconds of one core. {machine_line(results['machine'])}\n\n"
        f"{table(heads, rows)}"
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--ways", nargs="+", default=["linear", "from nothing", "from shipped"])
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the draw of rows")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")


EXPERIMENT = Experiment(run, as_table, page="own-labels", trains=True, add_arguments=_add_arguments)
