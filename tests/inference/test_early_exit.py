"""The early exit: n-grams answer what they are sure of, the whole network the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save

import nsmc
from nsmc.cli.main import run
from nsmc.config.model import ExitConfig
from nsmc.config.schema import Config
from nsmc.data.reviews import read_reviews
from nsmc.errors import ModelError
from nsmc.exporting.quantization import export
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import EXIT, open_model, write_again
from nsmc.inference.early_exit import FAMILIAR_BITS, EarlyExit
from nsmc.inference.sureness import sureness
from nsmc.inference.wide import WideOutputs
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info
from nsmc.pipeline.classify import map_scores, score_by_each
from nsmc.tasks.sentiment import Sentiment
from nsmc.text.character_ngrams import character_pairs
from nsmc.training.early_exit import UNIT_END, choose_threshold, write_exit

if TYPE_CHECKING:
    from tests.conftest import Untrained

CLASSES = {"sentiment": (), "classes": ("가", "나", "다")}
SIZES = ("model.wide.buckets=4096", "model.exit.buckets=1024", "model.exit.hidden_size=8")


@pytest.fixture(scope="module")
def texts(sample: Path) -> list[str]:
    """Comments that the exits of these tests have learnt from and chosen on."""
    return read_reviews(sample / "ratings_train.txt").texts[:450]


@pytest.fixture(scope="module", params=CLASSES)
def directory(
    request: pytest.FixtureRequest,
    untrained: Untrained,
    texts: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A model directory of each task, with an exit."""
    names = CLASSES[request.param]
    path = tmp_path_factory.mktemp("exit") / "model"
    source = open_model(untrained(*SIZES, f"task={request.param}", classes=names))
    weights = source.weights()
    # What n-grams don't tell: without it, all would exit.
    weights["head.weight"] = weights["head.weight"] * np.float32(20)
    write_again(source, path, weights=weights)
    classifier = nsmc.load(path)
    units = [UNIT_END.join(classifier.tokenizer(text)) for text in texts]
    whole = classifier.outputs_of([one.split(UNIT_END) for one in units[150:]])
    # The labels are the whole model's own, so that only what it loses counts.
    labels = whole.argmax(axis=1) if names else whole[:, 0] > 0
    # Each twice, or no pair of characters would be known; of those that validate half are new.
    learns, targets = units[:300] * 2, labels[:, None].astype(np.float32)
    record = write_exit(path, learns + units[150:], len(learns), targets, workers=1)
    assert record["buckets"] == 1024
    assert 0.2 < record["share"] + record["narrow_share"] < 1
    return path


def test_some_are_answered_early_and_as_the_whole_network_would(
    directory: Path, texts: list[str]
) -> None:
    fast, exact = nsmc.load(directory), nsmc.load(directory, exact=True)
    given, whole = fast.predict(texts), exact.predict(texts)
    early = [one for one in given if not one.exact]
    assert 50 < len(early) < len(texts)
    assert all(one.exact for one in whole)
    for one, other in zip(given, whole, strict=True):
        if one.exact:
            assert one.confidence == pytest.approx(other.confidence, abs=1e-6)
        else:
            assert one.label == other.label
            assert one.confidence == pytest.approx(other.confidence, abs=0.3)
            assert one.confidence != other.confidence
    assert fast.explain(early[0].text).prediction == exact.predict(early[0].text)


def test_an_answer_depends_on_its_comment_alone(directory: Path, texts: list[str]) -> None:
    classifier = nsmc.load(directory)
    assert classifier.score([])[0].shape == (0, classifier.task.outputs)
    outputs, notes = classifier.score([*texts[:60], "", "  "])
    whole = np.array([note.exact for note in notes])
    assert whole[-2:].all()
    assert np.isnan(outputs[-2:]).all()
    for place in np.flatnonzero(~whole).tolist():
        alone, _ = classifier.score([texts[place]])
        np.testing.assert_array_equal(alone[0], outputs[place])
    ((in_workers, _),) = map_scores([texts[:60]], classifier, workers=2)
    np.testing.assert_allclose(in_workers, outputs[:60], atol=1e-6)
    # A network elsewhere: the same comments exit.
    other = Classifier(
        classifier.model, network=classifier.model.network(classifier.model.weights())
    )
    ((elsewhere, _),) = map_scores([texts[:60]], other, workers=1)
    np.testing.assert_array_equal(elsewhere[~whole[:60]], outputs[:60][~whole[:60]])
    exact = nsmc.load(directory, exact=True)
    first, second = score_by_each(texts[:60], [classifier, exact])
    np.testing.assert_allclose(first, outputs[:60], atol=1e-6)
    assert np.abs(second - first)[~whole[:60]].max() > 1e-3


