"""A training that starts from another model's weights: what it takes, what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nsmc.config.schema import Config, load_config
from nsmc.errors import ModelError, NsmcError, UsageError
from nsmc.inference.directory import open_model, write_again
from nsmc.inference.quantized import NGRAMS, WORDS
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task
from nsmc.training.api import train
from nsmc.training.init_from import HEAD, KEPT, find_pretrained
from tests.training.conftest import interrupted

if TYPE_CHECKING:
    from tests.conftest import Untrained

SIZES = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50")
UNITS = ["<unk>", "</s>", "재밌", "다", "영화"]


def source(untrained: Untrained, *others: str) -> Path:
    fields = ("task=language-model", "training.adversarial_norm=0", *others)
    return untrained(*fields, vocabulary=UNITS)


def recipe(start: Path, *others: str) -> Config:
    return load_config(None, [*SIZES, f"training.init_from={start}", *others])


def given(
    config: Config, output: Path, vocabulary: list[str], state: dict[str, Any] | None = None
) -> tuple[RecurrentNetwork, str]:
    """A network that has been started, and what was said of that."""
    task = make_task(config, state)
    network = RecurrentNetwork(len(vocabulary), config.model, task)
    start = find_pretrained(config, output)
    assert start is not None
    return network, start.load_into(network, task, vocabulary, output).taken


def test_rows_are_taken_by_name_and_layers_by_shape(untrained: Untrained, tmp_path: Path) -> None:
    start = source(untrained)
    theirs = open_model(start).weights()
    network, reported = given(recipe(start), tmp_path, ["<unk>", "다", "새말", "영화"])
    ours = {name: value.detach().numpy() for name, value in network.named_parameters()}
    table = theirs[WORDS].astype(np.float32)
    for row, its in ((0, 0), (1, 3), (3, 4)):
        np.testing.assert_array_equal(ours[WORDS][row], table[its])
    assert not any(np.array_equal(ours[WORDS][2], row) for row in table)
    np.testing.assert_array_equal(ours[NGRAMS], theirs[NGRAMS].astype(np.float32))
    layers = [name for name in ours if name.startswith("encoder.")]
    assert len(layers) == 8
    for name in layers:
        np.testing.assert_array_equal(ours[name], theirs[name])
    assert reported == (
        "the vectors of 3 of 4 units, those of the n-grams, 1 recurrent layer forwards, "
        "1 recurrent layer backwards"
    )


NGRAM_ROWS = "those of the n-grams"
FORWARDS, BACKWARDS = "1 recurrent layer forwards", "1 recurrent layer backwards"


@pytest.mark.parametrize(
    ("of_source", "of_ours", "taken"),
    [
        # The upper layers of a classifier read both directions.
        ("model.layers=2", "model.layers=2", [NGRAM_ROWS, FORWARDS, BACKWARDS]),
        ("model.bidirectional=false", "model.bidirectional=true", [NGRAM_ROWS, FORWARDS]),
        ("model.bidirectional=true", "model.bidirectional=false", [NGRAM_ROWS, FORWARDS]),
        ("model.cell=gru", "model.cell=lstm", [NGRAM_ROWS]),
        ("model.hidden_size=8", "model.hidden_size=9", [NGRAM_ROWS]),
        ("model.cell=gru", "model.conv.filters=8", [NGRAM_ROWS]),
        ("model.subword_buckets=50", "model.subword_buckets=60", [FORWARDS, BACKWARDS]),
        ("model.subword_buckets=50", "model.subword_buckets=0", [FORWARDS, BACKWARDS]),
        ("model.subword_buckets=0", "model.subword_buckets=50", [FORWARDS, BACKWARDS]),
    ],
)
def test_what_does_not_fit_starts_afresh(
    of_source: str, of_ours: str, taken: list[str], untrained: Untrained, tmp_path: Path
) -> None:
    _, reported = given(recipe(source(untrained, of_source), of_ours), tmp_path, UNITS)
    assert reported.split(", ") == ["the vectors of 5 of 5 units", *taken]


@pytest.mark.parametrize(
    ("of_source", "of_ours", "taken"),
    [
        (("task=stars",), ("task=stars", "stars.column=점수"), True),
        (("task=stars",), ("task=stars", "stars.high=5"), False),
        (("task=classes",), ("task=classes", "classes.balance=weights"), True),
    ],
)
def test_the_head_is_taken_where_its_outputs_mean_the_same(
    of_source: tuple[str, ...],
    of_ours: tuple[str, ...],
    taken: bool,
    untrained: Untrained,
    tmp_path: Path,
) -> None:
    classes = ("경제", "스포츠") if "task=classes" in of_source else ()
    config = recipe(untrained(*of_source, classes=classes, vocabulary=UNITS), *of_ours)
    # Of another table, with as many reviews as it has.
    state = {"classes": list(classes), "reviews": [3, 1]} if classes else {}
    _, reported = given(config, tmp_path, UNITS, state)
    assert (HEAD in reported.split(", ")) == taken


LETTERS = "model.subword_letters"


@pytest.mark.parametrize("of_ours", [False, True])
@pytest.mark.parametrize("of_source", [False, True])
def test_rows_of_other_ngrams_are_not_taken(
    of_source: bool, of_ours: bool, untrained: Untrained, tmp_path: Path
) -> None:
    start = source(untrained, f"{LETTERS}={str(of_source).lower()}")
    theirs = open_model(start).weights()[NGRAMS].astype(np.float32)
    config = recipe(start, f"{LETTERS}={str(of_ours).lower()}")
    network, reported = given(config, tmp_path, UNITS)
    ours = network.get_parameter(NGRAMS).detach().numpy()
    assert (NGRAM_ROWS in reported.split(", ")) == (of_source == of_ours)
    assert np.array_equal(ours, theirs) == (of_source == of_ours)


def test_unidirectional_layers_are_taken_at_any_depth(untrained: Untrained, tmp_path: Path) -> None:
    fields = ("model.layers=3", "model.bidirectional=false")
    _, taken = given(recipe(source(untrained, *fields), *fields), tmp_path, UNITS)
    assert "3 recurrent layers forwards" in taken


def test_a_model_of_which_nothing_fits_is_refused(untrained: Untrained, tmp_path: Path) -> None:
    start = source(untrained)
    with pytest.raises(UsageError, match=r"set model\.embedding_size=8"):
        find_pretrained(recipe(start, "model.embedding_size=16"), tmp_path)
    with pytest.raises(UsageError, match=r"cut in another way.*\[text\] section"):
        find_pretrained(recipe(start, "text.unit=syllable"), tmp_path)
    with pytest.raises(ModelError, match="expected a model directory"):
        find_pretrained(recipe(tmp_path / "nowhere"), tmp_path)
    assert find_pretrained(load_config(None, SIZES), tmp_path) is None
    # To read less of a comment doesn't change what its units are.
    assert find_pretrained(recipe(start, "text.max_characters=99"), tmp_path) is not None


@pytest.mark.slow
def test_a_classifier_starts_from_a_language_model_and_resumes_without_it(
    untrained: Untrained, sample: Path, tmp_path: Path
) -> None:
    few, start = tmp_path / "few.tsv", tmp_path / "source"
    lines = (sample / "ratings_train.txt").read_text("utf-8").splitlines(keepends=True)
    few.write_text("".join(lines[:81]), "utf-8")
    shutil.copytree(source(untrained), start)
    seen = TrainingTexts.from_units([["다른"], ["글"]]).to_bytes()
    write_again(open_model(start), start, seen=seen)
    config = recipe(
        start, "training.epochs=2", "training.checkpoint_steps=3", "training.batch_size=16"
    )
    whole = train(config, data=few, output=tmp_path / "whole", device="cpu")
    interrupted(lambda c: c.step == 5, config, data=few, output=tmp_path / "cut")
    assert json.loads((tmp_path / "cut" / KEPT).read_text("utf-8"))["taken"]
    shutil.rmtree(start)
    resumed = train(output=tmp_path / "cut", data=few, device="cpu", resume=True)
    first, second = open_model(whole.model), open_model(resumed.model)
    for name, weight in first.weights().items():
        np.testing.assert_array_equal(weight, second.weights()[name])
    assert first.metrics["init_from"] == second.metrics["init_from"]
    assert NGRAM_ROWS in first.metrics["init_from"]["taken"]
    assert first.training_texts is not None and second.training_texts is not None
    assert first.training_texts.texts == 82
    assert first.training_texts.contains([["다른"], ["글"], ["또 다른 글"]]).tolist() == [
        True,
        True,
        False,
    ]
    assert first.training_texts.to_bytes() == second.training_texts.to_bytes()
    assert first.metrics["init_from"]["path"] == str(start)
    assert len(first.metrics["init_from"]["manifest_sha256"]) == 64
    # Of all of its units, whether the labelled reviews have them or not.
    assert set(UNITS) - {"</s>"} <= set(first.vocabulary)


def test_a_source_that_has_changed_is_refused(untrained: Untrained, tmp_path: Path) -> None:
    first, second = source(untrained), source(untrained, "model.cell=rnn")
    place = tmp_path / "source"
    shutil.copytree(first, place)
    start = find_pretrained(recipe(place), tmp_path)
    assert start is not None
    shutil.rmtree(place)
    shutil.copytree(second, place)
    config = recipe(place)
    task = make_task(config)
    network = RecurrentNetwork(5, config.model, task)
    with pytest.raises(NsmcError, match="has changed since this training began"):
        start.load_into(network, task, UNITS, tmp_path)
