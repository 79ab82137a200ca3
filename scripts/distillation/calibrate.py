"""The last steps to a model: words put right by those of all texts, and probabilities that hold."""

from dataclasses import replace
from itertools import compress
from pathlib import Path

import numpy as np
from distillation.ensemble import Floats, log_odds_of, validation_of
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from nsmc.config.text import TextConfig
from nsmc.inference.directory import open_model, write_again
from nsmc.inference.quantized import WIDE
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.text.mecab import KonlpyMecab
from nsmc.text.normalize import normalize
from nsmc.text.spelling import Spelling, learn_spelling
from nsmc.text.tokenizer import make_tokenizer

LEARNED, SEEN = "words.bin", "seen.bin"


def learn_words(texts: list[str], held_back: NDArray[np.bool_], output: Path) -> None:
    """Learn the words of texts, and which texts there are once they are put right.

    Args:
        texts: [R] all that the model has seen.
        held_back: [R] those whose words are not to be learnt: what their own words tell of them
            can't be measured on them.
        output: the directory to write.
    """
    normalized = [normalize(text, TextConfig().max_characters) for text in texts]
    dictionary = KonlpyMecab(TextConfig())
    learned = learn_spelling(compress(normalized, ~held_back), dictionary)
    spelling = Spelling(learned, dictionary)
    # Units end to end are the text without its spaces, however it was cut.
    corrected = (spelling(text).replace(" ", "") for text in normalized if text)
    seen = TrainingTexts.from_units([text] for text in corrected)
    output.mkdir(parents=True)
    (output / SEEN).write_bytes(seen.to_bytes())
    (output / LEARNED).write_bytes(learned)


def calibrate(model: Path, words: Path, output: Path, texts: list[str], truth: Floats) -> None:
    """Write the same model with ``text.spelling`` on, calibrated on validation reviews.

    It was trained without: a word put right is one that it knows better than the one as typed. A
    student learns from more positive reviews than negative ones, and expects that afterwards; a
    scale and a shift of the log odds take it out (Platt, "Probabilistic outputs for support vector
    machines", 1999).

    Args:
        model: its directory.
        words: the directory of `learn_words`.
        output: the model directory to write.
        texts: [R] validation reviews.
        truth: [R] their labels.
    """
    before = open_model(model)
    learned = (words / LEARNED).read_bytes()
    text = replace(before.config.text, spelling=True)
    changes = {
        "config": replace(before.config, text=text),
        "identity": make_tokenizer(text, learned).identity(),
        "learned": learned,
        "seen": (words / SEEN).read_bytes(),
    }
    write_again(before, output, **changes)
    log_odds = log_odds_of(output, texts)  # [R]
    fit = LogisticRegression(C=1e6).fit(log_odds[:, None], truth)
    scale, shift = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    weights = before.weights()
    for name in ("head.weight", "head.bias", WIDE):
        weights[name] = (weights[name].astype(np.float32) * scale).astype(weights[name].dtype)
    weights["head.bias"] = weights["head.bias"] + np.float32(shift)
    metrics = {
        **before.metrics,
        "after_training": [
            *before.metrics.get("after_training", []),
            "text.spelling switched on",
            f"its log odds times {scale:.3f}, {shift:+.3f}, to fit the validation part",
        ],
        "calibrated": {"scale": scale, "shift": shift},
        "validation": validation_of(scale * log_odds + shift, truth),
    }
    write_again(before, output, **changes, weights=weights, metrics=metrics)
