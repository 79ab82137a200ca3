"""The same network on four kinds of units: morphemes, syllables, letters and learnt pieces.

    python scripts/measure_units.py --data DIR --data-name NSMC-R --output runs/units

Each recipe is trained on the training file with every seed, its epoch chosen on the validation
part, and read once on the test file. A run that has ended is not run again, so an interrupted
measurement goes on where it was; `--seeds` alone measures no more than how comments are cut.
Seconds are of processor time, of one thread in training, so that what else the machine does counts
little. Figures go to docs/results/units.json, and to standard output the table that stands in
docs/units.md.
"""

import argparse
import resource
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import measured_on

import nsmc
from nsmc.config.schema import Config
from nsmc.data.cache import TRAIN_FILE
from nsmc.data.reviews import read_reviews
from nsmc.errors import NsmcError
from nsmc.storage.bundle import read_json, write_json
from nsmc.text.tokenizer import learn, make_tokenizer

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results" / "units.json"
RECIPES = {
    "morpheme": "default.toml",
    "syllable": "syllable.toml",
    "jamo": "jamo.toml",
    "bpe": "bpe.toml",
}
CUT = 20_000
"""Comments by which the speed of cutting is told."""


def main() -> None:
    """Train what is missing and write what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what the reviews in DIR are called")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for the runs")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--units", nargs="+", default=list(RECIPES), help="of which to train")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--set", action="append", default=[], help="as of nsmc train, for a trial")
    args = parser.parse_args()
    cut = {unit: _cutting(args.data, args.output, unit) for unit in RECIPES}
    found: dict[str, list[dict[str, Any]]] = {unit: [] for unit in RECIPES}
    results = _results(cut, found, args)
    write_json(args.results, results)
    for seed in args.seeds:
        for unit in args.units:
            config = _recipe(unit, (*args.set, f"training.seed={seed}"))
            found[unit].append(_run(args.data, args.output / f"{unit}-{seed}", config))
            print(seed, unit, found[unit][-1], file=sys.stderr, flush=True)
            results = _results(cut, found, args)
            write_json(args.results, results)
    print(table(results))


def table(results: dict[str, Any]) -> str:
    """The figures as Markdown; a dash stands for what hasn't been measured."""
    rows = [
        "| unit | units a comment | comments cut a second | rows in the vocabulary | model, MB "
        "| training, minutes | test accuracy |",
        "|---|---|---|---|---|---|---|",
    ]
    for unit, of in results["units"].items():
        runs = of["runs"]
        minutes = of.get("training_seconds")
        cells = [
            f"[`{unit}`](../{of['recipe']})",
            f"{of['units_a_comment']:.1f}",
            f"{of['comments_a_second']:,}",
            f"{of['vocabulary']:,}" if runs else "–",
            f"{of['bytes'] / 1e6:.1f}" if runs else "–",
            f"{minutes / 60:.0f}" if minutes else "–",
            f"{of['test_accuracy']:.2%}" if runs else "–",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _recipe(unit: str, fields: tuple[str, ...] = ()) -> Config:
    return nsmc.load_config(ROOT / "configs" / RECIPES[unit], fields)


def _cutting(data: Path, output: Path, unit: str) -> dict[str, Any]:
    """How long learning and cutting take in one process, and how long comments become."""
    kept = output / f"{unit}-cut.json"
    if kept.exists():
        return dict(read_json(kept))
    config, texts = _recipe(unit).text, read_reviews(data / TRAIN_FILE).texts
    started = _seconds()
    learned = learn(config, texts)
    learning = _seconds() - started
    tokenizer = make_tokenizer(config, learned)
    tokenizer("첫 댓글은 사전을 엽니다")
    started = _seconds()
    units = [tokenizer(text) for text in texts[:CUT]]
    cutting = _seconds() - started
    found = {
        "learning_seconds": round(learning, 2) if learned else None,
        "comments_a_second": round(len(units) / cutting),
        "units_a_comment": round(statistics.mean(map(len, units)), 2),
    }
    output.mkdir(parents=True, exist_ok=True)
    write_json(kept, found)
    return found


def _run(data: Path, place: Path, config: Config) -> dict[str, Any]:
    """Train and evaluate one recipe with one seed, or read what that gave before."""
    kept = place / "measured.json"
    if kept.exists():
        return dict(read_json(kept))
    started, whole = _seconds(), True
    try:
        trained = nsmc.train(config, data=data, output=place, device="cpu")
    except NsmcError:  # begun before: go on, but what it took until then isn't known
        trained = nsmc.train(None, data=data, output=place, device="cpu", resume=True)
        whole = False
    training = _seconds() - started
    started = _seconds()
    test = nsmc.evaluate(data, trained.model).metrics
    scoring = _seconds() - started
    about = nsmc.info(trained.model)
    measured = {
        "seed": config.training.seed,
        "validation_accuracy": about["validation"]["accuracy"],
        "test_accuracy": test["accuracy"],
        "test_log_loss": test["log_loss"],
        "roc_auc": test["roc_auc"],
        "best_epoch": about["training"]["best_epoch"],
        "training_seconds": round(training, 1) if whole else None,
        "scoring_seconds": round(scoring, 2),
        "vocabulary": about["vocabulary"]["morphemes"],
        "coverage": about["vocabulary"]["coverage"],
        "parameters": about["parameters"],
        "bytes": about["bytes"],
    }
    write_json(kept, measured)
    return measured


def _seconds() -> float:
    """Processor time so far, of this process and of the workers that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _results(
    cut: dict[str, dict[str, Any]], found: dict[str, list[dict[str, Any]]], args: argparse.Namespace
) -> dict[str, Any]:
    def summary(unit: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
        known = {"recipe": f"configs/{RECIPES[unit]}", **cut[unit], "runs": runs}
        if not runs:
            return known
        tests = [run["test_accuracy"] for run in runs]
        times = [run["training_seconds"] for run in runs if run["training_seconds"] is not None]
        return {
            **known,
            "test_accuracy": statistics.mean(tests),
            "spread": statistics.stdev(tests) if len(tests) > 1 else None,
            "training_seconds": min(times, default=None),
            "scoring_seconds": min(run["scoring_seconds"] for run in runs),
            "vocabulary": runs[0]["vocabulary"],
            "parameters": runs[0]["parameters"],
            "bytes": runs[0]["bytes"],
        }

    fields = "".join(f" --set {field}" for field in args.set)
    return {
        "data": args.data_name,
        "set": args.set,
        "units": {unit: summary(unit, runs) for unit, runs in found.items()},
        "machine": measured_on(),
        "command": f"python scripts/measure_units.py --data DIR --data-name {args.data_name} "
        f"--output runs/units{fields}",
    }


if __name__ == "__main__":
    main()
