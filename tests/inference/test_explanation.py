"""An explanation sums to the score, is the same every time, and names what really matters."""

from __future__ import annotations

import json
import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

import nsmc
from nsmc.inference import explanation, shapley
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import SHIPPED, open_model

if TYPE_CHECKING:
    from tests.conftest import Untrained

LONG = "배우는 좋은데 이야기가 뻔하고 결말이 허무하다. 그래도 영상은 최고였고 음악도 좋았음 ㅋㅋ"
LONG_ENOUGH = "배우는 좋은데 이야기가 뻔하고 결말이 허무하다"  # to be guessed, and soon exact, too
COMMENTS = ["재밌다", "노잼", "정말 재미가 하나도 없다 ㅠㅠ", LONG, "👍🏽 최고\r\n  또 볼래요"]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load()


def odds(score: float) -> float:
    return math.log(score / (1 - score))


def check_sum(explanation: nsmc.Explanation) -> None:
    total = sum(part.contribution for part in explanation.parts)
    assert explanation.value is not None
    assert total == pytest.approx(explanation.value - explanation.baseline, abs=1e-9)


@pytest.mark.parametrize("text", COMMENTS)
def test_the_contributions_sum_to_the_log_odds(text: str, classifier: Classifier) -> None:
    result = classifier.explain(text)
    check_sum(result)
    assert result.logit == pytest.approx(odds(result.prediction.score), rel=1e-9)
    assert result.prediction == classifier.with_options(exact=True).predict(text)
    assert [part.morpheme for part in result.parts] == classifier.tokenizer(text)
    assert result.baseline == classifier.explain("").baseline
    assert (result.of, result.explains) == ("긍정", "positive")
    assert result.value == result.logit


