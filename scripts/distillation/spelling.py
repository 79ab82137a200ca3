"""A model that puts mistyped words right: by the words of all texts, learnt without any label."""

from pathlib import Path

import numpy as np
from distillation.joining import Floats, figures

from nsmc.runtime.classifier import load
from nsmc.runtime.directory import open_model, write_model
from nsmc.runtime.fingerprint import Fingerprint
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


def put_right(model: Path, words: Path, output: Path, texts: list[str], truth: Floats) -> None:
    """Write the same model with ``text.spelling`` on.

    It was trained without: a word put right is one that it knows better than the one as typed.

    Args:
        model: its directory.
        words: the directory of `learn_words`.
        output: the model directory to write.
        texts: [R] validation reviews, for the figures that the directory tells.
        truth: [R] their labels.
    """
    before = open_model(model)
    learned = (words / LEARNED).read_bytes()
    text = {**before.config["text"], "spelling": True}
    config = {**before.config, "text": text}

    def write(validation: dict[str, float]) -> None:
        write_model(
            output,
            config=config,
            task_state=before.task_state,
            identity=make_tokenizer(TextConfig(**text), learned).identity(),
            threshold=before.threshold,
            vocabulary=before.vocabulary,
            weights=before.weights(),
            metrics={**before.metrics, "validation": validation},
            learned=learned,
            seen=Fingerprint.from_bytes((words / SEEN).read_bytes()),
        )

    write({})
    classifier = load(output)
    said = classifier.outputs_of([classifier.tokenizer(text) for text in texts])[:, 0]
    found = figures(np.nan_to_num(said.astype(np.float64)), truth)
    kept = {"loss": found["log_loss"], "accuracy": found["accuracy"]}
    write({"reviews": len(truth), **kept})