def test_a_narrow_network_goes_on_from_the_one_there_is(
    directory: Path, texts: list[str], tmp_path: Path
) -> None:
    copy = tmp_path / "model"
    write_again(open_model(directory), copy)
    exact = nsmc.load(directory, exact=True)
    units = list(map(exact.tokenizer, texts[150:]))
    whole, wide = exact.outputs_of(units), exact._wide
    assert wide is not None

    def deviation() -> float:
        narrow = nsmc.load(copy)._narrow
        assert narrow is not None
        return float(np.abs(narrow.outputs(units, wide(units)) - whole).mean())

    before = deviation()
    joined = [UNIT_END.join(one) for one in map(exact.tokenizer, texts)]
    targets = whole.argmax(axis=1) if whole.shape[1] > 1 else whole[:, 0] > 0
    labels = targets[:, None].astype(np.float32)
    write_exit(copy, joined[:300] * 2 + joined[150:], 600, labels, workers=1)
    assert deviation() < before  # from the start it would be the same


def test_near_the_threshold_a_comment_is_asked_about_alone(
    directory: Path, texts: list[str]
) -> None:
    classifier = nsmc.load(directory)
    narrow = classifier._narrow
    assert narrow is not None
    units = [classifier.tokenizer(text) for text in texts[:40]]
    assert classifier._wide is not None
    added = classifier._wide(units)  # [40, O]
    alone = np.concatenate(  # [40, O]
        [narrow.outputs([one], beside[None]) for one, beside in zip(units, added, strict=True)]
    )
    for place in range(0, 40, 4):  # each is the threshold once
        narrow.threshold = float(sureness(alone[place : place + 1])[0])
        outputs, sure = narrow(units, added, 0.0)
        np.testing.assert_array_equal(outputs[place], alone[place])
        assert sure[place]


def test_a_threshold_is_passed_with_the_same_margin() -> None:
    outputs = np.array([[3.0], [1.0], [-3.0], [0.5]], np.float32)
    assert sureness(outputs).tolist() == [3, 1, 3, 0.5]
    assert sureness(outputs, 1.0).tolist() == [2, 0, 3, -0.5]
    assert sureness(outputs, -2.0).tolist() == [3, 1, 1, 0.5]
    three = np.log(np.array([[0.5, 0.25, 0.25], [0.8, 0.1, 0.1]]))
    np.testing.assert_allclose(sureness(three), np.log([1, 4]), atol=1e-9)


def test_comments_of_unknown_characters_go_to_the_network(
    directory: Path, texts: list[str]
) -> None:
    source = open_model(directory)
    assert source.exit is not None
    wide = WideOutputs.of(source, source.weights())
    early = EarlyExit.from_bytes(source.exit, wide, source.config.model, source.label_task)
    early.threshold = -np.inf
    known = texts[0].replace(" ", "")
    _, rest, _, _ = early([known, known[:5] + "qzxwqz" + known[5:], "퓱뷁쫽", known[::-1], ""], 0.0)
    assert rest.tolist() == [False, True, True, True, True]


def test_pairs_are_of_one_comment() -> None:
    rows, owners = character_pairs(["가나", "", "가나"], FAMILIAR_BITS)
    assert owners.tolist() == [0, 0, 0, 2, 2, 2]
    assert rows[:3].tolist() == rows[3:].tolist()
    assert len(set(rows.tolist())) == 3
    assert 0 <= rows.min() <= rows.max() < FAMILIAR_BITS


