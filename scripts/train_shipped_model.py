"""Make the model that ships inside the package, start to end; run again, it goes on where it was.

    python scripts/train_shipped_model.py --data DIR --further FILE --data-name NSMC-R --work DIR2

With ``--start DIR3`` it does nothing but the last training (`distillation.primed`), on the finished
model in DIR3.

DIR holds ratings_train.txt and ratings_test.txt; FILE is a table of further reviews with stars, of
which no text stands in the test file. For each track (``150k``: the labels of the training file and
nothing but texts beyond; ``all``: the further stars as well) and seed it distils a model
(`distillation.stages`) and exports it with its tables in int8. The seed of the track ``all`` with
the lowest validation loss becomes src/nsmc/pretrained/default; every seed's export is measured once
on ratings_test.txt, which chooses nothing. Figures go to docs/results/shipped-model.json, what it
calls wrong among everyday comments to docs/results/behaviour.json and, as a page to read, all of it
to docs/model-card.md; --card-only writes that page again from them.
"""

import argparse
import dataclasses
import json
import statistics
import time
from pathlib import Path
from typing import Any, get_args

import experiment
from distillation.early_exit import exit_of
from distillation.reviews import Track, read_all
from distillation.stages import Stages
from experiments import behaviour, robustness
from machine import machine

from nsmc.config.model import ExitConfig
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import read_reviews
from nsmc.evaluation.evaluate import TEST_FILE
from nsmc.exporting.quantization import export
from nsmc.inference.classifier import load
from nsmc.inference.directory import SHIPPED, open_model, write_again
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info
from nsmc.messages.translate import in_language
from nsmc.report.evaluation_report import evaluate
from nsmc.storage.bundle import read_json, write_json
from nsmc.text.normalize import normalize

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results" / "shipped-model.json"
CARD = ROOT / "docs" / "model-card.md"
TRACKS: tuple[Track, ...] = get_args(Track)
SHIPS: Track = "all"
START = "the model of the trainings before (docs/distilling.md)"


def main() -> None:
    """Distil every track and seed, choose by validation, measure, ship and write the card."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--further", type=Path, metavar="FILE")
    parser.add_argument("--data-name", help="what figures from DIR are called")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "shipped", metavar="DIR")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--tracks", nargs="+", choices=TRACKS, default=list(TRACKS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--start",
        type=Path,
        metavar="DIR",
        help="a finished model of the track `all` to do nothing but the last training on: minutes "
        "in place of hours",
    )
    parser.add_argument(
        "--primed-start",
        type=Path,
        metavar="DIR",
        help="with --start, a finished model made of it that knows composed comments, for the last "
        "training to go on from",
    )
    parser.add_argument(
        "--only-train", action="store_true", help="stop after training, to share out the seeds"
    )
    parser.add_argument(
        "--card-only", action="store_true", help="train nothing; write docs/model-card.md again"
    )
    parser.add_argument(
        "--exit-only",
        action="store_true",
        help="train nothing but the early exit of the model that ships",
    )
    args = parser.parse_args()
    if args.card_only:
        CARD.write_text(card(read_json(RESULTS)), encoding="utf-8")
        return
    if not (args.data and args.data_name and args.further):
        parser.error("--data, --further and --data-name are needed to train")
    if args.exit_only:
        print(exit_of(SHIPPED, read_all(args.data / "ratings_train.txt", args.further)))
        return
    if args.primed_start and not args.start:
        parser.error("--primed-start needs --start")
    if args.start:
        args.tracks = [SHIPS]
    stages = Stages(
        *(args.data, args.further, args.work, args.device),
        start=args.start,
        primed_start=args.primed_start,
    )
    outputs = {
        track: {seed: stages.finished(track, seed) for seed in args.seeds} for track in args.tracks
    }
    if args.only_train:
        return
    before = read_json(RESULTS) if args.start else None
    tracks = {
        track: {
            **_taught(stages, track, args.seeds, before),
            **_measured(args.data, of_track),
        }
        for track, of_track in outputs.items()
    }
    if before:
        tracks = {**before["tracks"], **tracks}
    best = min(tracks[SHIPS]["seeds"], key=lambda record: float(record["validation"]["loss"]))
    ship(outputs[SHIPS][best["seed"]] / "int8", args.data_name, SHIPPED)
    exit_of(SHIPPED, stages.reviews())
    results = {
        "data": args.data_name,
        "shipped_seed": best["seed"],
        "tracks": tracks,
        "machine": machine("torch", "numpy", "konlpy", "mecab-ko", "scikit-learn"),
        "date": time.strftime("%Y-%m-%d"),
        "command": "python scripts/train_shipped_model.py --data DIR --further FILE --data-name "
        f"{args.data_name} --seeds {' '.join(map(str, args.seeds))}"
        + (" --start DIR2" if args.start else "")
        + (" --primed-start DIR3" if args.primed_start else ""),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, results)
    for name in ("behaviour", "development"):
        experiment.run(name, [])
    CARD.write_text(card(results), encoding="utf-8")
    print(json.dumps(results, ensure_ascii=False, indent=2))


def _taught(
    stages: Stages, track: Track, seeds: list[int], before: dict[str, Any] | None
) -> dict[str, Any]:
    """What a track's models learnt from and how long it took; the stages not done now as before."""
    if before:
        (earlier, *_) = before["tracks"][track]["stage_seconds"].values()
        return {
            "teachers": before["tracks"][track]["teachers"],
            "stage_seconds": {str(s): {**earlier, **stages.seconds(track, s)} for s in seeds},
        }
    return {
        # JSON's keys are text.
        "teachers": {
            str(seed): read_json(stages.ensemble(track, _teachers(track, seed)) / "teachers.json")
            for seed in seeds
        },
        "stage_seconds": {str(seed): stages.seconds(track, seed) for seed in seeds},
    }