def test_a_guess_comes_near_the_exact_contributions(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    guessed = classifier.explain(LONG_ENOUGH)
    monkeypatch.setattr(shapley, "EXACT", len(guessed.parts))
    monkeypatch.setattr(explanation, "EXACT", len(guessed.parts))
    exact = classifier.explain(LONG_ENOUGH)
    pairs = [
        (a.contribution, b.contribution) for a, b in zip(guessed.parts, exact.parts, strict=True)
    ]
    differences = np.subtract(*zip(*pairs, strict=True))
    assert 1e-4 < np.abs(differences).max() < 0.15
    assert np.sqrt((differences**2).mean()) < 0.08


def test_spans_are_of_the_comment_as_typed(classifier: Classifier) -> None:
    parts = classifier.explain("  재\u200b밌다!\r\n영화").parts
    assert [(p.start, p.end, p.morpheme) for p in parts] == [
        (2, 5, "재밌"),
        (5, 6, "다"),
        (6, 7, "!"),
        (9, 11, "영화"),
    ]


def test_two_morphemes_by_hand(classifier: Classifier) -> None:
    text = "재밌다"
    result = classifier.explain(text)
    one, two, both = map(odds, classifier.score_morphemes([["재밌"], ["다"], ["재밌", "다"]]))
    nothing = result.baseline
    expected = [(one - nothing + both - two) / 2, (two - nothing + both - one) / 2]
    assert [part.contribution for part in result.parts] == pytest.approx(expected, abs=1e-5)


def test_plain_words_get_their_sign(classifier: Classifier) -> None:
    for text, word, sign in (
        ("정말 최고의 영화", "최고", 1),
        ("연기가 별로 였다", "별로", -1),
        ("돈이 아깝다", "아깝", -1),
    ):
        strongest = max(classifier.explain(text).parts, key=lambda p: abs(p.contribution))
        assert (strongest.morpheme, math.copysign(1, strongest.contribution)) == (word, sign)


@pytest.mark.parametrize("text", ["", " \u3000\n", "\u200b", "\ud800", "\0"])
def test_nothing_legible_has_no_parts(text: str, classifier: Classifier) -> None:
    result = classifier.explain(text)
    assert result.parts == ()
    assert result.value is None and math.isnan(result.logit)
    assert (result.prediction.text, result.prediction.label) == (text, "")
    shown = result.to_dict()
    assert (shown["logit"], shown["parts"], shown["label"]) == (None, [], None)
    json.dumps(shown, allow_nan=False)


@pytest.mark.slow
def test_several_are_explained_each_as_if_alone(classifier: Classifier) -> None:
    together = classifier.explain([LONG, "", COMMENTS[2], LONG])
    assert [e.prediction.text for e in together] == [LONG, "", COMMENTS[2], LONG]
    assert together[0] == together[3] == classifier.explain(LONG) == load().explain(LONG)
    assert classifier.explain([]) == []
    assert classifier.explain((LONG,)) == [together[0]]


@pytest.mark.parametrize("wrong", [5, [5], [b"abc"]])
def test_what_is_no_string_is_a_type_error(wrong: object, classifier: Classifier) -> None:
    with pytest.raises(TypeError):
        classifier.explain(wrong)  # type: ignore[call-overload]


def test_the_threshold_labels_explanations_too(classifier: Classifier) -> None:
    score = classifier.explain(LONG).prediction.score  # of the whole network
    assert load(threshold=score).explain(LONG).prediction.label == "positive"
    assert load(threshold=math.nextafter(score, 1)).explain(LONG).prediction.label == "negative"


@pytest.mark.parametrize(
    "text", ["영화가 참 좋다. " * 500, ".!?~" * 1000, "가" * 1_000_000, "ㅋ" * 3000]
)
def test_an_overlong_comment_is_explained(text: str, untrained: Untrained) -> None:
    result = load(untrained()).explain(text)
    check_sum(result)
    assert result.parts[-1].end <= 20_000


@pytest.mark.parametrize(
    ("both", "layers", "cell", "pooling"),
    [
        (*combined, pooling)
        for combined, pooling in zip(
            product(("true", "false"), (1, 2), ("rnn", "gru", "lstm")),
            ("last", "max", "mean", "max+mean") * 3,
            strict=True,
        )
    ],
)
def test_any_network_is_explained(
    cell: str, layers: int, both: str, pooling: str, untrained: Untrained
) -> None:
    fields = (f"model.layers={layers}", f"model.bidirectional={both}", f"model.pooling={pooling}")
    classifier = load(untrained(f"model.cell={cell}", *fields))
    for text in ("재밌다", LONG):
        result = classifier.explain(text)
        check_sum(result)
        assert len({part.contribution for part in result.parts}) > 1


def test_the_network_of_torch_gives_the_same_explanation(classifier: Classifier) -> None:
    from nsmc.model.on_device import TorchNetwork

    model = open_model(SHIPPED)
    other = Classifier(model, network=TorchNetwork(model, "cpu")).explain(LONG)
    ours = classifier.explain(LONG)
    assert [p.contribution for p in other.parts] == pytest.approx(
        [p.contribution for p in ours.parts], abs=1e-4
    )


@pytest.mark.slow
def test_deleting_what_mattered_moves_the_score_more_than_chance(
    classifier: Classifier, comments: list[str]
) -> None:
    result = [e for e in classifier.explain(comments[:30]) if len(e.parts) > 3]
    assert len(result) > 20
    random = np.random.default_rng(0)
    for count in (1, 2, 3):
        drops = {"explained": 0.0, "random": 0.0}
        for e in result:
            side = 1 if e.prediction.label == "positive" else -1
            order = np.argsort([-side * part.contribution for part in e.parts])  # [T]
            draws = [order, *(random.permutation(len(order)) for _ in range(5))]
            saved = [[e.parts[i].morpheme for i in sorted(draw[count:])] for draw in draws]
            scores = classifier.score_morphemes(saved)  # [1 + 5]
            fall = e.prediction.confidence - (scores if side > 0 else 1 - scores)  # [1 + 5]
            drops["explained"] += fall[0]
            drops["random"] += fall[1:].mean()
        assert drops["explained"] > 3 * drops["random"] > 0, (count, drops)


@pytest.mark.parametrize(
    ("unit", "units", "parts"),
    [
        ("morpheme", "morphemes", ["재밌", "다"]),
        ("syllable", "syllables", ["재", "밌", "다"]),
        ("jamo", "syllables", ["재", "밌", "다"]),
    ],
)
def test_the_parts_are_named(unit: str, units: str, parts: list[str], untrained: Untrained) -> None:
    classifier = load(untrained(f"text.unit={unit}"))
    result = classifier.explain("재밌다")
    assert result.units == classifier.explain("").units == classifier.explained_units == units
    assert [part.morpheme for part in result.parts] == parts


CLASSES = ["경제", "사회", "IT/과학"]
TASKS = {"classes": CLASSES, "stars": (), "sentiment+stars": ()}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("text", ["재밌다", LONG])
def test_every_task_is_explained(task: str, text: str, untrained: Untrained) -> None:
    classifier = load(untrained(f"task={task}", classes=TASKS[task]))
    result = classifier.explain(text)
    check_sum(result)
    assert len({part.contribution for part in result.parts}) > 1
    assert result.prediction == classifier.predict(text)
    assert result == classifier.explain([text])[0]
    json.dumps(result.to_dict(), allow_nan=False)
    nothing = classifier.explain("")
    assert nothing.parts == ()
    assert nothing.to_dict()["value"] is None
    json.dumps(nothing.to_dict(), allow_nan=False)


def test_a_class_is_explained_by_its_log_odds_against_all_others(untrained: Untrained) -> None:
    classifier = load(untrained("task=classes", classes=CLASSES))
    result = classifier.explain("재밌다")
    assert result.of == result.prediction.label
    assert result.value == pytest.approx(odds(result.prediction.confidence), rel=1e-6)
    # Of the same class throughout, by hand from the network's answers for less.
    outputs = classifier.outputs_of([["재밌"], ["다"], ["재밌", "다"]]).astype(float)  # [3, C]
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    one, two, both = map(odds, shares[:, CLASSES.index(result.of)])
    expected = (one - result.baseline + both - two) / 2
    assert result.parts[0].contribution == pytest.approx(expected, abs=1e-5)
    assert result.to_dict()["logit"] == result.to_dict()["value"]


def test_stars_are_explained_in_stars(untrained: Untrained) -> None:
    result = load(untrained("task=stars", "stars.high=5")).explain("재밌다")
    assert (result.of, result.explains) == ("★", "stars")
    assert (
        result.value is not None and 1 < result.value < 5
    )  # no further from the middle than the scale reaches
    assert result.value == pytest.approx(result.prediction.stars)
    assert "logit" not in result.to_dict()
