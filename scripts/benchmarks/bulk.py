"""Whole tables: speed beside fastText and a transformer, and memory that doesn't grow."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.common import (
    Row,
    Sizes,
    in_turn,
    measured_process,
    median_ratio,
    spread,
    varied,
    write_table,
)
from benchmarks.contenders import fasttext_table, konlpy_morphs, train_fasttext, transformer_rate

TRANSFORMER_TOKENS = 28
"""Word pieces of a mean review in BERT's vocabularies of 32,000."""


def table_rows(texts: list[str], data: Path, work: Path, sizes: Sizes, cores: int) -> list[Row]:
    """`nsmc.score_table` beside fastText over the same Mecab, and beside a transformer."""
    import nsmc

    source = work / "table.csv"
    write_table(source, varied(texts, sizes.table_rows))

    def ours() -> float:
        started = time.perf_counter()
        nsmc.score_table(nsmc.load(), source, work / "ours.csv", workers=cores)
        return time.perf_counter() - started

    contenders = {"nsmc": ours}
    try:
        for name, model in train_fasttext(work, data, cores).items():
            contenders[f"fastText, {name}"] = lambda model=model: fasttext_table(  # type: ignore[misc]
                model, source, work / "fasttext.csv", cores
            )
    except ModuleNotFoundError:
        print("fastText isn't installed: its rows are left out", file=sys.stderr)
    result = in_turn(sizes.repeats, contenders)
    rates = in_turn(
        min(3, sizes.repeats),
        {
            "transformer": lambda: transformer_rate(
                sizes.transformer_reviews, TRANSFORMER_TOKENS, cores, sizes.transformer_layers
            )
        },
    )["transformer"]
    rows = []
    for name, seconds in result.items():
        if name != "nsmc":
            times = median_ratio(result["nsmc"], seconds)
            rows.append(
                Row(
                    f"{sizes.table_rows:,} reviews, file to file, beside {name}",
                    spread(result["nsmc"], "s", 1),
                    f"fastText {spread(seconds, 's', 1)}",
                    times,
                    "at least 1 × as fast",
                    times >= 1,
                    details={"nsmc": result["nsmc"], "fasttext": seconds},
                )
            )
    rate = sizes.table_rows / median(result["nsmc"])
    times = rate / median(rates)
    rows.append(
        Row(
            f"{sizes.table_rows:,} reviews, file to file, beside a BERT-base-sized transformer",
            f"{rate:,.0f} reviews/s",
            f"transformer {spread(rates, 'reviews/s', 1)}",
            times,
            "at least 300 × as fast",
            times >= 300,
            f"{TRANSFORMER_TOKENS} tokens a review, random weights, without its tokenizer",
            {"nsmc": result["nsmc"], "transformer": rates},
        )
    )
    return rows


def memory_row(texts: list[str], work: Path, sizes: Sizes) -> Row:
    """Resident memory of `nsmc predict` and its workers for a long table and a short one."""
    most, seconds = {}, {}
    for count in (sizes.table_rows, sizes.long_rows):
        source = work / f"{count}.csv"
        write_table(source, varied(texts, count))
        command = [sys.executable, "-m", "nsmc", "predict"]
        seconds[count], most[count] = measured_process(
            [*command, "--input", str(source), "--output", str(work / "scored.csv")]
        )
        source.unlink()
    times = most[sizes.long_rows] / most[sizes.table_rows]
    return Row(
        f"memory for {sizes.long_rows:,} rows",
        f"{most[sizes.long_rows]:,.0f} MB",
        f"for {sizes.table_rows:,} rows {most[sizes.table_rows]:,.0f} MB",
        times,
        "at most 1.2 ×, under 1,000 MB",
        times <= 1.2 and most[sizes.long_rows] < 1000,
        f"the process and its workers together; {seconds[sizes.long_rows]:,.0f} s",
        {"megabytes": most, "seconds": seconds},
    )


def corpus_row(texts: list[str], sizes: Sizes, cores: int) -> Row:
    """From a file of reviews to encoded arrays on disk, beside one core's Mecab alone.

    Mecab is KoNLPy's ``morphs``, as anyone would call it; the row's note tells the same of this
    project's own tokenizer, which asks Mecab for less.
    """
    from nsmc.config.text import TextConfig
    from nsmc.data.cache import TRAIN_FILE
    from nsmc.data.corpus import Encoding, read_corpus, save_corpus
    from nsmc.data.label_columns import LabelColumnSpec
    from nsmc.text.tokenizer import make_tokenizer

    chosen = [" ".join(t.split()) for t in texts[: sizes.corpus_reviews]]
    tokenizer, konlpy_mecab = make_tokenizer(TextConfig()), konlpy_morphs()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / TRAIN_FILE
        lines = [f"{n}\t{t}\t{n % 2}\n" for n, t in enumerate(chosen)]
        file.write_text("id\tdocument\tlabel\n" + "".join(lines), encoding="utf-8")

        def ours() -> float:
            started = time.perf_counter()
            corpus = read_corpus(
                file, Encoding(TextConfig(), label_columns=[LabelColumnSpec("label")])
            )
            save_corpus(corpus, Path(place) / "corpus")
            return time.perf_counter() - started

        def alone(cut: Callable[[str], list[str]]) -> float:
            started = time.perf_counter()
            for text in chosen:
                cut(text)
            return time.perf_counter() - started

        result = in_turn(
            min(3, sizes.repeats),
            {
                "nsmc": ours,
                "konlpy": lambda: alone(konlpy_mecab),
                "tokenizer": lambda: alone(tokenizer),
            },
        )
    times = median_ratio(result["nsmc"], result["konlpy"])
    stricter = median_ratio(result["nsmc"], result["tokenizer"])
    return Row(
        f"raw file to encoded corpus, {len(chosen):,} reviews, {cores} cores",
        spread(result["nsmc"], "s", 1),
        f"KoNLPy's Mecab, one core {spread(result['konlpy'], 's', 1)}",
        times,
        "at least 1.8 × as fast",
        times >= 1.8,
        f"{stricter:.2f} × beside this project's tokenizer on one core",
        result,
    )
