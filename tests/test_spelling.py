"""A model with spelling correction: in training, its directory, scores, spans and evaluation."""

from pathlib import Path

import numpy as np
import pytest

import nsmc
from nsmc.config.schema import load_config
from nsmc.data.cache import training_corpus
from nsmc.data.corpus import Encoding
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.exporting.quantization import export
from nsmc.inference.directory import LEARNED, ModelDirectory, open_model
from nsmc.report.evaluation_report import evaluate
from nsmc.training.api import train

RECIPE = (
    "text.spelling=true",
    "data.min_freq=1",
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.subword_buckets=100",
    "training.epochs=1",
)


@pytest.fixture(scope="module")
def model(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelDirectory:
    output = tmp_path_factory.mktemp("spelling") / "run"
    return open_model(train(load_config(None, RECIPE), data=sample, output=output).model)


def test_a_mistyped_comment_scores_as_it_was_meant(model: ModelDirectory) -> None:
    classifier = nsmc.load(model.path)
    meant, typed = classifier.predict(["영화가 정말 좋았다", "영롸가 정멀 좋았다"])
    assert typed.score == meant.score
    assert typed.text == "영롸가 정멀 좋았다"
    parts = classifier.explain("영롸가 정멀 좋았다").parts
    assert typed.text[parts[0].start : parts[0].end] == "영롸"
    assert parts[0].morpheme == "영화"


def test_what_it_has_learnt_travels(model: ModelDirectory, tmp_path: Path) -> None:
    assert (model.path / LEARNED).is_file()
    small = open_model(export(model.path, tmp_path / "small", int8=True))
    assert small.learned == model.learned
    assert small.identity == model.identity


def test_the_training_reviews_are_known_as_seen(model: ModelDirectory, sample: Path) -> None:
    seen = evaluate(sample / "ratings_train.txt", model.path).seen
    assert seen is not None and seen["unseen_examples"] == 0
    other = evaluate(sample / "ratings_test.txt", model.path).seen
    assert other is not None and other["unseen_examples"] > 100


def test_the_cache_keeps_both_kinds_apart(sample: Path) -> None:
    columns = [LabelColumnSpec("label")]
    spelt, plain = (
        training_corpus(sample, Encoding(load_config(None, recipe).text, label_columns=columns))
        for recipe in (RECIPE, ())
    )
    assert spelt.learned is not None
    assert plain.learned is None
    assert spelt.identity != plain.identity
    assert len(spelt) == len(plain)
    # Nothing in the training reviews is corrected.
    np.testing.assert_array_equal(spelt.tokens, plain.tokens)
