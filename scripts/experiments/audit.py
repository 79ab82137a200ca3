"""Measure how many planted wrong labels `nsmc audit` finds, and how high.

Of DIR/ratings_train.txt it takes ROWS at random, flips 2% of their labels and audits them: once all
of them, whose own wrong labels compete with the planted ones, and once the clean ones alone. Clean
means that a classifier of another kind (TF-IDF of 1 to 3 characters, logistic regression), which
hasn't learnt from the comment either, gives its label 0.9 or more. DIR/reviews_extra.parquet, if
it is there, holds comments that the shipped model hasn't learnt from: on tables of several sizes
drawn from it, networks trained on the table are compared with that model. At last the whole file
is audited, and the rank of the comments that begin with the words of --find is told.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import nsmc
from experiments.experiment import Experiment, Results
from nsmc.auditing.confident_learning import self_confidence
from nsmc.auditing.options import ENOUGH, QUICK, QUICK_FEW

PLANTED = 0.02
SURE = 0.9
SIZES = (2000, 6000, 20_000)


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Plant, audit and count."""
    path = args.data / "ratings_train.txt"
    sample = _table(path).sample(args.rows, random_state=args.seed).reset_index(drop=True)
    clean = sample[_agreed(sample, args.seed)].reset_index(drop=True)
    results: Results = {"planted": PLANTED, "seed": args.seed}
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        for name, table in (("clean", clean), ("raw", sample)):
            results[name] = _measured(table, work / name, args.seed)
            print(name, results[name], file=sys.stderr, flush=True)
        extra = args.data / "reviews_extra.parquet"
        if extra.is_file():
            results["unseen_by_the_shipped_model"] = _by_size(extra, work, args.seed)
        results["whole_file"] = _whole(path, work / "whole", args.find)
    yield results | {"recipe": {"all": QUICK, f"below {ENOUGH} comments": QUICK_FEW}}


def _table(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, sep="\t", quoting=3, keep_default_na=False, encoding="utf-8")
    return frame[frame["document"].str.strip() != ""]


def _agreed(frame: pd.DataFrame, seed: int) -> NDArray[np.bool_]:
    """Whether a classifier of another kind is sure of each label, not having learnt from it."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    judge = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, sublinear_tf=True),
        LogisticRegression(C=4, max_iter=300),
    )
    labels = frame["label"].to_numpy(np.int64)
    probabilities = cross_val_predict(
        judge,
        frame["document"],
        labels,
        groups=frame["document"].factorize()[0],
        cv=GroupKFold(4, shuffle=True, random_state=seed),
        method="predict_proba",
    )  # [R, 2]
    agreed: NDArray[np.bool_] = self_confidence(labels, probabilities) >= SURE
    return agreed


def _measured(
    frame: pd.DataFrame, work: Path, seed: int, *, folds: int | None = 4
) -> dict[str, Any]:
    """Audit a table with planted labels and count how many are found where."""
    planted = np.zeros(len(frame), dtype=bool)
    count = round(PLANTED * len(frame))
    planted[np.random.default_rng(seed).choice(len(frame), count, replace=False)] = True
    labels = frame["label"].to_numpy(np.int8)
    work.mkdir(parents=True, exist_ok=True)
    path = work / "planted.jsonl"
    frame.assign(label=np.where(planted, 1 - labels, labels))[["document", "label"]].to_json(
        path, orient="records", lines=True, force_ascii=False
    )
    began = time.perf_counter()
    result = nsmc.audit(path, folds=folds, work=work / "folds", device="cpu", explain=False, top=1)
    seconds = time.perf_counter() - began
    # A comment of nothing legible has no rank; the others keep their row.
    hit = planted[result.rows - 1]
    order = np.argsort(self_confidence(result.labels, result.probabilities), kind="stable")
    top = int(hit[order[:count]].sum())
    return {
        "rows": len(frame),
        "planted": count,
        "found_in_top_2_percent": top,
        "precision": top / count,
        "recall": top / count,
        "times_chance": top / count / PLANTED,
        "recall_in_top": {
            f"{share:.0%}": float(hit[order[: round(share * len(frame))]].sum() / count)
            for share in (0.01, 0.02, 0.05, 0.1)
        },
        "precision_in_top": {
            f"{share:.1%}": float(hit[order[: round(share * len(frame))]].mean())
            for share in (0.005, 0.01, 0.02)
        },
        "estimated_wrong": sum(result.estimated_errors),
        "agreement": result.agreement,
        "seconds": round(seconds, 1),
    }


def _by_size(extra: Path, work: Path, seed: int) -> list[dict[str, Any]]:
    frame = pd.read_parquet(extra)
    frame = frame[frame["document"].str.strip() != ""]
    sides = frame[frame["rating"] <= 4], frame[frame["rating"] >= 9]
    results = []
    for size in SIZES:
        parts = [side.sample(size // 2, random_state=seed) for side in sides]
        table = pd.concat(parts).sample(frac=1, random_state=seed).reset_index(drop=True)
        table = table.assign(label=(table["rating"] >= 9).astype("int8"))
        results.append(
            {
                "trained_on_the_table": _measured(table, work / f"{size}", seed),
                "shipped_model": _measured(table, work / f"{size}-shipped", seed, folds=0),
            }
        )
        print(results[-1], file=sys.stderr, flush=True)
    return results


def _whole(path: Path, work: Path, find: str | None) -> dict[str, Any]:
    began = time.perf_counter()
    result = nsmc.audit(path, work=work, device="cpu", explain=False, share=1.0)
    trained = time.perf_counter()
    again = nsmc.audit(path, work=work, device="cpu")
    explained = time.perf_counter()
    shipped = nsmc.audit(path, folds=0, explain=False, share=1.0)
    return {
        "rows": len(result.rows),
        "agreement": result.agreement,
        "estimated_wrong": dict(
            zip(("negative", "positive"), result.estimated_errors, strict=True)
        ),
        "doubts": len(result.issues),
        "rows_of_comments_with_both_labels": int((result.conflicting_rows > 0).sum()),
        "seconds": round(trained - began, 1),
        "seconds_again_with_explanations": round(explained - trained, 1),
        "listed": len(again.issues),
        "explained": sum(bool(issue.against) for issue in again.issues),
        "find": find,
        "found": _ranks(result, find),
        "found_by_the_shipped_model_which_learnt_from_them": _ranks(shipped, find),
    }


def _ranks(result: nsmc.Audit, find: str | None) -> list[dict[str, Any]]:
    return [
        {
            "rank": rank,
            "row": issue.row,
            "label": issue.given_label,
            "probability": issue.self_confidence,
        }
        for rank, issue in enumerate(result.issues, start=1)
        if find and issue.text.startswith(find)
    ]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--find", metavar="WORDS", help="give the rank of comments that begin so")


EXPERIMENT = Experiment(run, add_arguments=_add_arguments)
