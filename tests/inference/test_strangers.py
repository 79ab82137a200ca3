"""A model from a stranger, whose manifest vouches for wrong bytes, scores or is a ModelError."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nsmc.cli.info import _sections
from nsmc.config.schema import load_config
from nsmc.errors import ModelError
from nsmc.inference.classifier import load
from nsmc.inference.directory import KIND, SCHEMA, open_model, write_again
from nsmc.inference.language_model import load_language_model
from nsmc.inference.quantized import quantized
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info
from nsmc.storage.bundle import MANIFEST, writing_bundle
from nsmc.tasks.task import LabelTask
from nsmc.text.tokenizer import learn, make_tokenizer

if TYPE_CHECKING:
    from tests.conftest import Untrained

COMMENT = "정말 재밌는 영화였어요 ㅋㅋ"
RECORD = {
    "task": "x",
    "best_epoch": 1,
    "epochs": 1,
    "seconds": 1.5,
    "device": "cpu",
    "written": "2026-01-01T00:00:00Z",
    "validation": {"reviews": 3, "loss": 0.5, "accuracy": 0.5, "perplexity": 2.0},
    "coverage": 0.5,
    "temperature": 1.5,
    "data": {"name": "x", "sha256": "0" * 64, "reviews": 3, "skipped": 0},
    "versions": {"nsmc": "1"},
    "after_training": ["averaged"],
    "history": [
        {"epoch": 1, "train_loss": 1.0, "validation_loss": 1.0}
        | {f"{part}_{name}": 0.5 for part in ("train", "validation") for name in METRICS}
        for METRICS in [("accuracy", "perplexity")]
    ],
}
"""What a training records, so that flips meet every part of it."""


def models(untrained: Untrained, place: Path) -> list[Path]:
    """Small models of several kinds, each file of a model directory among them."""
    tiny = ("model.embedding_size=4", "model.hidden_size=3", "model.subword_buckets=8")
    comments = [COMMENT, "재밌어요 재밌어요 영화 영화 영화였어요"] * 9
    kinds = [
        (*tiny, "text.unit=syllable", "model.wide.buckets=16", "model.conv.filters=2"),
        (*tiny, "text.unit=bpe", "text.bpe_size=100"),
        (*tiny, "text.unit=jamo", "text.spelling=true"),
        (*tiny, "text.unit=syllable", "task=language-model", "training.adversarial_norm=0"),
    ]
    paths = []
    for number, fields in enumerate(kinds):
        # Not the tokenizer, which is learnt: weights don't depend on it.
        bare = tuple(f for f in fields if not f.startswith(("text.unit=bpe", "text.spelling")))
        source, config = open_model(untrained(*bare)), load_config(None, fields)
        learned = learn(config.text, comments)
        write_again(
            source,
            place / str(number),
            config=config,
            identity=make_tokenizer(config.text, learned).identity(),
            learned=learned,
            metrics=RECORD,
            weights=quantized(source.stored) if number else source.stored,
            seen=TrainingTexts.from_units([["재밌다"]]).to_bytes(),
        )
        paths.append(place / str(number))
    return paths


def use(path: Path, flipped: str) -> None:
    """Everything that reads a model: scoring, explaining, describing."""
    about = info(path)
    _sections(about)
    if flipped.endswith(".json"):
        model_card(about)  # which compiles a template
    if isinstance(open_model(path).task, LabelTask):
        classifier = load(path)
        assert np.isfinite(classifier.outputs_of([classifier.tokenizer(COMMENT)])).all()
        classifier.explain(COMMENT).to_dict()
    else:
        model = load_language_model(path)
        assert np.isfinite(model.surprisals([model.tokenizer(COMMENT)])[0]).all()
        model.complete("재밌", units=2, seed=1)


@pytest.mark.parametrize(
    "flips", [pytest.param(120, id="quick"), pytest.param(300, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.filterwarnings("ignore:this model was trained on units cut by other versions")
def test_flips_under_a_right_manifest(untrained: Untrained, tmp_path: Path, flips: int) -> None:
    refused = 0
    # The others open a dictionary each time.
    kinds = 1 if flips < 200 else None
    for model in models(untrained, tmp_path)[:kinds]:
        use(model, "model.json")
        files = {file.name: file.read_bytes() for file in model.iterdir()}
        rng = random.Random(flips)
        for _ in range(flips):
            # A manifest as often as a large table of weights.
            name = rng.choice(sorted(files))
            content = bytearray(files[name])
            for _ in range(rng.choice([1, 1, 1, 3])):
                # Half of them where headers are.
                end = len(content) if rng.random() < 0.5 else min(len(content), 800)
                content[rng.randrange(end)] ^= 1 << rng.randrange(8)
            with writing_bundle(tmp_path / "flipped", KIND, SCHEMA) as directory:
                for other in files.keys() - {name, MANIFEST}:
                    (directory / other).write_bytes(files[other])
                if name != MANIFEST:
                    (directory / name).write_bytes(content)
            if name == MANIFEST:
                (tmp_path / "flipped" / name).write_bytes(content)
            try:
                use(tmp_path / "flipped", name)
            except ModelError as error:
                refused += 1
                assert len(str(error).encode()) <= 2048
            except Exception as error:
                shutil.copytree(tmp_path / "flipped", tmp_path / "found")
                raise AssertionError(f"{name} of {model} flipped: {tmp_path / 'found'}") from error
    assert refused > flips / 3
