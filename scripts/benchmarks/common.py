"""What every measurement needs: repeats that take turns, processes with their memory, the data."""

import os
import random
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sizes:
    """How much is measured; the smoke run of the tests takes next to nothing."""

    repeats: int = 5
    starts: int = 15
    comments: int = 1000
    table_rows: int = 200_000
    long_rows: int = 1_000_000
    training_steps: int = 120
    transformer_reviews: int = 128
    transformer_layers: int = 12
    growth: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    corpus_reviews: int = 150_000
    cost_reviews: int = 20_000


SMOKE = Sizes(1, 1, 20, 300, 600, 2, 4, 1, (200, 400), 300, 100)


@dataclass
class Row:
    """One line of the table: what was measured beside what, and whether the target holds."""

    what: str
    ours: str
    beside: str
    ratio: float
    target: str
    met: bool
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def in_turn(repeats: int, contenders: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Run every contender once a round, so that what else the machine does hits all alike.

    Args:
        repeats: rounds.
        contenders: names to what returns its own measurement, in any unit.
    """
    result: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, measure in contenders.items():
            result[name].append(measure())
    return result


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """The median over rounds of theirs / ours: rounds are pairs measured side by side."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def spread(values: Iterable[float], unit: str, digits: int = 2) -> str:
    """Median with the lowest and the highest value, to be read by a person."""
    numbers = sorted(values)
    middle, low, high = statistics.median(numbers), numbers[0], numbers[-1]
    return f"{middle:,.{digits}f} {unit} ({low:,.{digits}f}–{high:,.{digits}f})"


def seconds_of(command: list[str], environment: Mapping[str, str] | None = None) -> float:
    """Wall-clock seconds of a whole process; its output is dropped, its failure is not."""
    started = time.perf_counter()
    subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    return time.perf_counter() - started


def measured_process(command: list[str]) -> tuple[float, float]:
    """Wall-clock seconds of a process, and the most MB resident in it and its children together.

    Raises:
        CalledProcessError: it failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    errors: list[bytes] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda pipe: errors.append(pipe.read()), args=[process.stderr])
    reader.start()
    most = 0.0
    while process.poll() is None:
        most = max(most, _resident(process.pid))
        time.sleep(0.02)
    reader.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors[0])
    return time.perf_counter() - started, most


def _resident(root: int) -> float:
    """MB resident in a process and all below it (Linux)."""
    parents: dict[int, list[int]] = {}
    pages: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
                pages[int(entry.name)] = int(after_name[21])
                parents.setdefault(int(after_name[1]), []).append(int(entry.name))
            except (OSError, IndexError):
                continue  # it has just ended
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += pages.get(process, 0)
        waiting += parents.get(process, [])
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6


def read_texts(data: Path) -> list[str]:
    """The comments of both of NSMC's files, in their order."""
    from nsmc.data.reviews import read_reviews

    return [
        text
        for name in ("ratings_train.txt", "ratings_test.txt")
        for text in read_reviews(data / name).texts
    ]


def read_labels(data: Path) -> list[int]:
    """The labels of the comments of `read_texts`."""
    from nsmc.data.label_columns import LabelColumnSpec
    from nsmc.data.reviews import read_reviews

    result: list[int] = []
    for name in ("ratings_train.txt", "ratings_test.txt"):
        column = read_reviews(data / name, label_columns=[LabelColumnSpec("label")]).labels["label"]
        result += column.numbers()[column.codes].astype(int).tolist()
    return result


def varied(texts: list[str], count: int) -> Iterable[str]:
    """``count`` comments: the real ones, then again and again with one character doubled."""
    rng = random.Random(0)
    for index in range(count):
        text = texts[index % len(texts)]
        if index >= len(texts):
            place = rng.randrange(len(text))
            text = text[: place + 1] + text[place:]
        yield text


def write_table(path: Path, texts: Iterable[str]) -> None:
    """Write a .csv of numbered comments."""
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "document"])
        writer.writerows([number, text] for number, text in enumerate(texts))


def measured_on() -> dict[str, Any]:
    """The machine, its cores, what runs on it and the date."""
    from machine import machine

    from nsmc.workers import available_cores

    ours = ("nsmc", "torch", "torchtext", "numpy")
    others = ("konlpy", "mecab-ko", "sentencepiece", "fasttext-wheel")
    return {
        **machine(*ours, *others),
        "cores": available_cores(),
        "date": time.strftime("%Y-%m-%d"),
    }
