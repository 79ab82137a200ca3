"""What happens to a comment's words before the network sees them: what it changes, what it helps.

New words: sentences of this project with coinages, with the package's table and without; how many
reviews the table changes. Spelling: words of other subjects that it changes; reviews as they are
and with one wrong key in each word. Familiarity: how many reviews, and how much of what no model
can know, is called unfamiliar. Long comments: texts of 20 reviews, a fifth or a third of another
label, read at once or in windows. All reviews are those of the training file that validate.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from pages import machine_line

from experiments.experiment import ROOT, Experiment, Results
from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import read_reviews
from nsmc.data.splits import split_rows
from nsmc.inference import classifier as scoring
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import WEIGHTS
from nsmc.storage.files import sha256_of
from nsmc.text.new_words import NewWords, shipped_words
from nsmc.text.noise import perturb
from nsmc.text.normalize import normalize

TEXTS = ROOT / "tests" / "text"
LONG, JOINED = 160, 20
SHARES = {"a fifth": 4, "a third": 7}
"""Reviews of the other label among `JOINED`."""
LONGEST = 1000
FOREIGN = (
    "つまらない映画だった",
    "もう一度見たい",
    "这部电影太无聊了",
    "演员演得很好",
    "Скучно и долго",
    "Очень хороший фильм",
    "หนังสนุกมาก",
    "Película muy aburrida",
)
ENGLISH = (
    "This movie was a waste of time",
    "Great acting but the story was boring",
    "I loved every minute of it",
    "The director should be ashamed",
    "Nothing happens for two hours",
    "My favourite film of the year",
    "The soundtrack saved it",
    "Don't watch this",
    "A masterpiece of suspense",
    "We left before the end",
)
LATIN, JAMO = "abcdefghijklmnopqrstuvwxyz", "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣ"
RANDOM: dict[str, Callable[[random.Random], str]] = {
    "random Latin letters": lambda draw: _drawn(draw, LATIN),
    "random Korean letters": lambda draw: _drawn(draw, JAMO),
    "random syllables": lambda draw: "".join(chr(draw.randint(0xAC00, 0xD7A3)) for _ in range(8)),
    "numbers": lambda draw: _drawn(draw, "0123456789"),
    "punctuation": lambda draw: _drawn(draw, ".,!?-/()"),
}
DRAWN = 500
RULES: dict[str, Callable[[Any], Any]] = {
    "mean of log odds": np.mean,
    "the most certain": lambda of: of[np.abs(of).argmax()],
    "the last": lambda of: of[-1],
}
"""From the log odds of a text's windows to its own."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure one part after the other."""
    classifier = load(exact=True)
    texts, labels = validation_reviews(args.data)
    texts, labels = texts[: args.reviews], labels[: args.reviews]
    parts = {"new_words": _new_words, "spelling": _spelling, "unfamiliar": _unfamiliar}
    results: Results = {
        "weights_sha256": sha256_of(classifier.model.path / WEIGHTS),
        "reviews": len(texts),
    }
    for name, part in {**parts, "long": _long}.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = part(classifier, texts, labels)
    yield results


def validation_reviews(data: Path) -> tuple[list[str], list[bool]]:
    """The comments that validate, with their labels, in a fixed random order."""
    reviews = read_reviews(data / "ratings_train.txt", label_columns=[LabelColumnSpec("label")])
    config = Config().data
    _, rows = split_rows(len(reviews.texts), config.validation, config.split_seed)
    label = reviews.labels["label"]
    numbers = label.numbers()[label.codes]
    order = np.random.default_rng(0).permutation(rows)
    legible = [row for row in order.tolist() if normalize(reviews.texts[row], LONGEST)]
    return [reviews.texts[row] for row in legible], [bool(numbers[row]) for row in legible]


def _right(classifier: Classifier, texts: Sequence[str], labels: Sequence[bool]) -> float:
    """The share of comments that get their label."""
    outputs, _ = classifier.score(texts)
    positive = classifier.task.positive(outputs) >= classifier.threshold
    return float((positive == np.array(labels)).mean())


def _new_words(classifier: Classifier, texts: list[str], labels: list[bool]) -> Results:
    lines = (TEXTS / "new_words.tsv").read_text(encoding="utf-8").splitlines()[1:]
    of, sentences = zip(*(line.split("\t") for line in lines), strict=True)
    given = [label == "1" for label in of]
    # A word that stands for itself is left alone.
    plain = classifier.with_options(words=NewWords(dict.fromkeys(shipped_words().meanings, "")))
    words = shipped_words()
    changed = [
        place for place, text in enumerate(texts) if words(n := normalize(text, LONGEST)) != n
    ]
    some, theirs = [texts[p] for p in changed], [labels[p] for p in changed]
    return {
        "sentences": len(sentences),
        "right": round(len(sentences) * _right(classifier, sentences, given)),
        "right_without": round(len(sentences) * _right(plain, sentences, given)),
        "reviews_changed": len(changed),
        "changed_right": round(len(some) * _right(classifier, some, theirs)) if some else 0,
        "changed_right_without": round(len(some) * _right(plain, some, theirs)) if some else 0,
    }