def ship(model: Path, data_name: str, output: Path) -> None:
    """Write a model with the paths of its training replaced by what they mean.

    Its last trainings leave the early exit out, and it is to have one.
    """
    source = open_model(model)
    training = dataclasses.replace(source.config.training, init_from=START)
    name = f"{data_name}, further reviews and composed comments (the last of several trainings)"
    metrics = {
        **source.metrics,
        "init_from": {**source.metrics["init_from"], "path": START},
        "data": {**source.metrics["data"], "name": name},
    }
    network = dataclasses.replace(source.config.model, exit=ExitConfig())
    config = dataclasses.replace(source.config, training=training, model=network)
    write_again(source, output, config=config, metrics=metrics)


def _teachers(track: Track, seed: int) -> int:
    """The seed of a model's teachers: the students of all labels share theirs."""
    return 1 if track == "all" else seed


def _measured(data: Path, outputs: dict[int, Path]) -> dict[str, Any]:
    """The seeds' figures, and those of all together."""
    seeds = [_record(data, seed, output) for seed, output in outputs.items()]
    accuracies = [record["test"]["accuracy"] for record in seeds]
    return {
        "seeds": seeds,
        "test_accuracy_mean": statistics.mean(accuracies),
        "test_accuracy_stdev": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "test_accuracy_unseen_mean": statistics.mean(r["test_unseen"]["accuracy"] for r in seeds),
    }


