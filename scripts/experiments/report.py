"""What a report costs, and what it says of the shipped model.

Evaluates FILE with and without a report, each in a process of its own, and opens the page in
chromium if there is one. The page itself is not kept.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pages import machine_line

from experiments.experiment import Experiment, Results
from nsmc.inference.directory import SHIPPED, WEIGHTS
from nsmc.storage.files import sha256_of

ROUNDS = 3
DRAWN = """<script>(function look() {
  if (document.documentElement.hasAttribute("data-drawn")) document.title = performance.now();
  else setTimeout(look, 5);
})();</script>"""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Evaluate with and without a report, and draw its page."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "report"
        plain = [seconds("--data", args.data) for _ in range(ROUNDS)]
        full = [seconds("--data", args.data, "--report", directory) for _ in range(ROUNDS)]
        metrics = json.loads((directory / "figures.json").read_text(encoding="utf-8"))
        sizes = {path.name: path.stat().st_size for path in sorted(directory.iterdir())}
        drawn = milliseconds_to_draw(directory / "report.html")
    calibration = metrics["calibration"]
    yield {
        "weights_sha256": sha256_of(SHIPPED / WEIGHTS),
        "examples": metrics["examples"],
        "accuracy": metrics["accuracy"],
        "ece": {when: calibration[when]["ece"] for when in ("before", "after")},
        "slices": metrics["slices"],
        "seconds_without_report": statistics.median(plain),
        "seconds_with_report": statistics.median(full),
        "milliseconds_to_draw": drawn,
        "bytes": sizes,
    }


def seconds(*arguments: str | Path) -> float:
    """The time that `nsmc evaluate` takes, its start included."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "nsmc", "evaluate", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - started, 2)


def milliseconds_to_draw(page: Path) -> int | None:
    """From opening the page to the last chart; None without chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    timed = page.with_name("timed.html")
    text = page.read_text(encoding="utf-8")
    timed.write_text(text.replace("</body>", f"{DRAWN}</body>"), encoding="utf-8")
    times = []
    for _ in range(ROUNDS):
        shown = subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--timeout=15000", "--dump-dom"),
                f"--user-data-dir={page.parent.parent / 'browser'}",
                timed.as_uri(),
            ],
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        times.append(round(float(shown.partition("<title>")[2].partition("</title>")[0])))
    timed.unlink()
    return statistics.median_low(times)


def as_table(results: Results) -> str:
    """The accuracy of the model by length and by unknown units, and what a report costs."""
    ece, drawn = results["ece"], results["milliseconds_to_draw"]
    times = [results["seconds_without_report"], results["seconds_with_report"]]
    slices = [
        _slices(heading, results["slices"][name])
        for heading, name in (("length in characters", "length"), ("unknown units in %", "unknown"))
    ]
    return (
        f"{results['examples']:,} test comments of {results['data']}: accuracy "
        f"{results['accuracy']:.2%}, ECE {ece['before']:.2%} before calibration and "
        f"{ece['after']:.2%} after. `nsmc evaluate` takes {times[0]:.0f} s without a report and "
        f"{times[1]:.0f} s with one; the page has {results['bytes']['report.html'] / 1e6:.1f} MB"
        f"{f' and is drawn {drawn / 1000:.1f} s after opening' if drawn else ''}. "
        f"{machine_line(results['machine'])}\n\n" + "".join(slices)
    )


def _slices(heading: str, columns: dict[str, list[Any]]) -> str:
    """The accuracy of each slice; the intervals are in the results."""
    pairs = zip(columns["bin"], columns["accuracy"], strict=True)
    return f"- By {heading}: {', '.join(f'{label}: {of:.1%}' for label, of in pairs)}.\n"


EXPERIMENT = Experiment(run, as_table, page="measurements", data="FILE")