def _spelling(classifier: Classifier, texts: list[str], labels: list[bool]) -> Results:
    off = classifier.with_options(spelling=False)
    typos = [perturb(text, "typos", place) for place, text in enumerate(texts)]
    other = (TEXTS / "other_subjects.txt").read_text(encoding="utf-8").split("\n")
    before, after = ([one.tokenizer.prepare(text) for text in other] for one in (off, classifier))
    pairs = zip(" ".join(before).split(), " ".join(after).split(), strict=True)
    return {
        "words": len(" ".join(before).split()),
        "words_changed": sum(a != b for a, b in pairs),
        "accuracy": {"on": _right(classifier, texts, labels), "off": _right(off, texts, labels)},
        "typos": {"on": _right(classifier, typos, labels), "off": _right(off, typos, labels)},
    }


def _unfamiliar(classifier: Classifier, texts: list[str], labels: list[bool]) -> Results:
    draw = random.Random(0)
    kinds = {
        "validation reviews": texts,
        **{name: [make(draw) for _ in range(DRAWN)] for name, make in RANDOM.items()},
        "sentences in English": list(ENGLISH),
        "in other languages": list(FOREIGN),
    }
    shares = {}
    for name, some in kinds.items():
        _, notes = classifier.score(some)
        shares[name] = {"texts": len(some), "unfamiliar": sum(n.unfamiliar for n in notes)}
    return shares


def _long(classifier: Classifier, texts: list[str], labels: list[bool]) -> Results:
    """How often a text of many reviews gets the label of most of them, by how it is read."""
    draw = random.Random(0)
    by_label: dict[bool, list[str]] = {True: [], False: []}
    for text, label in zip(texts, labels, strict=True):
        by_label[label].append(text)
    results: Results = {"texts": LONG, "reviews": JOINED}
    for share, others in SHARES.items():
        cut, given = [], []
        for number in range(LONG):
            label = number % 2 == 0
            parts = draw.sample(by_label[label], JOINED - others)
            parts += draw.sample(by_label[not label], others)
            draw.shuffle(parts)
            cut.append(classifier.tokenizer(" ".join(parts)))
            given.append(label)
        ways = {"one": [[units] for units in cut]}
        for size in (scoring.PASSAGE, 300):
            ways[f"windows of {size}"] = [_windows(units, size) for units in cut]
        for way, windows in ways.items():
            outputs = classifier.outputs_of([one for some in windows for one in some])[:, 0]
            ends = np.cumsum([len(some) for some in windows])[:-1]
            for rule, join in RULES.items() if way != "one" else [("", np.mean)]:
                joined = np.array([join(of) for of in np.split(outputs, ends)])
                name = f"{way}: {rule}" if rule else way
                results.setdefault(name, {})[share] = float(((joined > 0) == given).mean())
    return results


def _windows(units: list[str], size: int) -> list[list[str]]:
    count = -(-len(units) // size)
    edges = [len(units) * place // count for place in range(count + 1)]
    return [units[a:b] for a, b in pairwise(edges)]


def _drawn(draw: random.Random, letters: str) -> str:
    return "".join(draw.choices(letters, k=draw.randint(3, 12)))


def as_table(results: Results) -> str:
    """The Markdown of the figures."""

    def points(share: float) -> str:
        return f"{100 * share:.2f}"

    new, spelling, long = results["new_words"], results["spelling"], results["long"]
    kinds = {"reviews as they are": "accuracy", "one wrong key in each word": "typos"}
    typing = "; ".join(
        f"{name} {points(spelling[key]['on'])}%, {points(spelling[key]['off'])}% as typed"
        for name, key in kinds.items()
    )
    shares = {name: of["unfamiliar"] / of["texts"] for name, of in results["unfamiliar"].items()}
    unfamiliar = ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share < 1)
    always = ", ".join(name for name, share in shares.items() if share == 1)
    # What classifiers do; the ways that lost are in the results only.
    whole, windows = (
        " and ".join(f"{100 * long[way][share]:.1f}%" for share in SHARES)
        for way in ("one", "windows of 80: mean of log odds")
    )
    return (
        f"{results['reviews']:,} validation reviews of {results['data']}, the model inside the "
        f"package ({results['weights_sha256'][:16]}…). {machine_line(results['machine'])}\n\n"
        f"- New words: {new['right']} of {new['sentences']} sentences right with the table, "
        f"{new['right_without']} without; it changes {new['reviews_changed']} reviews.\n"
        f"- Spelling: accuracy on {typing}; {spelling['words_changed']:,} of "
        f"{spelling['words']:,} words of other subjects change.\n"
        f"- Called unfamiliar: {unfamiliar}; all {always}.\n"
        f"- Long comments, {long['texts']} of {long['reviews']} reviews, {' or '.join(SHARES)} of "
        f"them with another label: {windows} right in windows, {whole} in one.\n"
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reviews", type=int, default=7_500, metavar="N", help="at most")


EXPERIMENT = Experiment(run, as_table, page="measurements", add_arguments=_add_arguments)
