"""The same network on four kinds of units: morphemes, syllables, letters and learnt pieces.

Each recipe is trained on the training file with every seed, its epoch chosen on the validation
part, and read once on the test file. `--seeds` without a
number measures no more than how comments are cut. Seconds are of processor time, of one thread in
training, so that what else the machine does counts little.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nsmc
from experiments.experiment import (
    ROOT,
    Experiment,
    Results,
    cpu_seconds,
    mean_and_deviation,
    measured_once,
    scores_of_run,
    train_once,
)
from nsmc.config.schema import Config
from nsmc.data.cache import TRAIN_FILE
from nsmc.data.reviews import read_reviews
from nsmc.text.tokenizer import learn, make_tokenizer

RECIPES = {
    "morpheme": "default.toml",
    "syllable": "syllable.toml",
    "jamo": "jamo.toml",
    "bpe": "bpe.toml",
}
CUT = 20_000
"""Comments by which the speed of cutting is told."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure how comments are cut, then train what is missing."""
    cut = {
        unit: measured_once(args.output / f"{unit}-cut.json", partial(_cutting, args.data, unit))
        for unit in RECIPES
    }
    runs: dict[str, list[Results]] = {unit: [] for unit in RECIPES}

    def results() -> Results:
        units = {unit: _summary(unit, cut[unit], runs[unit]) for unit in RECIPES}
        return {"set": args.set, "units": units}

    yield results()
    for seed in args.seeds:
        for unit in args.units:
            config = _config(unit, (*args.set, f"training.seed={seed}"))
            output = args.output / f"{unit}-{seed}"
            measure = partial(_measure, args.data, output, config)
            runs[unit].append(measured_once(output / "measured.json", measure))
            print(seed, unit, runs[unit][-1], file=sys.stderr, flush=True)
            yield results()


def as_table(results: Results) -> str:
    """The results as Markdown, in Korean as its page; a dash: not measured."""
    rows = [
        "| 단위 | 댓글 하나에 | 초당 댓글 | 어휘 | 모델 | 시험 정확도 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for unit, of in results["units"].items():
        runs = of["runs"]
        cells = [
            f"`{unit}`",
            f"{of['units_a_comment']:.1f}",
            f"{of['comments_a_second']:,}",
            f"{of['vocabulary']:,}" if runs else "–",
            f"{of['bytes'] / 1e6:.1f} MB" if runs else "–",
            f"{of['test_accuracy']:.2%}" if runs else "–",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _config(unit: str, fields: tuple[str, ...] = ()) -> Config:
    return nsmc.load_config(ROOT / "configs" / RECIPES[unit], fields)


def _cutting(data: Path, unit: str) -> Results:
    """How long learning and cutting take in one process, and how long comments become."""
    config, texts = _config(unit).text, read_reviews(data / TRAIN_FILE).texts
    started = cpu_seconds()
    learned = learn(config, texts)
    learning = cpu_seconds() - started
    tokenizer = make_tokenizer(config, learned)
    tokenizer("첫 댓글은 사전을 엽니다")
    started = cpu_seconds()
    units = [tokenizer(text) for text in texts[:CUT]]
    cutting = cpu_seconds() - started
    return {
        "learning_seconds": round(learning, 2) if learned else None,
        "comments_a_second": round(len(units) / cutting),
        "units_a_comment": round(statistics.mean(map(len, units)), 2),
    }


def _measure(data: Path, output: Path, config: Config) -> Results:
    """Train and evaluate one recipe with one seed."""
    metrics, training_seconds = train_once(config, data, output)
    started = cpu_seconds()
    test = nsmc.evaluate(data, output).to_dict()
    scoring = cpu_seconds() - started
    about = nsmc.info(output)
    return {
        **scores_of_run(config, metrics, test),
        "training_seconds": training_seconds,
        "scoring_seconds": round(scoring, 2),
        "vocabulary": about.vocabulary["morphemes"],
        "coverage": about.vocabulary["coverage"],
        "parameters": about.parameters,
        "bytes": about.bytes,
    }


def _summary(unit: str, cut: Results, runs: list[Results]) -> Results:
    known = {"recipe": f"configs/{RECIPES[unit]}", **cut, "runs": runs}
    if not runs:
        return known
    mean, deviation = mean_and_deviation([run["test_accuracy"] for run in runs])
    times = [run["training_seconds"] for run in runs if run["training_seconds"] is not None]
    return {
        **known,
        "test_accuracy": mean,
        "spread": deviation,
        "training_seconds": min(times, default=None),
        "scoring_seconds": min(run["scoring_seconds"] for run in runs),
        "vocabulary": runs[0]["vocabulary"],
        "parameters": runs[0]["parameters"],
        "bytes": runs[0]["bytes"],
    }


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--units", nargs="+", default=list(RECIPES), help="of which to train")
    parser.add_argument("--set", action="append", default=[], help="as of nsmc train, for a trial")


EXPERIMENT = Experiment(run, as_table, page="units", trains=True, add_arguments=_add_arguments)
