"""Load of `nsmc serve` on this machine alone: throughput, latency, overload, a slow client.

    python scripts/load_serving.py --output docs/results/serving.json

Beside it, in turns and in the same run, the same model behind a plain FastAPI handler that scores
each request by itself. Client and servers share the machine's cores, so only ratios count. Every
answer is compared with the classifier's own: a wrong, lost or mixed one ends the script. It takes
four minutes of an idle machine; --page writes the table into docs/measurements.md.
"""

import argparse
import asyncio
import datetime
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pages
from machine import machine, resident_bytes

import nsmc

PLAIN = """
import sys
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
import nsmc

class Comment(BaseModel):
    text: str

classifier, app = nsmc.load(), FastAPI()
classifier.predict("재밌다")

@app.post("/v1/predict")
def predict(comment: Comment) -> dict:
    return classifier.predict(comment.text).to_dict()

uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, backlog=2048)
"""
PAGE = Path(__file__).parents[1] / "docs" / "measurements.md"
WORDS = "재밌다 노잼 최고의 영화 돈이 아깝다 배우 연기가 좋다 지루하다 다시 보고 싶다 별로 음악이"
TOLERANCE = 2e-6
"""Of a score, which is rounded to six decimals on both sides."""
PATIENCE = 300
"""Seconds for an answer: on a busy machine the overload takes its time."""
OVERLOADED, TEXTS = 1000, 100
"""Connections and comments a request of the overload: ten times the queue's 10,000 comments."""


@dataclass
class Load:
    """What the clients of one round saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    comments: int = 0

    def summary(self) -> dict[str, Any]:
        """Requests a second and percentiles of milliseconds, of answers that are 200.

        Raises:
            RuntimeError: there is none.
        """
        if not self.latencies:
            raise RuntimeError("no answer within a round: take longer ones, on an idle machine")
        ranked = sorted(self.latencies)

        def at(share: float) -> float:
            return round(1000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))], 2)

        return {
            "requests_per_second": round(len(self.latencies) / self.seconds, 1),
            "comments_per_second": round(self.comments / self.seconds, 1),
            "p50_ms": at(0.5),
            "p95_ms": at(0.95),
            "p99_ms": at(0.99),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


class Expected:
    """Comments and the scores that a classifier gives each of them alone."""

    def __init__(self, count: int = 500) -> None:
        rng = random.Random(0)
        texts = {
            f"{' '.join(rng.choices(WORDS.split(), k=rng.randint(1, 8)))} {n}" for n in range(count)
        }
        classifier = nsmc.load()
        self.scores = {text: classifier.predict(text).score for text in sorted(texts)}
        self.texts = list(self.scores)

    def check(self, texts: list[str], answers: list[dict[str, Any]]) -> None:
        """Compare answers with what was asked.

        Raises:
            RuntimeError: one is wrong, is lost, or is another request's.
        """
        if [answer["text"] for answer in answers] != texts:
            raise RuntimeError("an answer is lost or another request's")
        for answer in answers:
            if abs(answer["score"] - self.scores[answer["text"]]) > TOLERANCE:
                raise RuntimeError(f"a wrong score: {answer}")


async def client(
    port: int, ends: float, expected: Expected, load: Load, texts: int, seed: int
) -> None:
    """One connection that asks, checks the answer and asks again, until ``ends``."""
    rng = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while time.perf_counter() < ends:
            asked = [rng.choice(expected.texts) for _ in range(texts)]
            value = {"text": asked[0]} if texts == 1 else {"texts": asked}
            body = json.dumps(value).encode()
            head = (
                "POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n"
            )
            start = time.perf_counter()
            writer.write(head.encode() + body)
            status, answer = await read_answer(reader)
            load.statuses[status] += 1
            if status == 200:
                load.latencies.append(time.perf_counter() - start)
                load.comments += texts
                value = json.loads(answer)
                expected.check(asked, [value] if texts == 1 else value["predictions"])
            elif status == 503:
                await asyncio.sleep(1)  # as Retry-After says
            elif status != 504:
                raise RuntimeError(f"status {status}: {answer[:200]!r}")
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of one answer of a connection that stays open."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
    return int(lines[0].split()[1]), await reader.readexactly(length)


async def run_load(
    port: int, connections: int, seconds: float, expected: Expected, texts: int = 1
) -> Load:
    """Ask over so many connections for so many seconds."""
    load = Load()
    start = time.perf_counter()
    await asyncio.gather(
        *(client(port, start + seconds, expected, load, texts, seed) for seed in range(connections))
    )
    load.seconds = time.perf_counter() - start
    return load


async def overload(server: "Server", seconds: float, expected: Expected) -> dict[str, Any]:
    """Ten times what the queue holds, and the memory meanwhile."""
    memory: list[float] = []

    async def watch() -> None:
        while True:
            memory.append(server.megabytes())
            await asyncio.sleep(seconds / 12)

    watching = asyncio.create_task(watch())
    load = await run_load(server.port, OVERLOADED, seconds, expected, TEXTS)
    watching.cancel()
    return {
        **load.summary(),
        "connections": OVERLOADED,
        "comments_a_request": TEXTS,
        "seconds": round(load.seconds, 1),
        "resident_mb": [round(value) for value in memory],
    }


async def beside_a_slow_client(port: int, seconds: float, expected: Expected) -> dict[str, Any]:
    """Ten connections while another sends its body a byte a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: 1000\r\n\r\n".encode())

    start = time.perf_counter()

    async def dribble() -> tuple[int, float]:
        answering = asyncio.create_task(read_answer(reader))
        while not answering.done():
            writer.write(b"{")
            await asyncio.wait({answering}, timeout=1)
        return answering.result()[0], round(time.perf_counter() - start, 1)

    dribbling = asyncio.create_task(dribble())
    load = await run_load(port, 10, seconds, expected)
    status, after = await dribbling
    writer.close()
    return {**load.summary(), "slow_client": {"status": status, "after_seconds": after}}


