"""Score mixed comments by several threads for a while: memory must stay flat, answers the same.

    python scripts/soak.py --minutes 60
    python scripts/soak.py --minutes 5 --record

The traffic is single comments, lists, explanations and tables, of sentences written for this
project and mutilated at random, so that new words never end. Every answer is compared with what one
thread got before. Memory is that of the process (Linux). Before it is measured, new words fill the
bounded caches, whose sizes are written down, and a tenth of the time passes.
"""

import argparse
import functools
import gc
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import machine, resident_bytes

import nsmc
from nsmc.inference import vectors

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results" / "soak.json"
THREADS = 4
FLAT = 1.05


def run(
    about: str, soak: Callable[[float], dict[str, Any]], results: Path, *distributions: str
) -> None:
    """Soak for the time asked for, print what was seen, and fail if it isn't as it should be."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--record", action="store_true", help=f"write docs/results/{results.name}")
    args = parser.parse_args()
    result = soak(args.minutes * 60)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if args.record:
        result["machine"] = machine(*distributions)
        results.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if result["wrong"] or result["growth"] > FLAT:
        sys.exit("memory grew or an answer was wrong")


def soak(seconds: float) -> dict[str, Any]:
    """Score for so many seconds: counts of what was asked, wrong answers and megabytes used."""
    classifier, comments = nsmc.load(), sentences()
    known = [classifier.predict(text) for text in comments]
    explained = {text: classifier.explain(text) for text in comments[:20]}
    empty = megabytes()
    fill(classifier)
    before = caches()
    counts = dict.fromkeys(("single", "new", "list", "explanation", "table"), 0)
    wrong: list[str] = []
    lock, end = threading.Lock(), time.monotonic() + seconds

    def work(number: int, place: Path) -> None:
        rng = random.Random(number)
        while time.monotonic() < end:
            kind = rng.choices(list(counts), [50, 30, 10, 5, 1])[0]
            chosen = rng.sample(range(len(comments)), 30)
            good = ask(classifier, kind, chosen, rng, place / f"{number}.csv")
            with lock:
                counts[kind] += 1
                if not good:
                    wrong.append(f"{kind} {chosen}")

    def ask(classifier: Any, kind: str, chosen: list[int], rng: random.Random, file: Path) -> bool:
        texts = [comments[index] for index in chosen]
        match kind:
            case "single":
                return bool(classifier.predict(texts[0]) == known[chosen[0]])
            case "new":
                text = mutilated(texts[0], rng)
                return bool(classifier.predict(text) == classifier.predict(text))
            case "list":
                return same(classifier.predict(texts), [known[index] for index in chosen])
            case "explanation":
                text = rng.choice(list(explained))
                return bool(classifier.explain(text) == explained[text])
        file.write_text("document\n" + "".join(f'"{text}"\n' for text in texts), "utf-8")
        written = nsmc.score_table(classifier, file, file.with_suffix(".jsonl"), workers=1)
        rows = file.with_suffix(".jsonl").read_text("utf-8").splitlines()
        scores = [json.loads(row)["score"] for row in rows]
        expected = [known[index].score for index in chosen]
        return written.rows == 30 and all(
            abs(a - b) < 2e-6 for a, b in zip(scores, expected, strict=True)
        )

    with tempfile.TemporaryDirectory() as place:
        threads = [threading.Thread(target=work, args=(n, Path(place))) for n in range(THREADS)]
        memory = watched(threads, seconds)
    return {
        "minutes": round(seconds / 60, 1),
        "threads": THREADS,
        "asked": counts,
        "wrong": wrong,
        **memory,
        "megabytes before the caches were full": empty,
        "entries of caches": {"when full": before, "at the end": caches()},
    }


def watched(
    threads: list[threading.Thread], seconds: float, process: int | str = "self"
) -> dict[str, Any]:
    """Run threads for so many seconds; the memory of a process meanwhile, and how it grew."""
    for thread in threads:
        thread.start()
    memory = []
    while any(thread.is_alive() for thread in threads):
        time.sleep(min(5, seconds / 100))
        memory.append(megabytes(process))
    warm = memory[len(memory) // 10 :]
    half = len(warm) // 2
    first, last = sum(warm[:half]) / half, sum(warm[half:]) / (len(warm) - half)
    return {
        "megabytes": {"first half": round(first), "second half": round(last), "most": max(warm)},
        "growth": round(last / first, 3),
    }


def fill(classifier: Any) -> None:
    """Score new words until the caches of vectors and of corrections have been full."""
    rng = random.Random(0)
    for _ in range(2 * vectors.CACHED // 1000):
        classifier.predict(of_new_words(500, rng))


def of_new_words(count: int, rng: random.Random) -> list[str]:
    """Comments of three words of any syllables."""
    words = [
        "".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(3)) for _ in range(3 * count)
    ]
    return [" ".join(words[place : place + 3]) for place in range(0, 3 * count, 3)]


def caches() -> dict[str, int]:
    """Entries of every cache of this package, by what it remembers."""
    found: Counter[str] = Counter()
    for one in gc.get_objects():
        if isinstance(one, vectors.MorphemeVectors):
            found["vectors"] += len(one._cache_rows)
        elif isinstance(one, functools._lru_cache_wrapper) and "nsmc" in (one.__module__ or ""):
            found[one.__qualname__] += one.cache_info().currsize
    return dict(found.most_common())


def same(found: list[Any], expected: list[Any]) -> bool:
    """Whether predictions are the same but for the last bits of a batch."""
    return all(
        a.label == b.label and abs(a.score - b.score) < 2e-6
        for a, b in zip(found, expected, strict=True)
    )


def sentences() -> list[str]:
    """The comments of the sample."""
    lines = (ROOT / "data" / "sample" / "ratings_test.txt").read_text("utf-8").splitlines()
    return [line.split("\t")[1] for line in lines[1:]]


def mutilated(text: str, rng: random.Random) -> str:
    """A comment with one syllable replaced by any of the 11,172."""
    place = rng.randrange(len(text))
    return text[:place] + chr(rng.randrange(0xAC00, 0xD7A4)) + text[place + 1 :]


def megabytes(process: int | str = "self") -> int:
    """The memory of a process."""
    return resident_bytes(process) // 1_000_000


if __name__ == "__main__":
    run(__doc__, soak, RESULTS, "nsmc", "numpy", "mecab-ko")
