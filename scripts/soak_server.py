"""Ask a server of another process mixed things for a while: memory must stay flat, answers right.

    python scripts/soak_server.py --minutes 60 --record

Three clients ask `nsmc serve` on the loopback, at a low rate, for single comments, lists, tables
and explanations, send wrong requests and go away before the answer. Every answer is compared with
the classifier's own in this process; 503 and 504 of a busy machine are counted, and are no answers.
Memory is the server's (Linux). Before it is measured, new words fill the bounded caches.
"""

import contextlib
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from soak import ROOT, megabytes, mutilated, of_new_words, run, sentences, watched

import nsmc
from nsmc.inference import vectors

RESULTS = ROOT / "docs" / "results" / "soak-server.json"
CLIENTS, PAUSE = 3, 0.25
BUSY = (503, 504)
TOLERANCE = 2e-6
KINDS = {"single": 40, "new": 20, "list": 15, "table": 5, "explanation": 5, "wrong": 10, "gone": 5}
"""How often each is asked."""
WRONG = (
    ("/v1/predict", b"{"),
    ("/v1/predict", b'{"texts": "a"}'),
    ("/v1/predict", b'{"text": "a", "unknown": 1}'),
    ("/v1/table?name=a.parquet", b"PAR1"),
    ("/v1/table?name=a.exe", b"a"),
)


@contextlib.contextmanager
def server() -> Iterator[tuple[int, int]]:
    """Start one: its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "nsmc", "serve", "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                if ask(port, "/healthz")[0] == 200:
                    break
            if process.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def ask(port: int, path: str, body: bytes | None = None) -> tuple[int, str]:
    """The status and the answer of a request."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as to:
        method = "GET" if body is None else "POST"
        to.request(method, path, body, {"content-type": "application/json"})
        answer = to.getresponse()
        return answer.status, answer.read().decode()


class Asker:
    """Asks one thing after another and compares the answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._classifier = nsmc.load()
        self._texts = sentences()
        self._known = {text: self._classifier.predict(text).to_dict() for text in self._texts}
        self._explained = {t: self._classifier.explain(t).to_dict() for t in self._texts[:20]}

    def __call__(self, kind: str, rng: random.Random) -> str:
        """Ask: ``right``, ``busy`` or what was wrong."""
        texts = rng.sample(self._texts, 20)
        path = "/v1/predict"
        value: dict[str, object] = {"text": texts[0]}
        match kind:
            case "new":
                value = {"text": mutilated(texts[0], rng)}
            case "list":
                value = {"texts": texts}
            case "explanation":
                value = {"text": rng.choice(list(self._explained)), "explain": True}
        body = json.dumps(value).encode()
        if kind == "table":
            path, body = "/v1/table?name=a.jsonl", self._table(texts)
        if kind == "wrong":
            path, body = rng.choice(WRONG)
        if kind == "gone":
            return self._leave(body)
        status, answer = ask(self._port, path, body)
        if status in BUSY:
            return "busy"
        right = (
            400 <= status < 500 and "error" in json.loads(answer)
            if kind == "wrong"
            else status == 200 and self._is_right(kind, value, texts, answer)
        )
        return "right" if right else f"{kind} {status} {answer[:200]}"

    def _table(self, texts: list[str]) -> bytes:
        return "".join(json.dumps({"document": text}) + "\n" for text in texts).encode()

    def _leave(self, body: bytes) -> str:
        """Send a request, or half of it, and go away."""
        head = f"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self._port)) as to:
            to.sendall(head.encode() + body[: len(body) // random.choice((1, 2))])
        return "right"

    def _is_right(self, kind: str, value: dict[str, Any], texts: list[str], answer: str) -> bool:
        match kind:
            case "table":
                rows = [json.loads(line) for line in answer.splitlines()]
                expected = [self._known[text] for text in texts]
                return len(rows) == len(expected) and all(map(same, rows, expected))
            case "list":
                predictions = json.loads(answer)["predictions"]
                return [one["text"] for one in predictions] == texts and all(
                    same(one, self._known[one["text"]]) for one in predictions
                )
            case "explanation":
                found, explained = json.loads(answer), self._explained[value["text"]]
                return alike({k: found.get(k) for k in explained}, explained)
            case "new":
                return same(json.loads(answer), self._classifier.predict(value["text"]).to_dict())
        return same(json.loads(answer), self._known[value["text"]])


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether label and score are, but for the last digit of a batch."""
    if found["score"] is None or expected["score"] is None:
        return found["score"] is expected["score"]
    return bool(
        found["label"] == expected["label"] and abs(found["score"] - expected["score"]) < TOLERANCE
    )


def alike(found: Any, expected: Any) -> bool:
    """Whether two values of JSON are the same but for the last digits of their numbers."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(alike(found[k], expected[k]) for k in found)
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(map(alike, found, expected))
    if isinstance(expected, float):
        return bool(abs(found - expected) < 1e-5)
    return bool(found == expected)


def soak(seconds: float) -> dict[str, Any]:
    """Ask a server for so many seconds: counts of what was asked, wrong answers and megabytes."""
    with server() as (port, process):
        return _soak(port, process, seconds)


def _soak(port: int, process: int, seconds: float) -> dict[str, Any]:
    asker = Asker(port)
    empty, busy_to_fill = megabytes(process), fill(port)
    asked, outcomes = Counter[str](), Counter[str]()
    wrong: list[str] = []
    lock, end = threading.Lock(), time.monotonic() + seconds

    def work(number: int) -> None:
        rng = random.Random(number)
        while time.monotonic() < end:
            kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
            try:
                outcome = asker(kind, rng)
            except Exception as error:  # an answer that is no answer
                outcome = f"{kind} {error!r}"
            with lock:
                asked[kind] += 1
                outcomes[outcome if outcome in ("right", "busy") else "wrong"] += 1
                if outcome not in ("right", "busy"):
                    wrong.append(outcome)
            time.sleep(PAUSE)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    memory = watched(threads, seconds, process)
    return {
        "minutes": round(seconds / 60, 1),
        "clients": CLIENTS,
        "asked": dict(asked),
        "busy": outcomes["busy"],
        "busy while the caches were filled": busy_to_fill,
        "wrong": wrong[:20],
        **memory,
        "megabytes before the caches were full": empty,
    }


def fill(port: int) -> int:
    """Send new words until the server's caches have been full; requests it had no time for."""
    rng, busy = random.Random(0), 0
    for _ in range(vectors.CACHED // 300):
        texts = of_new_words(200, rng)
        status, _ = ask(port, "/v1/predict", json.dumps({"texts": texts}).encode())
        busy += status in BUSY
    return busy


if __name__ == "__main__":
    run(__doc__, soak, RESULTS, "nsmc", "numpy", "mecab-ko", "uvicorn", "starlette")