class Server:
    """A server process on a port of this machine."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self.port = int(arguments[-1])

    def megabytes(self) -> float:
        """Resident memory."""
        return resident_bytes(self.process.pid) / 2**20

    async def ready(self) -> None:
        """Wait until it listens."""
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        raise RuntimeError("the server never listened")


@contextmanager
def servers() -> Iterator[dict[str, Server]]:
    """Both servers, until the block ends."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as two:
        ports = [str(taken.getsockname()[1]) for taken in (one, two)]
    both = {
        "nsmc serve": Server("-m", "nsmc", "serve", "--port", ports[0]),
        "plain handler": Server("-c", PLAIN, ports[1]),
    }
    try:
        yield both
    finally:
        for server in both.values():
            server.process.terminate()
            server.process.wait(60)


def middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each number over rounds; statuses are summed."""
    names = [name for name in rounds[0] if name != "statuses"]
    result = {name: statistics.median(one[name] for one in rounds) for name in names}
    total: Counter[str] = Counter()
    for one in rounds:
        total.update(one["statuses"])
    return {**result, "statuses": dict(total)}


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All measurements."""
    expected = Expected()
    levels: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with servers() as both:
        for server in both.values():
            await server.ready()
            await run_load(server.port, 2, 1, expected)
        for connections in args.connections:
            for _ in range(args.rounds):
                for name, server in both.items():
                    load = await run_load(server.port, connections, args.seconds, expected)
                    levels.setdefault(str(connections), {}).setdefault(name, []).append(
                        load.summary()
                    )
        ours = both["nsmc serve"]
        slow = await beside_a_slow_client(ours.port, 12, expected)
        too_much = await overload(ours, args.overload, expected)
    return {
        "about": {
            **machine("nsmc", "fastapi", "uvicorn", "httptools", "numpy"),
            "date": datetime.date.today().isoformat(),
            "cores": os.cpu_count(),
        },
        "seconds": args.seconds,
        "rounds": args.rounds,
        "connections": {
            level: {name: middle(rounds) for name, rounds in both.items()}
            for level, both in levels.items()
        },
        "slow_client": slow,
        "overload": too_much,
    }


def as_table(results: dict[str, Any]) -> str:
    """The page's part."""
    levels = results["connections"]
    slow, much = results["slow_client"], results["overload"]
    memory = much["resident_mb"]
    told = ", ".join(f"{count:,} × {status}" for status, count in much["statuses"].items())

    def of(metric: str, server: str) -> str:
        return " / ".join(f"{both[server][metric]:,.0f}" for both in levels.values())

    return (
        f"{pages.machine_line(results['about'])} With {' / '.join(levels)} connections: "
        f"{of('requests_per_second', 'nsmc serve')} requests/s (plain handler "
        f"{of('requests_per_second', 'plain handler')}), 99% within {of('p99_ms', 'nsmc serve')} "
        f"ms ({of('p99_ms', 'plain handler')}).\n\n"
        f"Beside a client that sends a byte a second, 10 connections got {slow['p50_ms']:,.0f} / "
        f"{slow['p99_ms']:,.0f} ms; it got {slow['slow_client']['status']} "
        f"after {slow['slow_client']['after_seconds']:g} s. "
        f"Ten times what the queue holds ({much['connections']:,} connections, "
        f"{much['comments_a_request']} comments each) for {much['seconds']:.0f} s: {told}, no "
        f"answer wrong, {max(memory)} MB at most.\n"
    )


def main() -> None:
    """Measure, write the results and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 10, 100, 1000])
    parser.add_argument("--seconds", type=float, default=5, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--overload", type=float, default=60, help="seconds")
    parser.add_argument("--page", action="store_true", help="write the table into the docs")
    args = parser.parse_args()
    results = asyncio.run(measure(args))
    args.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = as_table(results)
    print(text)
    if args.page:
        pages.put(PAGE, text, "serving")


if __name__ == "__main__":
    main()
