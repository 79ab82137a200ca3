"""A language model beside a 5-gram model: perplexity, and which of two texts is the odd one.

Both learn the training part of the same texts (those of the training file and of a table of further
ones), see the same units, and take the same rare ones for one unknown unit; both are measured on
the validation part. The n-gram model is KenLM's: interpolated, with modified Kneser-Ney smoothing
(Heafield et al., "Scalable modified Kneser-Ney language model estimation", ACL 2013). Its
estimator, `lmplz`, is built from KenLM's sources (`cmake` and `make lmplz`); `pip install kenlm`
queries. For the odd one, two words of a review change places.
"""

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pages import machine_line

import nsmc
from experiments.experiment import Experiment, Results, measured_once
from experiments.language_models import (
    CONFIGS,
    add_text_arguments,
    language_model,
    unlabelled_texts,
)
from nsmc.data.cache import training_corpus
from nsmc.data.corpus import Corpus, Encoding
from nsmc.data.reviews import read_reviews
from nsmc.data.splits import split_rows
from nsmc.inference.language_model import LanguageModel, load_language_model
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import atomic_write

ORDER = 5
PAIRS = 1000
SHORTEST, LONGEST = 5, 40
"""Units of a review in the pairs."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Train what is missing and measure each language model beside the n-grams."""
    texts = unlabelled_texts(args.data, args.extra, args.output, args.texts)
    recipes: dict[str, Results] = {}
    for recipe in args.recipes:
        output = language_model(recipe, texts, args.output)
        measure = partial(_measure, recipe, texts, output, args.lmplz)
        recipes[recipe] = measured_once(output / "measured.json", measure)
        print(recipe, recipes[recipe], file=sys.stderr, flush=True)
        yield {
            "data": f"{args.data_name}: texts of the training file and further reviews",
            "recipes": recipes,
        }


