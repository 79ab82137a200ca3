"""Labels of one's own with few rows: a training that starts from the shipped model, and TF-IDF.

FILE is a table with the columns ``document`` and ``rating`` (1-10). Three tasks are made of it: the
only aspect that a comment names (acting, story, picture, music, direction) and the only genre, with
the words that name it taken out; and the stars in five classes. Aspects and genres are labels that
the shipped model has never seen, and they are tested on texts of NSMC's test file, which it hasn't
either. The file of stars was among its training data, stars included: that task tells what it
knows, not what it would learn. Each seed draws its own rows. A tenth of them chooses the epoch, or
the penalty of the logistic regression, which is then fitted to all of them; the test rows are the
same for all seeds.
"""

import argparse
import itertools
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pages import machine_line, table
from threadpoolctl import threadpool_limits

import nsmc
from experiments.experiment import ROOT, Experiment, Results, cpu_seconds, measured_once
from nsmc.config.schema import Config, changes
from nsmc.inference.directory import SHIPPED, WEIGHTS
from nsmc.storage.files import sha256_of

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
TEST = 2_000
TRAIN, TEST_FILE = "ratings_train.txt", "ratings_test.txt"
AS_WRITTEN: Any = {"sep": "\t", "quoting": 3}
FROM, TFIDF, SCRATCH = "from shipped", "TF-IDF", "from nothing"
Rows = tuple[list[str], list[str]]
"""Comments and their labels."""
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)


def words_taken_out(texts: Iterable[str], words: dict[str, str]) -> Rows:
    """The comments that name one of the labels alone, without the words that do, and the labels.

    Taken out whole, up to the blanks around: a particle or ending left over would tell the label.
    """
    named = {label: re.compile(pattern) for label, pattern in words.items()}
    whole = {label: re.compile(rf"\S*(?:{pattern})\S*") for label, pattern in words.items()}
    kept: Rows = ([], [])
    for text in texts:
        found = [label for label, pattern in named.items() if pattern.search(text)]
        rest = whole[found[0]].sub(" ", text) if len(found) == 1 else ""
        if len(re.findall("[가-힣]", rest)) >= 5:
            kept[0].append(rest)
            kept[1].append(found[0])
    return kept


def tasks(file: Path, unseen: Path) -> dict[str, tuple[Rows, Rows]]:
    """Of each task, all there is to draw training rows from, and the test rows."""
    import pandas as pd

    frame = pd.read_parquet(file).drop_duplicates("document")
    known = {*frame["document"], *pd.read_csv(unseen / TRAIN, **AS_WRITTEN)["document"]}
    others = pd.read_csv(unseen / TEST_FILE, **AS_WRITTEN).drop_duplicates("document")["document"]
    others = [text for text in others.dropna() if text not in known]
    made = {}
    for name, words in (("aspect", ASPECTS), ("genre", GENRES)):
        rows, _ = parted(words_taken_out(frame["document"], words))
        made[name] = rows, parted(words_taken_out(others, words))[1]
    of = {stars: name for name, (low, high) in STARS.items() for stars in range(low, high + 1)}
    made["stars"] = parted((frame["document"].tolist(), [of[stars] for stars in frame["rating"]]))
    return made


def parted(data: Rows) -> tuple[Rows, Rows]:
    """All rows but `TEST` of them, and these."""
    order = np.random.default_rng(0).permutation(len(data[0]))
    return picked(data, order[TEST:]), picked(data, order[:TEST])


def picked(data: Rows, places: Any) -> Rows:
    """The rows at these places."""
    return [data[0][place] for place in places], [data[1][place] for place in places]


def drawn(data: Rows, size: int, seed: int) -> Rows:
    """Rows to train on."""
    return picked(data, np.random.default_rng(seed).permutation(len(data[0]))[:size])