@pytest.mark.parametrize(("accuracy", "log_loss"), [(0.0, 0.05), (0.05, 1.0), (1.0, 0.001)])
def test_as_many_exit_as_the_limits_allow(accuracy: float, log_loss: float) -> None:
    rng = np.random.default_rng(4)
    whole = rng.normal(0, 3, (500, 1)).astype(np.float32)
    early = whole + rng.normal(0, 1, (500, 1)).astype(np.float32)
    share = 1 / (1 + np.exp(-whole[:, 0]))
    labels = (rng.random(500) < share).astype(np.float32)
    config = ExitConfig(accuracy=accuracy, log_loss=log_loss)
    record = choose_threshold(Sentiment(Config(), {}), early, whole, labels[:, None], config)
    threshold = record["threshold"]

    def cost(least: float) -> bool:
        mixed = np.where(np.abs(early) >= least, early, whole)[:, 0]
        p = 1 / (1 + np.exp(-mixed))

        def loss(truth: np.ndarray) -> float:
            chosen = [-(truth * np.log(x) + (1 - truth) * np.log1p(-x)).mean() for x in (p, share)]
            return float(chosen[0] - chosen[1])

        def wrong(truth: np.ndarray) -> float:
            chosen = [np.where(x >= 0.5, truth, 1 - truth).mean() for x in (p, share)]
            return float(chosen[1] - chosen[0])

        return all(wrong(t) <= accuracy + 1e-9 for t in (labels, share)) and all(
            loss(t) <= log_loss + 1e-9 for t in (labels, share)
        )

    assert cost(threshold)
    assert record["share"] == (np.abs(early) >= threshold).mean()
    lower = [t for t in np.sort(np.abs(early[:, 0])) if t < threshold]
    assert not any(cost(t) for t in lower)


def test_commands_tell_of_it(
    directory: Path, capsys: pytest.CaptureFixture[str], texts: list[str]
) -> None:
    def said(*arguments: str) -> str:
        assert run(list(arguments)) == 0
        return capsys.readouterr().out

    model = nsmc.load(directory)
    early = next(one.text for one in model.predict(texts) if not one.exact)
    arguments = ("predict", "--model", str(directory), "--json", early)
    assert json.loads(said(*arguments))["exact"] is False
    assert "exact" not in json.loads(said(*arguments, "--exact"))
    assert "exact" not in json.loads(said(*arguments, "--explain"))
    share = info(directory).exit["share"]  # type: ignore[index]
    told = said("info", str(directory))
    assert f"n-grams alone answer {share:.1%} of the validation part" in told
    narrow = info(directory).exit["narrow_share"]  # type: ignore[index]
    assert f"a narrow network answers another {narrow:.1%}" in told
    assert f"alone answer {100 * share:.1f}% of the" in model_card(info(directory))


def test_it_is_the_exit_of_its_weights(directory: Path, tmp_path: Path) -> None:
    source = open_model(directory)
    assert open_model(export(directory, tmp_path / "small", int8=True)).exit == source.exit
    write_again(source, tmp_path / "other", weights=source.weights())
    assert open_model(tmp_path / "other").exit is None
    assert not (tmp_path / "other" / EXIT).exists()


def test_a_strangers_exit_is_refused(directory: Path, untrained: Untrained) -> None:
    source = open_model(directory)
    assert source.exit is not None
    wide = WideOutputs.of(source, source.weights())
    config, task = source.config.model, source.label_task
    arrays = EarlyExit.from_bytes(source.exit, wide, config, task).arrays
    assert wide is not None
    for wrong in (
        {"weight": arrays["weight"][:1000]},
        {"threshold": np.full(1, np.nan, np.float32)},
        {"familiar": arrays["familiar"][1:]},
        {"scale": arrays["scale"].astype(np.float64)},
        {"narrow.head.weight": arrays["narrow.head.weight"][:, 1:].copy()},
        {"narrow.wide": arrays["narrow.wide"].astype(np.int8)},
        {"narrow.other": arrays["narrow.wide"]},
    ):
        with pytest.raises(ModelError, match="early exit can't be read: expected a table for"):
            EarlyExit.from_bytes(save(arrays | wrong), wide, config, task)
    for content, layer, shape in (
        (b"nothing", wide, config),
        (source.exit, None, config),
        (source.exit, wide, replace(config, embedding_size=config.embedding_size + 1)),
    ):
        with pytest.raises(ModelError, match="train it again"):
            EarlyExit.from_bytes(content, layer, shape, task)