def _record(data: Path, seed: int, output: Path) -> dict[str, Any]:
    metrics = read_json(output / "model" / "metrics.json")
    # What ships is measured: the same answers from half the bytes (the experiment `int8`).
    shipped = export(output / "model", output / "int8", int8=True, overwrite=True)
    test = evaluate(data, shipped).to_dict()
    saved = ("examples", "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "ece")
    return {
        "seed": seed,
        "tables": "int8",
        "bytes": sum(file.stat().st_size for file in shipped.iterdir()),
        "best_epoch": metrics["best_epoch"],
        "epochs": metrics["epochs"],
        "training_seconds": metrics["seconds"],
        "temperature": metrics["temperature"],
        "validation": metrics["validation"],
        "test": {**{k: test[k] for k in saved}, "confusion": test["confusion"]},
        "test_unseen": _unseen(data, shipped),
        "test_sha256": test["data"]["sha256"],
    }


def _unseen(data: Path, model: Path) -> dict[str, Any]:
    """Accuracy on the test reviews whose text stands nowhere in the training file."""
    learnt = {normalize(t, 1000) for t in read_reviews(data / "ratings_train.txt").texts}
    test = read_reviews(data / TEST_FILE, label_columns=[LabelColumnSpec("label")])
    label = test.labels["label"]
    labels = label.numbers()[label.codes]  # [R]
    new = [i for i, text in enumerate(test.texts) if normalize(text, 1000) not in learnt]
    scored = load(model).predict([test.texts[i] for i in new])
    right = [(p.label == "positive") == bool(labels[i]) for p, i in zip(scored, new, strict=True)]
    return {"examples": len(new), "accuracy": statistics.mean(right)}


@in_language("en")
def card(results: dict[str, Any]) -> str:
    """The page: what the model's directory says of it, and its metrics on the test file."""
    tracks, name, made_on = results["tracks"], results["data"], results["machine"]
    shipped = next(r for r in tracks[SHIPS]["seeds"] if r["seed"] == results["shipped_seed"])
    test = shipped["test"]
    everyday, weak = _everyday()
    rough = _rough()
    rows = "\n".join(_track(track, result) for track, result in tracks.items())
    metrics = f"""## Metrics on {name}

NSMC-R is a fresh draw, by NSMC's own rule, from the raw reviews that NSMC was drawn from, of the
same form and size. It is not the official split: compare with published numbers only roughly.

{test["examples"]:,} test reviews, measured once for each model, after everything was chosen on the
validation part; tracks as in `docs/distilling.md`. Unseen are those whose text is not in the
training texts.

| track | validation | test | unseen | AUC | ECE | minutes |
|---|---|---|---|---|---|---|
{rows}

The shipped model: accuracy **{test["accuracy"]:.2%}**, precision {test["precision"]:.2%}, recall
{test["recall"]:.2%}, F1 {test["f1"]:.2%}, log loss {test["log_loss"]:.4f} nats.{rough}{everyday}"""
    return model_card(
        info(),
        title="Model card: the model inside the package",
        note="Written by `scripts/train_shipped_model.py` from the model's own directory, "
        "`docs/results/shipped-model.json` and `docs/results/behaviour.json`; don't edit.",
        facts=[f"**Machine**: {made_on['processor']}, {made_on['system']}."],
        metrics=metrics,
        limits=[
            weak,
            f"The official NSMC test file was drawn from the same raw reviews as {name}, so the "
            "model has seen most of it in training, three quarters of it with its stars: a metric "
            "on that file is not an honest test of this model, and `nsmc evaluate` says so.",
        ],
    )


def _track(name: str, result: dict[str, Any]) -> str:
    """A track's row: its one seed, or the means of several; those of each are in the results."""
    seeds = result["seeds"]

    def mean(part: str, metric: str) -> float:
        return statistics.mean(float(seed[part][metric]) for seed in seeds)

    several = len(seeds) > 1
    test = f"{result['test_accuracy_mean']:.2%}"
    test += f" ± {100 * result['test_accuracy_stdev']:.2f}" if several else ""
    return (
        f"| `{name}`, {f'mean of {len(seeds)} seeds' if several else 'one seed'} "
        f"| {mean('validation', 'accuracy'):.2%} | {test} "
        f"| {mean('test_unseen', 'accuracy'):.2%} | {mean('test', 'roc_auc'):.4f} "
        f"| {mean('test', 'ece'):.2%} | {_minutes(result['stage_seconds'])} |"
    )


def _minutes(seconds: dict[str, dict[str, float]]) -> str:
    """How long the stages of each seed took together, the shortest and the longest."""
    sums = sorted(sum(stages.values()) / 60 for stages in seconds.values())
    return f"{sums[0]:.0f}–{sums[-1]:.0f}" if len(sums) > 1 else f"{sums[0]:.0f}"


def _rough() -> str:
    """The section on rough comments; nothing before that experiment was run on this model."""
    result = behaviour.results_of_the_shipped_model(robustness.FILE)
    if result is None:
        return ""
    return f"""

## Rough comments

{robustness.as_table(result).rstrip()}"""


def _everyday() -> tuple[str, str]:
    """The section on everyday comments, and the limit that follows from it."""
    result = behaviour.of_the_shipped_model()
    if result is None:
        return "", (
            "How it does on negation, irony, new coinages or comments of emoji alone has not been "
            "measured yet."
        )
    section = f"""

## Everyday comments by type

Comments written for this project, each with the label that nearly every reader would give it
(`tests/behaviour/cases.tsv`). A few dozen a type give a rough order, no more.

{behaviour.as_table(result).rstrip()}"""
    rate = result["types"]["other-domains"]["rate"]
    return section, (
        f"Of comments about products, food, places and games it gets {rate:.0%} wrong. `nsmc train "
        "--from shipped` with your own rows is the remedy (`docs/own-labels.md`)."
    )


if __name__ == "__main__":
    main()
