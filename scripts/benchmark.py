"""Measure every claim of speed, each beside what it is compared with, in one run.

    python scripts/benchmark.py --data DIR --data-name NSMC-R

DIR holds ratings_train.txt and ratings_test.txt. The figures go to docs/results/performance.json,
the tables and pictures into docs/performance.md, docs/growth.svg and docs/costs.svg. fastText is
measured if it is installed (pip install fasttext-wheel), a GPU (the part ``cuda``) if there is one.
Takes some half an hour on two cores, during which the machine should do nothing else. --only renews
single parts; --smoke runs all of it in seconds on next to nothing and writes only below --work.
"""

import argparse
import dataclasses
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import costs
from benchmarks.bulk import corpus_row, memory_row, table_rows
from benchmarks.common import SMOKE, Row, Sizes, measured_on, read_labels, read_texts
from benchmarks.cuda import cuda_rows
from benchmarks.growth import draw, growth
from benchmarks.latency import latency_rows
from benchmarks.neighbours import neighbour_rows
from benchmarks.startup import startup_rows
from benchmarks.training import training_rows
from pages import machine_line, put

from nsmc.storage.bundle import read_json, write_json
from nsmc.workers import available_cores

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    "startup",
    "latency",
    "neighbours",
    "tables",
    "memory",
    "corpus",
    "training",
    "growth",
    "costs",
    "cuda",
)


def main() -> None:
    """Run the parts that were asked for and write what they gave."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what the reviews in DIR are called")
    parser.add_argument("--work", type=Path, metavar="DIR", help="default: a temporary directory")
    name = "the results' file and the page's block, without .json; another for another machine"
    parser.add_argument("--name", default="performance", help=name)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--smoke", action="store_true", help="next to nothing of everything")
    args = parser.parse_args()
    if kernel := os.environ.get("OPENBLAS_CORETYPE"):
        note = "numpy multiplies as on that processor; unset it to measure this one"
        print(f"OPENBLAS_CORETYPE={kernel}: {note}", file=sys.stderr)
    docs = args.work if args.smoke else ROOT / "docs"
    with tempfile.TemporaryDirectory() as place:
        work = args.work or Path(place)
        work.mkdir(parents=True, exist_ok=True)
        content = {
            "data": args.data_name,
            "command": f"python scripts/benchmark.py --data DIR --data-name {args.data_name}",
            "machine": measured_on(),
            **_measured_before(docs / "results" / f"{args.name}.json"),
        }
        for part in args.only:
            print(f"{part} …", flush=True)
            run_part(part, args.data, work, SMOKE if args.smoke else Sizes(), content)
            # After each: a later one may fail, and these took their time.
            write(content, docs, args.name)


def run_part(part: str, data: Path, work: Path, sizes: Sizes, content: dict[str, Any]) -> None:
    """Measure one part and put it into ``content``."""
    if part == "growth":
        content["growth"] = growth(read_texts(data), read_labels(data), work, sizes)
        return
    if part == "costs":
        content["costs"] = costs.costs(data, work, sizes)
        return
    rows = measure(part, data, work, sizes)
    for row in rows:
        print(f"  {row.what}: {row.ours}; {row.beside}; {row.ratio:.2f} ({row.target})")
    content["parts"][part] = [dataclasses.asdict(row) for row in rows]


def write(content: dict[str, Any], docs: Path, name: str) -> None:
    """Put the metrics, the table and the picture where they belong."""
    results, page = docs / "results" / f"{name}.json", docs / "performance.md"
    results.parent.mkdir(parents=True, exist_ok=True)
    write_json(results, content)
    put(page, as_table(content), "" if name == "performance" else name)
    if content["growth"]:
        draw(content["growth"], docs / "growth.svg")
    if content.get("costs"):
        costs.draw(content["costs"], docs / "costs.svg")


def measure(part: str, data: Path, work: Path, sizes: Sizes) -> list[Row]:
    """The rows of one part of the table."""
    cores = available_cores()
    if part == "startup":
        return startup_rows(sizes)
    if part == "training":
        return training_rows(data, sizes)
    if part == "cuda":
        return cuda_rows(data, work, sizes)
    texts = read_texts(data)
    if part == "latency":
        return latency_rows(texts, sizes)
    if part == "neighbours":
        return neighbour_rows(texts, sizes, cores)
    if part == "tables":
        return table_rows(texts, data, work, sizes, cores)
    if part == "memory":
        return [memory_row(texts, work, sizes)]
    return [corpus_row(texts, sizes, cores)]


def _measured_before(results: Path) -> dict[str, Any]:
    """What an earlier run measured, so that --only can renew a part.

    Raises:
        SystemExit: that was on another machine or with other versions.
    """
    if not results.exists():
        return {"parts": {}, "growth": None, "costs": None}
    before, now = read_json(results), measured_on()
    if any(before["machine"].get(name) != now[name] for name in now if name != "date"):
        raise SystemExit(f"{results} is of another machine or other versions; delete it first")
    return {name: before.get(name) for name in ("parts", "growth", "costs")}


def as_table(content: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    rows = _shown(content["parts"])
    met, missed = [], []
    for row in rows:
        # A figure by itself, such as memory, has nothing to be a ratio to.
        ratio = f"{row['ratio']:.2f}" if row["beside"] else ""
        ours, beside = _median(row["ours"]), _median(row["beside"])
        if row["met"]:
            of = f"{ratio}, " if "×" in row["target"] else ""
            met.append(f"- {row['what']}: {ours} ({of}{row['target']})")
        else:
            missed.append(f"| {row['what']} | {ours} | {beside} | {ratio} | {row['target']} |")
    lines = [
        f"{machine_line(content['machine'])} Reviews of {content['data']}; medians. Targets met:",
        "",
        *met,
    ]
    if missed:
        heads = ["| what | nsmc | beside it | ratio | target |", "|---|---|---|---|---|"]
        lines += ["", "Missed:", "", *heads, *missed]
    if result := content.get("costs"):
        lines += ["", costs.as_table(result).rstrip()]
    return "\n".join(lines) + "\n"


def _median(spread: str) -> str:
    """What `benchmarks.common.spread` wrote, without the lowest and the highest value."""
    return re.sub(r" \([\d.,]+–[\d.,]+\)", "", spread)


def _shown(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a part's rows with the same target the one that is furthest from it."""
    result: list[dict[str, Any]] = []
    for part in PARTS:
        worst: dict[str, dict[str, Any]] = {}
        for row in parts.get(part, []):
            sign = -1 if row["target"].startswith("at least") else 1  # at most, under
            kept = worst.get(row["target"])
            if kept is None or sign * row["ratio"] > sign * kept["ratio"]:
                worst[row["target"]] = row
        result += worst.values()
    return result


if __name__ == "__main__":
    main()