WAYS = {"forwards": "앞으로", "both directions": "두 방향"}
"""Korean of the ways to read."""


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures, in Korean as its page."""
    told = []
    for one in results["recipes"].values():
        for way, found in one["odd one found"].items():
            perplexity = one["perplexity"].get(way)
            of = f"(퍼플렉시티 {perplexity:.1f})" if perplexity else ""
            told.append(f"{WAYS.get(way, way)} {found:.1%}{of}")
    sizes = next(iter(results["recipes"].values()))["texts"]
    return (
        f"{', '.join(told)}. {results['data'].partition(':')[0]}의 글 {sizes['training']:,}개로 "
        f"학습했습니다. {machine_line(results['machine'])}\n"
    )


def _measure(recipe: str, file: Path, place: Path, lmplz: Path) -> dict[str, Any]:
    config = nsmc.load_config(CONFIGS / f"{recipe}.toml")
    model = load_language_model(place)
    corpus = training_corpus(file, Encoding(config.text))
    texts = read_reviews(file).texts
    assert len(texts) == len(corpus), "a text without units would shift all behind it"
    training, validation = split_rows(len(corpus), config.data.validation, config.data.split_seed)
    ngrams = _NGrams(model, corpus, training, place, lmplz)
    units = list(corpus.take(validation).units())
    pairs = _pairs(model, [texts[row] for row in validation.tolist()])
    characters = sum(len(texts[row]) for row in validation.tolist())
    started = time.process_time()
    surprises = model.surprisals(units)
    seconds = time.process_time() - started
    seen = set(map(tuple, corpus.take(training).units()))
    new = [i for i, one in enumerate(units) if tuple(one) not in seen]
    ways = {"forwards": [nats[0] for nats in surprises]}
    if config.model.bidirectional:
        ways["backwards"] = [nats[1] for nats in surprises]
    ways[f"{ORDER}-gram"] = [ngrams.surprises(one) for one in units]

    def both(one: list[str]) -> float:
        return float(model.surprisals([one])[0].mean())

    def forwards(one: list[str]) -> float:
        return float(model.surprisals([one])[0][0].mean())

    def by_ngrams(one: list[str]) -> float:
        return float(ngrams.surprises(one).mean())

    odd = {"forwards": forwards, "both directions": both, f"{ORDER}-gram": by_ngrams}
    if not config.model.bidirectional:
        del odd["both directions"]
    return {
        "recipe": f"configs/{recipe}.toml",
        "unit": config.text.unit,
        "texts": {
            "training": len(training),
            "validation": len(validation),
            "of these new": len(new),
        },
        "vocabulary": len(model.model.vocabulary),
        "units of the validation part": int(sum(map(len, units))),
        "unknown": sum(u not in ngrams.rows for one in units for u in one) / sum(map(len, units)),
        "perplexity": {way: _perplexity(nats) for way, nats in ways.items()},
        "perplexity of texts that are new": {
            way: _perplexity([nats[i] for i in new]) for way, nats in ways.items()
        },
        "bits per character": {
            way: float(sum(n.sum() for n in nats)) / math.log(2) / characters
            for way, nats in ways.items()
        },
        "odd one found": {
            way: float(np.mean([mean(one) < mean(other) for one, other in pairs]))
            for way, mean in odd.items()
        },
        "pairs": len(pairs),
        "seconds": {
            "training": model.model.metrics["seconds"],
            "epochs": model.model.metrics["epochs"],
            f"{ORDER}-gram": ngrams.seconds,
            "scoring the validation part": seconds,
        },
        "bytes": {
            "model": sum(file.stat().st_size for file in model.model.path.iterdir()),
            f"{ORDER}-gram, as text": ngrams.bytes,
        },
    }


class _NGrams:
    """KenLM's model over the rows of our vocabulary, whose row 0 is the unknown unit."""

    def __init__(
        self,
        model: LanguageModel,
        corpus: Corpus,
        training: np.ndarray[Any, Any],
        place: Path,
        lmplz: Path,
    ) -> None:
        import kenlm

        self.rows = {u: row for row, u in enumerate(model.model.vocabulary) if row}
        arpa = place / f"{ORDER}-gram.arpa"
        if not arpa.exists():
            started = time.perf_counter()
            lines = place / "rows.txt"
            with lines.open("w", encoding="utf-8") as file:
                for units in corpus.take(training).units():
                    file.write(self._line(units) + "\n")
            with atomic_write(arpa) as temporary:
                command = [lmplz, "-o", ORDER, "-S", "25%", "-T", place, "--discount_fallback"]
                subprocess.run(
                    [*map(str, command), "--text", str(lines), "--arpa", str(temporary)],
                    check=True,
                    stderr=subprocess.DEVNULL,
                )
            lines.unlink()
            write_json(place / "ngrams.json", {"seconds": time.perf_counter() - started})
        self.seconds: float = read_json(place / "ngrams.json")["seconds"]
        self.bytes = arpa.stat().st_size
        self._model = kenlm.Model(str(arpa))

    def surprises(self, units: Sequence[str]) -> np.ndarray[Any, Any]:
        """-log p (nats) [T + 1] of each unit and of the end."""
        scores = self._model.full_scores(self._line(units), bos=True, eos=True)
        return -np.array([log for log, _, _ in scores]) * math.log(10)

    def _line(self, units: Sequence[str]) -> str:
        return " ".join(str(self.rows.get(unit, 0)) for unit in units)


def _perplexity(nats: Sequence[np.ndarray[Any, Any]]) -> float:
    return math.exp(float(np.concatenate(nats).mean()))


def _pairs(model: LanguageModel, texts: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Units of reviews and of the same with two words having changed places."""
    rng = np.random.default_rng(0)
    result: list[tuple[list[str], list[str]]] = []
    for place in rng.permutation(len(texts)).tolist():
        words = texts[place].split()
        units = model.tokenizer(texts[place])
        if not SHORTEST <= len(units) <= LONGEST or len(set(words)) < 2:
            continue
        other = list(words)
        while other == words:
            first, second = rng.choice(len(words), 2, replace=False).tolist()
            other = list(words)
            other[first], other[second] = words[second], words[first]
        result.append((model.tokenizer(" ".join(words)), model.tokenizer(" ".join(other))))
        if len(result) == PAIRS:
            break
    return result


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_text_arguments(parser)
    parser.add_argument("--lmplz", type=Path, required=True, metavar="FILE", help="KenLM's program")
    parser.add_argument("--recipes", nargs="+", default=["pretraining", "language-model"])


EXPERIMENT = Experiment(
    run, as_table, page="language-model", trains=True, add_arguments=_add_arguments
)
