"""Short random comments, thousands at a time: what scores them costs less than how they are fed."""

import json
import random
import re
from collections.abc import Sequence
from functools import cache
from itertools import islice

from nsmc.config.text import TextConfig
from nsmc.inference.classifier import Classifier
from nsmc.text.normalize import normalize
from nsmc.text.tokenizer import Tokenizer, make_tokenizer

BATCH = 2000
LIMITS = (1, 3, 10, 1000)
PIECES = (
    *"가나다라마바사아자차카타파하각닫값뷁힣ㄱㄴㅋㅎㅠㅜㅡㅏㅣᄀ가각ᆨ 　\t\n\r\0\x1b\x85\u2028",
    *"aZz019!?.,~…-_'\"“<>&;#/\\%@=+*()[]{}♡★☆😀👍🏽❤️\u200b\u200d\u202e\u0301\ufeff\ud800\udc00\U0010ffff",
    *(
        "정말",
        "재밌다",
        "영화",
        "연기",
        "최고",
        "노잼",
        "안 ",
        "하지만",
        "ㅋㅋㅋ",
        "ㅠㅠ",
        "ㅈㅐㅁㅣ",
    ),
    *(
        "<br>",
        "<br",
        "&amp;",
        "&quot;",
        "&#39;",
        "&lt;",
        "amp;",
        "http://a.b/",
        "1e999",
        "...",
        "10점",
    ),
)
CONJOINING = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
NEW = 100
"""Code points of all of Unicode that join the pieces of a batch."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|  |^ | $")


def made(rng: random.Random, count: int = BATCH) -> list[str]:
    """Comments of 1 to 12 pieces, a few of hundreds."""
    pieces = [*PIECES, *(chr(rng.randrange(0x110000)) for _ in range(NEW))]
    lengths = rng.choices((1, 2, 3, 5, 8, 12, 300), (9, 18, 18, 18, 18, 18, 0.1), k=count)
    drawn = iter(rng.choices(pieces, k=sum(lengths)))
    return ["".join(islice(drawn, length)) for length in lengths]


def check_normalized(texts: Sequence[str]) -> None:
    """The normalized form is short, without control characters, and its own normalized form."""
    for number, text in enumerate(texts):
        limit = LIMITS[number % len(LIMITS)]
        assert len(normalize(text, limit)) <= limit
        normal = normalize(text, 1000)
        assert not CONTROL.search(normal)
        # Not of conjoining letters, which may follow letters that were typed apart and are joined
        # last; docs/measurements.md.
        assert CONJOINING.search(text) or normalize(normal, 1000) == normal


@cache
def tokenizers() -> list[Tokenizer]:
    """Every kind that needs nothing learnt."""
    configs = [TextConfig(unit=unit) for unit in ("syllable", "jamo", "morpheme")]
    return [make_tokenizer(config) for config in configs]


def check_units(texts: Sequence[str]) -> None:
    """Units lie in their comment, one after another."""
    for tokenizer in tokenizers():
        for text in texts:
            spans = tokenizer.spans(text)
            assert len(spans) == len(tokenizer(text))
            assert all(0 <= start <= end <= len(text) for start, end in spans)


def check_scores(texts: Sequence[str], classifier: Classifier) -> None:
    """Scores are probabilities, or there is none; the first ones are the same alone."""
    predictions = classifier.predict(list(texts), verbose=False)
    assert len(predictions) == len(texts)
    for text, prediction in zip(texts, predictions, strict=True):
        assert prediction.score is None or 0 <= prediction.score <= 1
        if text.isascii():
            json.dumps(prediction.to_dict(), allow_nan=False)
    for text, prediction in zip(texts[:3], predictions, strict=False):
        alone = classifier.predict(text)
        assert alone.label == prediction.label
        assert (alone.score is None) is (prediction.score is None)
        assert abs((alone.score or 0) - (prediction.score or 0)) < 3e-6
