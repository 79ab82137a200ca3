"""One comment at a time in a process that is already running."""

import time
from statistics import median

import numpy as np

from benchmarks.common import Row, Sizes


def latency_rows(texts: list[str], sizes: Sizes) -> list[Row]:
    """`Classifier.predict` over real comments, less what Mecab takes of it; and explanations."""
    import nsmc

    classifier = nsmc.load()
    tokenizer = classifier.tokenizer
    chosen = [t for t in texts[: sizes.comments] if tokenizer(t)]
    for text in chosen[:50]:
        classifier.predict(text)
    beyond, tokens = [], []
    for text in chosen:
        rounds = []
        for _ in range(3):
            prepared = tokenizer.prepare(text)
            started = time.perf_counter()
            morphemes = tokenizer.cut(prepared)
            cut = time.perf_counter()
            exact = classifier.predict(text).exact
            # Of the early answers Mecab knows half: what it takes of these is counted as ours.
            rounds.append(time.perf_counter() - cut - (cut - started) * exact)
        beyond.append(1000 * median(rounds))
        tokens.append(len(morphemes))
    usual = chosen[int(np.argsort(tokens)[len(tokens) // 2])]
    again = []
    for _ in range(max(100, len(chosen))):
        started = time.perf_counter()
        classifier.predict(usual)
        again.append(1000 * (time.perf_counter() - started))
    middle, high = float(np.median(beyond)), float(np.percentile(beyond, 99))
    steady = float(np.percentile(again, 99) / np.median(again))
    explained = chosen[: max(1, len(chosen) // 10)]
    started = time.process_time()
    for text in explained:
        classifier.explain(text)
    rate = len(explained) / (time.process_time() - started)
    slope, base = np.polyfit(tokens, beyond, 1)
    return [
        Row(
            "one comment beyond Mecab, median over real comments",
            f"{middle:.2f} ms",
            "",
            middle,
            "under 0.4 ms",
            middle < 0.4,
            f"{base:.2f} ms + {slope:.3f} ms a morpheme",
        ),
        Row(
            "the same, 99th percentile over real comments",
            f"{high:.2f} ms",
            f"the median {middle:.2f} ms",
            high / middle,
            "under 3 ms",
            high < 3,
            f"the median comment has {np.median(tokens):.0f} morphemes, the 99th percentile "
            f"{np.percentile(tokens, 99):.0f}",
        ),
        Row(
            "one usual comment again and again, 99th percentile",
            f"{np.percentile(again, 99):.2f} ms",
            f"the median {np.median(again):.2f} ms",
            steady,
            "under 3 ×",
            steady < 3,
        ),
        Row(
            "comments explained a second of a core",
            f"{rate:.0f} /s",
            "",
            rate,
            "at least 100",
            rate >= 100,
        ),
    ]