def tfidf(train: Rows, test: Rows) -> Results:
    """Logistic regression on TF-IDF of character n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    started, held = cpu_seconds(), len(train[0]) // 10

    def vectors(rows: slice, others: list[str]) -> tuple[Any, Any]:
        grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
        return grams.fit_transform(train[0][rows]), grams.transform(others)

    def score(penalty: float, rows: slice, both: tuple[Any, Any], labels: list[str]) -> float:
        model = LogisticRegression(C=penalty, max_iter=300, tol=1e-3)
        return float(model.fit(both[0], train[1][rows]).score(both[1], labels))

    rest = slice(held, None)
    both = vectors(rest, train[0][:held])
    scores = {penalty: score(penalty, rest, both, train[1][:held]) for penalty in PENALTIES}
    best = max(scores, key=lambda penalty: scores[penalty])
    accuracy = score(best, slice(None), vectors(slice(None), test[0]), test[1])
    return {"accuracy": accuracy, "C": best, "seconds": round(cpu_seconds() - started, 1)}


def network(config: Config, train: Rows, test: Rows, place: Path) -> Results:
    """A training by its own settings, and what it says of the test rows."""
    shutil.rmtree(place, ignore_errors=True)  # one that was interrupted
    started = cpu_seconds()
    nsmc.train(config, data=train, output=place, device="cpu", verbose=False)
    seconds = cpu_seconds() - started
    result = nsmc.evaluate(test, place / "model", verbose=False)
    metrics = result.model.metrics
    shutil.rmtree(place)  # 40 MB each
    return {
        "accuracy": result.metrics["accuracy"],
        "best_epoch": metrics["best_epoch"],
        "seconds": round(seconds, 1),
    }


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure the cells that haven't been measured, a draw of all before the next draw."""
    threadpool_limits(1)
    made = tasks(args.data, args.unseen)
    fields = ["task=classes", "training.threads=1"]
    from_shipped = nsmc.fine_tuning_config(overrides=fields)
    scratch = nsmc.load_config(ROOT / "configs" / "own-labels.toml", fields)
    results: dict[str, Any] = {}
    for seed, size, name in itertools.product(args.seeds, args.sizes, args.tasks):
        rows, test = made[name]
        train = drawn(rows, size, seed)
        place = args.output / f"{name}-{size}-{seed}"
        ways: dict[str, Callable[[], Results]] = {
            FROM: partial(network, from_shipped, train, test, place),
            TFIDF: partial(tfidf, train, test),
            SCRATCH: partial(network, scratch, train, test, place),
        }
        for way in args.ways:
            file = place.with_name(f"{place.name}-{way}.json")
            if args.measured and not file.exists():
                continue
            one = measured_once(file, ways[way])
            print(name, size, seed, way, one, file=sys.stderr, flush=True)
            of = results.setdefault(name, {}).setdefault(str(size), {})
            of.setdefault(way, []).append({"seed": seed, **one})
        yield {
            "weights_sha256": sha256_of(SHIPPED / WEIGHTS),
            "settings": changes(from_shipped),
            "test": TEST,
            "tasks": results,
        }


def as_table(results: Results) -> str:
    """The Markdown of the medians."""
    rows = []
    for name, sizes in results["tasks"].items():
        if name == "stars":  # the shipped model has learnt from these: in the results only
            continue
        for size, of in sizes.items():
            cells = []
            for way in (FROM, TFIDF, SCRATCH):
                scores = [one["accuracy"] for one in of.get(way, [])]
                cells.append(f"{100 * statistics.median(scores):.1f}" if scores else "–")
            seconds = [one["seconds"] for one in of.get(FROM, [])]
            shown = f"{statistics.median(seconds):.0f} s" if seconds else "–"
            rows.append([f"{name}, {int(size):,} rows", *cells, shown])
    heads = ["accuracy (%)", "from shipped", "TF-IDF", "from nothing", "training"]
    return (
        f"Comments of {results['data']}, {results['test']:,} others to test; medians of the draws "
        f"of rows, CPU time from shipped. {machine_line(results['machine'])}\n\n"
        f"{table(heads, rows)}"
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    sizes = [500, 2_000, 10_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, metavar="N")
    names = ["aspect", "genre", "stars"]
    parser.add_argument("--tasks", nargs="+", choices=names, default=names, metavar="TASK")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="SEED")
    parser.add_argument("--unseen", type=Path, required=True, metavar="DIR", help="NSMC's files")
    parser.add_argument("--measured", action="store_true", help="show the cells that there are")
    ways = [FROM, TFIDF, SCRATCH]
    parser.add_argument("--ways", nargs="+", choices=ways, default=ways, metavar="WAY")


EXPERIMENT = Experiment(
    run, as_table, page="own-labels", data="FILE", trains=True, add_arguments=_add_arguments
)
