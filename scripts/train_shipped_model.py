"""Make the model that ships inside the package, start to end; run again, it goes on where it was.

    python scripts/train_shipped_model.py --data DIR --data-name NSMC-R --work runs/shipped

For each seed it trains configs/default.toml on DIR/ratings_train.txt. The seed with the lowest
validation loss becomes src/nsmc/models/default; every seed's model is measured once on
DIR/ratings_test.txt, which chooses nothing. Figures go to docs/results/shipped-model.json and,
as a page to read, to docs/model-card.md.
"""

import argparse
import json
import platform
import shutil
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nsmc.bundle import read_json, write_json
from nsmc.config import load_config
from nsmc.evaluation.evaluate import evaluate
from nsmc.runtime.directory import SHIPPED, open_model
from nsmc.training.api import train

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "configs" / "default.toml"
RESULTS = ROOT / "docs" / "results" / "shipped-model.json"
CARD = ROOT / "docs" / "model-card.md"


def main() -> None:
    """Train every seed, choose by validation, measure, ship and write the card."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what figures from DIR are called")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "shipped", metavar="DIR")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--only-train", action="store_true", help="stop after training, to share out the seeds"
    )
    args = parser.parse_args()
    outputs = {seed: _trained(args, seed) for seed in args.seeds}
    if args.only_train:
        return
    records = [_record(args, seed, output) for seed, output in outputs.items()]
    best = min(records, key=lambda record: float(record["validation"]["loss"]))
    shutil.rmtree(SHIPPED, ignore_errors=True)
    shutil.copytree(outputs[best["seed"]] / "model", SHIPPED)
    results = {
        "data": args.data_name,
        "shipped_seed": best["seed"],
        "seeds": records,
        "test_accuracy_mean": statistics.mean(r["test"]["accuracy"] for r in records),
        "test_accuracy_stdev": statistics.stdev(r["test"]["accuracy"] for r in records)
        if len(records) > 1
        else None,
        "machine": {
            "processor": _processor(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "onnxruntime", "konlpy", "mecab-ko")},
        },
        "date": time.strftime("%Y-%m-%d"),
        "command": "python scripts/train_shipped_model.py --data DIR --data-name "
        f"{args.data_name} --seeds {' '.join(map(str, args.seeds))}",
    }
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, results)
    CARD.write_text(_card(results), encoding="utf-8")
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
    test = evaluate(args.data, output)
    kept = ("examples", "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "ece")
    return {
        "seed": seed,
        "best_epoch": metrics["best_epoch"],
        "epochs": metrics["epochs"],
        "training_seconds": metrics["seconds"],
        "temperature": metrics["temperature"],
        "validation": metrics["validation"],
        "test": {**{k: test[k] for k in kept}, "confusion": test["confusion"]},
        "test_sha256": test["data"]["sha256"],
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _card(results: dict[str, Any]) -> str:
    model = open_model()
    shipped = next(r for r in results["seeds"] if r["seed"] == results["shipped_seed"])
    test, data = shipped["test"], model.metrics["data"]
    name, shape = results["data"], model.config["model"]
    size = sum(file.stat().st_size for file in model.path.iterdir()) / 1e6
    seeds = "\n".join(
        f"| {r['seed']}{' (shipped)' if r['seed'] == results['shipped_seed'] else ''} "
        f"| {r['validation']['accuracy']:.2%} | {r['validation']['loss']:.4f} "
        f"| {r['test']['accuracy']:.2%} | {r['test']['roc_auc']:.4f} | {r['test']['ece']:.2%} "
        f"| {r['training_seconds'] / 60:.0f} min |"
        for r in results["seeds"]
    )
    directions = "bidirectional " if shape["bidirectional"] else ""
    return f"""# Model card: the model inside the package

Written by `scripts/train_shipped_model.py` from `docs/results/shipped-model.json`; don't edit.

- **What it does**: gives the probability that a Korean film comment is positive.
- **Network**: {shape["layers"]}-layer {directions}{shape["cell"].upper()} of
  {shape["hidden_size"]} units over {shape["embedding_size"]}-dimensional morpheme vectors
  ({len(model.vocabulary):,} morphemes, {shape["subword_buckets"]:,} hashed character n-grams),
  {shape["pooling"]} pooling; {model.metrics["parameters"]:,} parameters, {size:.1f} MB.
- **Trained on**: {data["reviews"]:,} labelled reviews of {name} (`{data["name"]}`, SHA-256
  `{data["sha256"][:16]}…`), {data["skipped"]} empty ones left out;
  {model.config["data"]["validation"]:.0%} of them held back to choose the epoch, the temperature
  and the seed.
- **Morphemes by**: {", ".join(f"{k} {v}" for k, v in sorted(model.identity.items()))}.
- **Made on**: {results["machine"]["processor"]}, {model.config["training"]["threads"]} thread,
  torch {results["machine"]["torch"]}, {results["date"]}.

## Figures on {name}

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

    {results["command"]}

## Limits

- It has learnt from film comments. Reviews of other things share much of the language, not all.
- Labels are star ratings that users gave, and some contradict the comment below them.
- How it does on negation, irony, new coinages or comments of emoji alone has not been measured yet.
- The official NSMC test file was drawn from the same raw reviews as NSMC-R, so the model has seen
  part of it in training: a figure on that file is not an honest test of this model.
"""


if __name__ == "__main__":
    main()
