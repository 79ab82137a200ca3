"""Speed of training by one and by two processes, and what they exchange.

    sudo python scripts/measure_ranks.py --data ratings_train.txt --data-name NAME

Each way trains the same steps, in turns, in network namespaces of its own, whose counters then hold
this training's bytes alone: one process; two that share the machine; and two as if on two machines,
with a link of 1 Gbit/s between them. Needs Linux and root. Writes docs/results/ranks.json and the
table in docs/distributed.md; of a busy machine without the time, which says nothing there.
"""

import argparse
import contextlib
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pages
from machine import machine

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "docs" / "results" / "ranks.json", ROOT / "docs" / "distributed.md"
WAYS = {"one": 1, "two": 2, "link": 2}
WORDS = {"two": "한 기계의 둘이면", "link": "1 Gbit/s 링크를 거치면"}
SPACES, ADDRESSES = ("nsmc-ranks-0", "nsmc-ranks-1"), ("10.77.0.1", "10.77.0.2")
WARM_UP = 20
"""Steps that aren't counted: caches fill, and connections are made."""
FIELDS = ("training.epochs=1", "data.validation=0.05")


def main() -> None:
    """Measure every way and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a table of reviews")
    parser.add_argument("--data-name", required=True, help="what the results call it")
    parser.add_argument("--reviews", type=int, default=12_000, help="of the table, the first")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--machine-is", default="idle", help="idle or busy, for the record")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, _spaces():
        data = Path(scratch) / "reviews.txt"
        lines = args.data.read_text(encoding="utf-8").splitlines()[: args.reviews + 1]
        data.write_text("\n".join(lines) + "\n", encoding="utf-8")
        measured: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for number in range(args.rounds):
            for way in WAYS:
                place = Path(scratch) / f"{way}-{number}"
                measured[way].append(_run(way, data, place))
                print(way, measured[way][-1], file=sys.stderr)
    results = {
        "machine": machine("torch") | {"date": f"{datetime.date.today()}", "is": args.machine_is},
        "data": f"{args.data_name}, {args.reviews:,} reviews",
        "rounds": args.rounds,
        **{way: _summary(runs, measured["one"]) for way, runs in measured.items()},
    }
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    pages.put(PAGE, as_table(results), "ranks")


def as_table(results: dict[str, Any]) -> str:
    """The results as Markdown, in Korean as its page."""
    ratios = {"프로세스마다 CPU 시간": "processor_ratio"}
    if results["machine"]["is"] == "idle":  # else more processes have a larger share of it
        ratios = {"시간": "time_ratio", **ratios}
    told = "; ".join(
        f"{words} {', '.join(f'{name} {results[way][of]:.2f}배' for name, of in ratios.items())}"
        for way, words in WORDS.items()
    )
    return (
        f"한 스텝은 프로세스 하나일 때와 비교해 {told}. "
        f"각자 스텝마다 {results['two']['bytes'] / 1e6:.2f} MB를 보냅니다("
        f"{results['data'].replace(' reviews', '개 댓글')}). "
        f"{pages.machine_line(results['machine'])}\n"
    )


def _summary(runs: list[dict[str, float]], alone: list[dict[str, float]]) -> dict[str, float]:
    def ratio(name: str) -> float:
        pairs = zip(runs, alone, strict=True)
        return round(statistics.median(ours[name] / theirs[name] for ours, theirs in pairs), 3)

    return {
        "time_ratio": ratio("seconds"),
        "processor_ratio": ratio("processor"),
        "bytes": round(statistics.median(run["bytes"] for run in runs)),
        "dense_bytes": runs[0]["dense_bytes"],
        "steps": runs[0]["steps"],
    }


def _run(way: str, data: Path, place: Path) -> dict[str, float]:
    """Train once, and return what the first process measured."""
    worker = [str(Path(__file__).resolve()), "--worker", str(data), str(place)]
    start = [sys.executable, "-m", "torch.distributed.run"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if way == "link":
        address = ["--nnodes", "2", "--master-addr", ADDRESSES[0], "--master-port", "29533"]
        commands = [[*start, *address, "--node-rank", str(n), *worker] for n in range(2)]
        environment["GLOO_SOCKET_IFNAME"] = environment["TP_SOCKET_IFNAME"] = "ranks"
    else:
        commands = [[*start, "--standalone", "--nproc-per-node", str(WAYS[way]), *worker]]
    running = [
        subprocess.Popen(
            ["ip", "netns", "exec", space, *command], env=environment, stderr=subprocess.PIPE
        )
        for space, command in zip(SPACES, commands, strict=False)
    ]
    for process in running:
        _, errors = process.communicate()
        if process.returncode:
            raise SystemExit(errors.decode())
    measured: dict[str, float] = json.loads((place / "measured.json").read_text(encoding="utf-8"))
    # The counter of a machine's inside has what both sent.
    measured["bytes"] /= 2 if way == "two" else 1
    return measured


@contextlib.contextmanager
def _spaces() -> Iterator[None]:
    """Two network namespaces with a link between them, whose devices are called ``ranks``."""

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True)

    try:
        for space in SPACES:
            ip("netns", "add", space)
        ends = ["netns", SPACES[0], "type", "veth", "peer", "name", "ranks", "netns", SPACES[1]]
        ip("link", "add", "ranks", *ends)
        for space, address in zip(SPACES, ADDRESSES, strict=True):
            ip("-n", space, "addr", "add", f"{address}/24", "dev", "ranks")
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", "ranks", "up")
            shape = ["root", "tbf", "rate", "1gbit", "burst", "128kb", "latency", "50ms"]
            tc = ["tc", "qdisc", "add", "dev", "ranks", *shape]
            subprocess.run(["ip", "netns", "exec", space, *tc], check=True)
        yield
    finally:
        for space in SPACES:
            subprocess.run(["ip", "netns", "del", space], check=False)


def _worker(data: str, place: str) -> None:
    """One of the processes that torchrun starts; the first measures."""
    import nsmc
    from nsmc.config.schema import load_config
    from nsmc.training.loop import StepDone

    marks: list[tuple[float, float, int]] = []
    dense = 0

    def hear(event: Any, state: Any) -> None:
        nonlocal dense
        if isinstance(event, StepDone):
            marks.append((time.perf_counter(), time.process_time(), _sent()))
            dense = sum(p.numel() * p.element_size() for p in state.network.dense_parameters())

    nsmc.train(load_config(None, FIELDS), data=data, output=place, device="cpu", listen=hear)
    if not marks:
        return
    (start, cpu, sent), (end, cpu_end, sent_end) = marks[WARM_UP], marks[-1]
    steps = len(marks) - 1 - WARM_UP
    measured = {
        "seconds": (end - start) / steps,
        "processor": (cpu_end - cpu) / steps,
        "bytes": (sent_end - sent) / steps,
        "dense_bytes": dense,
        "steps": steps,
    }
    Path(place, "measured.json").write_text(json.dumps(measured), encoding="utf-8")


def _sent() -> int:
    """Bytes sent by all devices of this network namespace."""
    lines = Path("/proc/net/dev").read_text(encoding="utf-8").splitlines()[2:]
    return sum(int(line.partition(":")[2].split()[8]) for line in lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        _worker(*sys.argv[2:])
    else:
        main()
