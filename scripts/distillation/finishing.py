"""The last steps to a model: words put right by those of all texts, and probabilities that hold."""

from pathlib import Path
from typing import Any

import numpy as np
from distillation.joining import Floats, figures
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from nsmc.runtime.classifier import load
from nsmc.runtime.directory import open_model, write_model
from nsmc.runtime.fingerprint import Fingerprint
from nsmc.runtime.tables import WIDE
from nsmc.text.config import TextConfig
from nsmc.text.normalize import normalize
from nsmc.text.spelling import Spelling, learn_spelling
from nsmc.text.tokenizer import make_tokenizer

LEARNED, SEEN = "words.bin", "seen.bin"


def learn_words(texts: list[str], output: Path) -> None:
    """Learn the words of all texts, and which texts there are once they are put right.

    Args:
        texts: all that the model has seen.
        output: the directory to write.
    """
    normalized = [normalize(text, TextConfig().max_characters) for text in texts]
    learned = learn_spelling(normalized)
    spelling = Spelling(learned)
    # Units end to end are the text without its spaces, however it was cut.
    seen = Fingerprint.of([spelling(text).replace(" ", "")] for text in normalized if text)
    output.mkdir(parents=True)
    (output / SEEN).write_bytes(seen.to_bytes())
    (output / LEARNED).write_bytes(learned)


def finish(model: Path, words: Path, output: Path, texts: list[str], truth: Floats) -> None:
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
    text = {**before.config["text"], "spelling": True}

    def write(weights: dict[str, NDArray[Any]], metrics: dict[str, Any]) -> NDArray[np.float64]:
        """Write, and give the log odds [R] of the validation reviews."""
        write_model(
            output,
            config={**before.config, "text": text},
            task_state=before.task_state,
            identity=make_tokenizer(TextConfig(**text), learned).identity(),
            threshold=before.threshold,
            vocabulary=before.vocabulary,
            weights=weights,
            metrics=metrics,
            learned=learned,
            seen=Fingerprint.from_bytes((words / SEEN).read_bytes()),
        )
        return log_odds_of(output, texts)

    weights = before.weights()
    said = write(weights, {})
    fit = LogisticRegression(C=1e6).fit(said[:, None], truth)
    scale, shift = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    for name in ("head.weight", "head.bias", WIDE):
        weights[name] = (weights[name].astype(np.float32) * scale).astype(weights[name].dtype)
    weights["head.bias"] = weights["head.bias"] + np.float32(shift)
    found = figures(scale * said + shift, truth)
    kept = {"loss": found["log_loss"], "accuracy": found["accuracy"]}
    calibrated = {"scale": scale, "shift": shift}
    validation = {"reviews": len(truth), **kept}
    write(weights, {**before.metrics, "calibrated": calibrated, "validation": validation})


def log_odds_of(model: Path, texts: list[str]) -> NDArray[np.float64]:
    """Log odds [R] of positive of some texts; 0 for one with nothing legible."""
    classifier = load(model)
    said = classifier.outputs_of([classifier.tokenizer(text) for text in texts])[:, 0]
    return np.nan_to_num(said.astype(np.float64))
