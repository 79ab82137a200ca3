"""Measure every claim of speed, each beside what it is compared with, in one run.

    python scripts/benchmark.py --data DIR --data-name NSMC-R

DIR holds ratings_train.txt and ratings_test.txt. The figures go to docs/results/performance.json,
the table and the picture of growth into docs/performance.md and docs/growth.svg. fastText is
measured if it is installed (pip install fasttext-wheel). Takes some half an hour on two cores,
during which the machine should do nothing else; --smoke runs all of it in seconds on next to
nothing and writes only below --work.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.bulk import corpus_row, memory_row, table_rows
from benchmarks.common import SMOKE, Row, Sizes, measured_on, read_texts
from benchmarks.growth import draw, growth
from benchmarks.latency import latency_rows
from benchmarks.startup import startup_rows
from benchmarks.training import training_rows

from nsmc.bundle import write_json
from nsmc.workers import available_cores

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("startup", "latency", "tables", "memory", "corpus", "training", "growth")
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"


def main() -> None:
    """Run the parts that were asked for and write what they gave."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what the reviews in DIR are called")
    parser.add_argument("--work", type=Path, metavar="DIR", help="default: a temporary directory")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--smoke", action="store_true", help="next to nothing of everything")
    args = parser.parse_args()
    sizes = SMOKE if args.smoke else Sizes()
    docs = args.work if args.smoke else ROOT / "docs"
    with tempfile.TemporaryDirectory() as place:
        work = args.work or Path(place)
        work.mkdir(parents=True, exist_ok=True)
        rows, found = measure(args, work, sizes)
    results = docs / "results" / "performance.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "data": args.data_name,
        "command": f"python scripts/benchmark.py --data DIR --data-name {args.data_name}",
        "machine": measured_on(),
        "rows": [dataclasses.asdict(row) for row in rows],
        "growth": found,
    }
    write_json(results, content)
    page = docs / "performance.md"
    text = page.read_text(encoding="utf-8") if page.exists() else BEGIN + END
    before, rest = text.split(BEGIN)
    page.write_text(before + BEGIN + as_table(content) + END + rest.split(END)[1], encoding="utf-8")
    if found:
        draw(found, docs / "growth.svg")
    print(
        json.dumps({row.what: [row.ratio, row.met] for row in rows}, ensure_ascii=False, indent=2)
    )


def measure(
    args: argparse.Namespace, work: Path, sizes: Sizes
) -> tuple[list[Row], dict[str, Any] | None]:
    """The rows of the table, in its order, and the figures of growth."""
    cores = available_cores()
    texts = read_texts(args.data)
    rows: list[Row] = []
    found = None
    for part in args.only:
        print(f"{part} …", flush=True)
        if part == "startup":
            rows += startup_rows(sizes)
        elif part == "latency":
            rows += latency_rows(texts, sizes)
        elif part == "tables":
            rows += table_rows(texts, args.data, work, sizes, cores)
        elif part == "memory":
            rows.append(memory_row(texts, work, sizes))
        elif part == "corpus":
            rows.append(corpus_row(texts, sizes, cores))
        elif part == "training":
            rows += training_rows(args.data, sizes)
        else:
            found = growth(texts, read_labels(args.data), work, sizes)
        for row in rows:
            print(f"  {row.what}: {row.ours}; {row.beside}; {row.ratio:.2f} ({row.target})")
    return rows, found


def read_labels(data: Path) -> list[int]:
    """The labels of the comments of `read_texts`."""
    from nsmc.data.reviews import read_reviews

    files = ("ratings_train.txt", "ratings_test.txt")
    return [n for f in files for n in read_reviews(data / f).frame["label"].tolist()]


def as_table(content: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    about = dict(content["machine"])
    where = [about.pop(name) for name in ("processor", "system", "date")]
    versions = ", ".join(f"{name} {value}" for name, value in about.items())
    lines = [
        f"{', '.join(where)}; {versions}. Reviews of {content['data']}.",
        "Median (lowest–highest) of runs that took turns.",
        "",
        "| what | nsmc | beside it | ratio | target | met |",
        "|---|---|---|---|---|---|",
    ]
    for row in content["rows"]:
        note = f"<br>{row['note']}" if row["note"] else ""
        lines.append(
            f"| {row['what']}{note} | {row['ours']} | {row['beside']} | {row['ratio']:.2f} "
            f"| {row['target']} | {'yes' if row['met'] else '**no**'} |"
        )
    if found := content["growth"]:
        lines += [
            "",
            "| reviews | " + " | ".join(f"{n:,}" for n in found["reviews"]) + " | slope |",
        ]
        lines.append("|---|" + "---|" * (len(found["reviews"]) + 1))
        for task in ("scoring", "training"):
            for figure, unit in (("seconds", "s"), ("megabytes", "MB")):
                values = " | ".join(f"{value:,.1f}" for value in found[task][figure])
                slope = found[task][f"slope of {figure}"]
                lines.append(f"| {task}, {unit} | {values} | {slope:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
