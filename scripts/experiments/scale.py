"""What comments cost by their number, from rates measured apart, held against whole runs.

`scripts/cost_model.py` predicts from the rates. They are measured on reviews of the training file,
in this process; the runs are `nsmc predict --input` over reviews of the test file, on one core and
on all. Processor time is compared, and on an idle machine also the clock. Needs Linux.
"""

import argparse
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cost_model
from benchmarks.common import write_table
from pages import machine_line, table

import nsmc
from experiments.experiment import Experiment, Results, cpu_seconds
from nsmc.data.reviews import read_reviews
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.chunks import chunks_of
from nsmc.pipeline.classify import map_scores
from nsmc.pipeline.score_table import add_columns
from nsmc.pipeline.scorer import Cells, Scorer, _key, _packed
from nsmc.storage.bundle import write_json
from nsmc.storage.journal import Journal
from nsmc.workers import available_cores, map_chunks

BILLION = 1_000_000_000
DISK_BYTES = 256 << 20
STAGES = {
    "prepare": "text side before Mecab",
    "n-grams": "n-grams of the early exit",
    "mecab": "Mecab",
    "narrow": "narrow network",
    "network": "whole network",
    "rest": "notes, bookkeeping",
    "table": "reading and writing Parquet",
    "columns": "new columns, journal",
}
SMALL = 10
"""Microseconds of a comment below which a part is not told."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure the rates, then the runs."""
    texts = read_reviews(args.data / "ratings_train.txt").texts
    # Mixed, because the file begins with other reviews than it ends with.
    texts = texts[:: max(1, len(texts) // args.rate_comments)][: args.rate_comments]
    runs_over = read_reviews(args.data / "ratings_test.txt").texts[: args.comments]
    with tempfile.TemporaryDirectory(dir=args.work) as place:
        work = Path(place)
        _note("rates")
        rates = measure_rates(list(texts), work)
        write_json(work / "rates.json", rates)
        _note("runs")
        cores = available_cores()
        ways = ((1, False, 1), (cores, False, 1), (1, True, 1), (cores, True, 1))
        measured = [
            measure_run(rates, list(runs_over), work, cores=c, exact=exact, files=files)
            for c, exact, files in (*ways, (cores, False, 2 * cores))
        ]
    yield {
        "machine_is": args.machine_is,
        "rate_comments": len(texts),
        "comments": len(runs_over),
        "rates": rates,
        "runs": measured,
    }


def measure_rates(texts: list[str], work: Path) -> Results:
    """Seconds a comment of everything that a run does, and of its start."""
    chunks = list(chunks_of(texts))
    early, exact = (measure_scoring(nsmc.load(exact=e), chunks) for e in (False, True))
    return {
        "start": measure_start(work),
        "worker_start": measure_worker_start(),
        "early": early,
        "exact": exact,
        **measure_tables(chunks, work),
        "crowding": measure_crowding(chunks[: max(1, len(chunks) // 8)]),
        "disk": measure_disk(work / "disk"),
    }


def measure_scoring(classifier: Classifier[Any], chunks: Sequence[list[str]]) -> Results:
    """Seconds a comment of scoring, by stages, when warm, and what a process needs to get warm.

    The first half of the chunks warms up the tables of units' vectors.
    """
    spent: defaultdict[str, float] = defaultdict(float)
    asked: defaultdict[str, int] = defaultdict(int)

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*arguments: Any, **options: Any) -> Any:
            started = time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                spent[stage] += time.thread_time() - started
                asked[stage] += 1 if isinstance(arguments[0], str) else len(arguments[0])

        return measured

    tokenizer: Any = classifier.tokenizer
    parts: Any = classifier
    for owner, name, stage in (
        (tokenizer, "prepare", "prepare"),
        (tokenizer, "cut", "mecab"),
        (parts, "_exit", "n-grams"),
        (parts, "_narrow", "narrow"),
        (parts, "outputs_of", "network"),
    ):
        if getattr(owner, name) is not None:
            setattr(owner, name, timed(stage, getattr(owner, name)))
    half = len(chunks) // 2
    seconds = []
    for part in (chunks[:half], chunks[half:]):
        spent.clear()
        asked.clear()
        started = time.thread_time()
        for chunk in part:
            classifier.score(chunk)
        seconds.append(time.thread_time() - started)
    warming, steady = (sum(map(len, part)) for part in (chunks[:half], chunks[half:]))
    score = seconds[1] / steady
    stages = {stage: taken / steady for stage, taken in spent.items()}
    return {
        "score": score,
        "warm_up": max(0.0, seconds[0] - warming * score),
        "stages": {**stages, "rest": score - sum(stages.values())},
        "shares asked": {stage: count / steady for stage, count in asked.items()},
    }


def measure_tables(chunks: Sequence[list[str]], work: Path) -> Results:
    """Seconds a comment of all but the scores: table, new columns and pipes; and its bytes."""
    classifier = nsmc.load()
    scorer = Scorer(classifier)
    # The same few scores for all: what they are makes no difference here.
    some = [classifier.score(chunk) for chunk in chunks[:2]]
    spent: defaultdict[str, float] = defaultdict(float)

    def cells(texts: Iterator[list[str]], journal: Journal) -> Iterator[Cells]:
        for number, chunk in enumerate(texts):
            outputs, notes = some[number % len(some)]
            outputs, notes = outputs[: len(chunk)], notes[: len(chunk)]
            started = time.thread_time()
            for sent in (chunk, (outputs, notes)):
                pickle.loads(pickle.dumps(sent))
            sent_at = time.thread_time()
            journal.add(_key(chunk), _packed(outputs, notes))
            columns = list(classifier.task.columns_of(outputs, classifier.threshold).values())
            spent["pipes"] += sent_at - started
            spent["columns"] += time.thread_time() - sent_at
            yield columns

    source = work / "rates.csv"
    write_table(source, [text for chunk in chunks for text in chunk])
    rows = sum(map(len, chunks))
    seconds, sizes = {}, {}
    for form in ("csv", "parquet"):
        if form == "parquet":
            as_parquet(source, work / "rates.parquet")
        source = work / f"rates.{form}"
        target = work / f"rates-scored.{form}"
        inner = sum(spent.values())
        started = time.thread_time()
        with Journal(work / "rates-journal", b"") as journal:
            add_columns(source, target, scorer.kinds, partial(cells, journal=journal))
        inner = sum(spent.values()) - inner
        seconds[form] = (time.thread_time() - started - inner) / rows
        sizes[form] = {"in": source.stat().st_size / rows, "out": target.stat().st_size / rows}
    columns, pipes = (spent[name] / rows / 2 for name in ("columns", "pipes"))
    # Half of a message's work is done at each end of its pipe.
    return {"table": seconds, "columns": columns, "pipes": pipes / 2, "bytes": sizes}


def measure_start(work: Path) -> Results:
    """Seconds of a whole `nsmc predict --input` of one comment."""
    source = work / "one.csv"
    write_table(source, ["재밌다"])
    command = predict_command(source, work / "one-scored.csv")
    return _median([measure_process(command, 1) for _ in range(3)])


def measure_worker_start() -> Results:
    """Seconds until a worker process has scored a comment; the clock's are of all cores at once."""
    cores, measured = available_cores(), []
    classifier = nsmc.load()
    classifier.score(["재밌다"])
    for _ in range(3):
        wall, cpu = time.perf_counter(), cpu_seconds()
        chunks = (["재밌다"] for _ in range(cores))
        list(map_scores(chunks, classifier, workers=max(2, cores)))
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        measured.append({"cpu": cpu / max(2, cores), "wall": wall})
    return _median(measured)


def measure_crowding(chunks: Sequence[list[str]]) -> float:
    """Processor time of the same work with all cores busy, as a ratio to one busy core's."""
    texts = [text for chunk in chunks for text in chunk]
    cores = available_cores()
    ratios = []
    for _ in range(2):
        alone, together = (
            statistics.mean(map_chunks([texts] * count, _make_timed, max(2, count)))
            for count in (1, cores)
        )
        ratios.append(together / alone)
    return statistics.median(ratios)


def _make_timed() -> Callable[[list[str]], float]:
    classifier = nsmc.load()

    def timed(texts: list[str]) -> float:
        """Seconds of processor time to score; a first pass warms up."""
        for chunk in chunks_of(texts):
            classifier.score(chunk)
        started = time.process_time()
        for chunk in chunks_of(texts):
            classifier.score(chunk)
        return time.process_time() - started

    return timed


def measure_disk(path: Path) -> Results:
    """Bytes a second of a long file, written to the disk and read from it."""
    block, count = os.urandom(1 << 20), DISK_BYTES >> 20
    started = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(count):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        written = time.perf_counter() - started
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    started = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    read = time.perf_counter() - started
    path.unlink()
    return {"write": DISK_BYTES / written, "read": DISK_BYTES / read}


def measure_run(
    rates: Results,
    texts: list[str],
    work: Path,
    *,
    cores: int,
    exact: bool,
    files: int = 1,
) -> Results:
    """Run `nsmc predict` over a file, or a directory of Parquet, beside the prediction for it."""
    source, target = work / "run.csv", work / "run-scored.csv"
    write_table(source, texts)
    if files > 1:
        source, target = work / "in", work / "out"
        shutil.rmtree(target, ignore_errors=True)
        source.mkdir(exist_ok=True)
        step = -(-len(texts) // files)
        for number in range(files):
            write_table(work / "part.csv", texts[number * step : (number + 1) * step])
            as_parquet(work / "part.csv", source / f"{number}.parquet")
        cost = cost_model.directory(rates, len(texts), exact=exact, cores=cores, files=files)
    else:
        cost = cost_model.one_file(rates, len(texts), exact=exact, cores=cores)
    command = predict_command(source, target, *(["--exact"] if exact else []))
    measured = measure_process(command, cores)
    result = {
        "cores": cores,
        "exact": exact,
        "files": files,
        "predicted": {"cpu": cost.cpu, "wall": cost.wall},
        "measured": measured,
    }
    _note(str(result))
    return result


def measure_process(command: Sequence[str], cores: int) -> dict[str, float]:
    """Seconds of a process and all that it starts, on the first of this one's cores.

    Raises:
        CalledProcessError: it failed.
    """
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    started = time.perf_counter()
    process = subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, allowed))
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall}


def predict_command(source: Path, target: Path, *options: str) -> list[str]:
    """`nsmc predict` of a table."""
    command = [sys.executable, "-m", "nsmc", "predict", "--input", str(source)]
    return [*command, "--output", str(target), *options]


def as_parquet(source: Path, target: Path) -> None:
    """Write a .csv of `write_table` as Parquet."""
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(source), target)


def as_table(results: Results) -> str:
    """The predictions beside the runs, a billion comments on paper, and what binds."""
    rates, idle = results["rates"], results["machine_is"] == "idle"
    return "\n".join(
        [
            f"{machine_line(results['machine'])} Reviews of {results['data']}. The machine was "
            f"{results['machine_is']}.\n",
            _runs(results["runs"], results["comments"], idle=idle),
            _billion_table(rates),
            _parts(rates),
        ]
    )


def _runs(runs: Sequence[Results], comments: int, *, idle: bool) -> str:
    """How far the predictions are from the runs, in a sentence."""
    kinds = {"cpu": "processor time", "wall": "clock"} if idle else {"cpu": "processor time"}
    told = []
    for kind, words in kinds.items():
        off = [one["predicted"][kind] / one["measured"][kind] - 1 for one in runs]
        told.append(f"{min(off):+.0%} to {max(off):+.0%} ({words})")
    return (
        f"The predictions of {len(runs)} runs over {comments:,} comments (a CSV file, with and "
        "without `--exact`; Parquet files; one core and more) were off by "
        f"{' and '.join(told)}.\n"
    )


def _billion_table(rates: Results) -> str:
    """Time, and how many cores each thing can feed, for the early exit and for `--exact`."""
    ways = (False, True)

    def costs(cores: int, machines: int) -> list[cost_model.Cost]:
        return [
            cost_model.directory(
                rates,
                BILLION,
                exact=exact,
                cores=cores,
                machines=machines,
                files=8 * cores * machines,
            )
            for exact in ways
        ]

    rows = [["core-hours", *(f"{cost.cpu / 3600:,.0f}" for cost in costs(1, 1))]]
    for cores, machines in ((16, 1), (64, 16)):
        of = f"{machines} × {cores} cores" if machines > 1 else f"{cores} cores"
        rows.append([f"hours on {of}", *(f"{c.wall / 3600:,.2f}" for c in costs(cores, machines))])
    limits = [cost_model.limits(rates, exact=exact) for exact in ways]
    left = [
        (1 - one["shares"]["network"] - one["shares"].get("narrow", 0.0)) * one["seconds"]
        for one in limits
    ]
    free = [f"{BILLION * seconds / 3600:,.0f}" for seconds in left]
    rows.append(["core-hours if networks cost nothing", *free])
    for name in limits[0]["cores"]:
        if not name.endswith(("10 Gbit/s", "100 Gbit/s")):  # ten and a hundred times the other's
            feeds = (f"{one['cores'][name]:,.0f}" for one in limits)
            rows.append([f"cores fed by {name}", *feeds])
    return table(["a billion comments, in Parquet", "usual", "`--exact`"], rows)


def _parts(rates: Results) -> str:
    """What of a comment's processor time each part takes, in a sentence for either way."""
    told = []
    for way, exact in (("usually", False), ("by `--exact`", True)):
        one = cost_model.limits(rates, exact=exact)
        times = {
            words: 1e6 * one["shares"].get(name, 0.0) * one["seconds"]
            for name, words in STAGES.items()
        }
        large = sorted(((of, words) for words, of in times.items() if of >= SMALL), reverse=True)
        parts = ", ".join(f"{words} {of:,.0f}" for of, words in large)
        told.append(f"{way} {1e6 * one['seconds']:,.0f} ({parts})")
    asked = rates["early"]["shares asked"]
    return (
        f"Microseconds of a comment: {'; '.join(told)}. Of 100 comments Mecab is asked about "
        f"{100 * asked['mecab']:.0f}, the narrow network about {100 * asked['narrow']:.0f}, the "
        f"whole about {100 * asked['network']:.0f}.\n"
    )


def _median(measured: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in measured) for name in measured[0]}


def _note(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--comments", type=int, default=40_000, metavar="N", help="of a run, at most")
    add("--rate-comments", type=int, default=40_000, metavar="N", help="that rates are of, at most")
    add("--machine-is", default="idle", help="idle or busy, for the record")
    add("--work", type=Path, metavar="PLACE", help="where temporary files go")


EXPERIMENT = Experiment(run, as_table, page="scaling", add_arguments=_add_arguments)
