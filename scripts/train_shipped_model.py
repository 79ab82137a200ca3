"""Make the model that ships inside the package, start to end; run again, it goes on where it was.

    python scripts/train_shipped_model.py --data DIR --data-name NSMC-R --work runs/shipped

For each seed it trains configs/default.toml on DIR/ratings_train.txt and exports the model with its
tables in int8. The seed with the lowest validation loss becomes src/nsmc/models/default; every
seed's export is measured once on DIR/ratings_test.txt, which chooses nothing. Figures go to
docs/results/shipped-model.json, what it calls wrong among everyday comments to
docs/results/behaviour.json and, as a page to read, all of it to docs/model-card.md; --card-only
writes that page again from them.
"""

import argparse
import json
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import behaviour

from nsmc.bundle import read_json, write_json
from nsmc.config import load_config
from nsmc.evaluation.evaluate import evaluate
from nsmc.exporting import export
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info
from nsmc.inspection.machine import machine
from nsmc.runtime.directory import SHIPPED
from nsmc.training.api import train

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "configs" / "default.toml"
RESULTS = ROOT / "docs" / "results" / "shipped-model.json"
CARD = ROOT / "docs" / "model-card.md"


def main() -> None:
    """Train every seed, choose by validation, measure, ship and write the card."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--data-name", help="what figures from DIR are called")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "shipped", metavar="DIR")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--only-train", action="store_true", help="stop after training, to share out the seeds"
    )
    parser.add_argument(
        "--card-only", action="store_true", help="train nothing; write docs/model-card.md again"
    )
    args = parser.parse_args()
    if args.card_only:
        CARD.write_text(card(read_json(RESULTS)), encoding="utf-8")
        return
    if not (args.data and args.data_name):
        parser.error("--data and --data-name are needed to train")
    outputs = {seed: _trained(args, seed) for seed in args.seeds}
    if args.only_train:
        return
    records = [_record(args, seed, output) for seed, output in outputs.items()]
    best = min(records, key=lambda record: float(record["validation"]["loss"]))
    shutil.rmtree(SHIPPED, ignore_errors=True)
    shutil.copytree(outputs[best["seed"]] / "int8", SHIPPED)
    results = {
        "data": args.data_name,
        "shipped_seed": best["seed"],
        "seeds": records,
        "test_accuracy_mean": statistics.mean(r["test"]["accuracy"] for r in records),
        "test_accuracy_stdev": statistics.stdev(r["test"]["accuracy"] for r in records)
        if len(records) > 1
        else None,
        "machine": machine("torch", "numpy", "konlpy", "mecab-ko"),
        "date": time.strftime("%Y-%m-%d"),
        "command": "python scripts/train_shipped_model.py --data DIR --data-name "
        f"{args.data_name} --seeds {' '.join(map(str, args.seeds))}",
    }
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, results)
    write_json(behaviour.RESULTS, behaviour.measured())
    CARD.write_text(card(results), encoding="utf-8")
    print(json.dumps(results, ensure_ascii=False, indent=2))


def _trained(args: argparse.Namespace, seed: int) -> Path:
    output: Path = args.work / f"seed-{seed}"
    started, ended = (output / "recipe.json").exists(), (output / "model").exists()
    if started and ended and not (output / "checkpoints").exists():
        return output
    config = load_config(RECIPE, [f"training.seed={seed}"])
    train(config, data=args.data, output=output, device=args.device, resume=started)
    return output


def _record(args: argparse.Namespace, seed: int, output: Path) -> dict[str, Any]:
    metrics = read_json(output / "model" / "metrics.json")
    # What ships is measured: the same answers from half the bytes (scripts/measure_int8.py).
    shipped = export(output / "model", output / "int8", int8=True, overwrite=True)
    test = evaluate(args.data, shipped)
    kept = ("examples", "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "ece")
    return {
        "seed": seed,
        "tables": "int8",
        "best_epoch": metrics["best_epoch"],
        "epochs": metrics["epochs"],
        "training_seconds": metrics["seconds"],
        "temperature": metrics["temperature"],
        "validation": metrics["validation"],
        "test": {**{k: test[k] for k in kept}, "confusion": test["confusion"]},
        "test_sha256": test["data"]["sha256"],
    }


def card(results: dict[str, Any]) -> str:
    """The page: what the model's directory says of it, and its figures on the test file."""
    shipped = next(r for r in results["seeds"] if r["seed"] == results["shipped_seed"])
    test, name, made_on = shipped["test"], results["data"], results["machine"]
    everyday, weak = _everyday()
    seeds = "\n".join(
        f"| {r['seed']}{' (shipped)' if r['seed'] == results['shipped_seed'] else ''} "
        f"| {r['validation']['accuracy']:.2%} | {r['validation']['loss']:.4f} "
        f"| {r['test']['accuracy']:.2%} | {r['test']['roc_auc']:.4f} | {r['test']['ece']:.2%} "
        f"| {r['training_seconds'] / 60:.0f} min |"
        for r in results["seeds"]
    )
    figures = f"""## Figures on {name}

NSMC-R is a fresh draw, by NSMC's own rule, from the raw reviews that NSMC was drawn from. It has
NSMC's form and size but is not its official split, so these figures stand beside published ones
only roughly.

{test["examples"]:,} test reviews, measured once, after everything was chosen:

| seed | validation accuracy | validation loss | test accuracy | test AUC | test ECE | training |
|---|---|---|---|---|---|---|
{seeds}

The shipped model: accuracy **{test["accuracy"]:.2%}**, precision {test["precision"]:.2%}, recall
{test["recall"]:.2%}, F1 {test["f1"]:.2%}, log loss {test["log_loss"]:.4f} nats. Mean over the seeds
{results["test_accuracy_mean"]:.2%}. Repeat it:

    {results["command"]}{everyday}"""
    return model_card(
        info(),
        title="Model card: the model inside the package",
        note="Written by `scripts/train_shipped_model.py` from the model's own directory, "
        "`docs/results/shipped-model.json` and `docs/results/behaviour.json`; don't edit.",
        data_name=name,
        facts=[f"**Machine**: {made_on['processor']}, {made_on['system']}."],
        figures=figures,
        limits=[
            weak,
            f"The official NSMC test file was drawn from the same raw reviews as {name}, so the "
            "model has seen part of it in training: a figure on that file is not an honest test "
            "of this model.",
        ],
    )


def _everyday() -> tuple[str, str]:
    """The section on everyday comments, and the limit that follows from it."""
    found = behaviour.of_the_shipped_model()
    if found is None:
        return "", (
            "How it does on negation, irony, new coinages or comments of emoji alone has not been "
            "measured yet."
        )
    section = f"""

## Everyday comments by type

{found["all"]["cases"]:,} comments written for this project and taken from no review, each with the
label that nearly every reader would give it (`tests/behaviour/cases.tsv`), and how often the model
calls them wrong (`docs/results/behaviour.json`):

{behaviour.as_table(found).rstrip()}

Each type has a few dozen comments, so a share tells a rough order, no more. Repeat it:

    {found["command"]}"""
    return section, (
        f"Of everyday comments it calls these types wrong most often: {behaviour.worst(found)}."
    )


if __name__ == "__main__":
    main()
