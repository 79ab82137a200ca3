"""How small the set of a model's training texts is, and how often it errs.

Sets of numbered texts are asked for texts that aren't in them; the set of DIR/ratings_train.txt is
asked for the reviews of DIR/ratings_test.txt, beside a comparison of the texts themselves.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pages import machine_line

from experiments.experiment import Experiment, Results
from nsmc.config.schema import Config
from nsmc.data.corpus import Corpus, Encoding, read_corpus
from nsmc.inference.train_overlap import TrainingTexts

COUNTS = (1_000, 10_000, 100_000, 150_000, 300_000, 650_000, 1_000_000, 3_000_000)
SHOWN = (150_000, 650_000)
"""Those of the page."""
OTHERS = 200_000
"""Texts that are in no set, asked of each."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure sets of several sizes, then that of the training file."""
    yield {"sizes": [_size(count) for count in COUNTS], "reviews": _reviews(args.data)}


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures, in Korean as its page."""
    sizes = "; ".join(
        f"글 {one['texts']:,}개면 {_rate(one['false_positive_rate'])}"
        for one in results["sizes"]
        if one["texts"] in SHOWN
    )
    real = results["reviews"]
    return (
        f"거짓 양성: {sizes}. {results['data']}의 시험 댓글 {real['asked']:,}개 가운데 "
        f"학습 파일의 필터가 찾는 것은 {real['found']:,}개, "
        f"정말 있는 것은 {real['there']:,}개입니다. "
        f"{machine_line(results['machine'])}\n"
    )


def _rate(rate: float) -> str:
    return f"{rate:.1%}" if rate >= 0.001 else f"{1 / rate:,.0f}개에 하나"


def _size(count: int) -> dict[str, Any]:
    result = TrainingTexts.from_units([str(number)] for number in range(count))
    written = result.to_bytes()
    started = time.perf_counter()
    _ = TrainingTexts.from_bytes(written).false_positive_rate
    seconds = time.perf_counter() - started
    hits = result.contains([str(number)] for number in range(count, count + OTHERS))
    return {
        "texts": count,
        "bytes": len(written),
        "false_positive_rate": result.false_positive_rate,
        "others": OTHERS,
        "found": int(hits.sum()),
        "seconds to read": seconds,
    }


def _reviews(data: Path) -> dict[str, Any]:
    train, test = (
        read_corpus(data / name, Encoding(Config().text))
        for name in ("ratings_train.txt", "ratings_test.txt")
    )
    started = time.perf_counter()
    seen = TrainingTexts.from_units(train.units())
    seconds = time.perf_counter() - started
    known = set(_texts(train))
    return {
        "reviews": len(train),
        "texts": seen.texts,
        "bytes": len(seen.to_bytes()),
        "asked": len(test),
        "found": int(seen.contains(test.units()).sum()),
        "there": sum(text in known for text in _texts(test)),
        "seconds to make": seconds,
    }


def _texts(corpus: Corpus) -> Iterator[str]:
    return ("".join(units) for units in corpus.units())


EXPERIMENT = Experiment(run, as_table, page="seen")
