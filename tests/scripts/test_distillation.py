"""The stages from reviews to a student: all of them on a few reviews, and none of them twice."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from distillation.ensemble import EnsembleWeights, metrics
from distillation.ngrams import FOLDS, Grams, learnt, log_odds, teach
from distillation.reviews import Reviews, Track, read_all
from distillation.soft_labels import soft_label_table
from distillation.stages import PASSES, PRIMED_SHARE, SHARE, PrimerPass, Stages
from numpy.typing import NDArray

import nsmc
from nsmc.data.splits import split_rows
from nsmc.inference.directory import open_model
from nsmc.text.tokenizer import make_tokenizer

TINY = (
    *("data.validation=0.05", "data.min_freq=1", "training.epochs=1", "training.batch_size=64"),
    *("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=100"),
)
FURTHER = 120
FEW = (PrimerPass(1), PrimerPass(2), PrimerPass(3, (1, 2)))


@pytest.fixture(scope="module")
def data(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of the training file and further reviews, one of them a validation review."""
    place = tmp_path_factory.mktemp("distillation")
    lines = (sample / "ratings_train.txt").read_text(encoding="utf-8").splitlines()
    (place / "ratings_train.txt").write_text("\n".join(lines[:401]) + "\n", encoding="utf-8")
    other = pd.read_csv(sample / "ratings_test.txt", sep="\t", quoting=3).head(FURTHER)
    stars = [*([1.0, 10.0, 6.0] * (FURTHER // 3))]
    further = pd.DataFrame({"document": other["document"], "rating": stars})
    row = split_rows(400, 0.05, 0)[1][3]
    # But for white space it is the same.
    again = {"document": f"  {lines[1 + row].split(chr(9))[1]} ", "rating": 9.0}
    further = pd.concat([further, pd.DataFrame([again])])
    further.to_parquet(place / "further.parquet", index=False)
    return place


@pytest.fixture(scope="module")
def reviews(data: Path) -> Reviews:
    return read_all(data / "ratings_train.txt", data / "further.parquet")


def first_of(reviews: Reviews, count: int) -> Reviews:
    texts, labels = reviews.texts[:count], reviews.labels[:count]
    return Reviews(texts, labels, reviews.stars[:count], reviews.validates[:count])


def test_the_reviews_are_all_but_those_that_would_give_the_validation_away(
    data: Path, reviews: Reviews
) -> None:
    assert len(reviews.texts) == 400 + FURTHER
    assert np.flatnonzero(reviews.validates).tolist() == split_rows(400, 0.05, 0)[1].tolist()
    assert set(reviews.labels[:400]) == {0, 1}
    assert np.isnan(reviews.labels[400:]).all()
    assert np.isnan(reviews.stars[:400]).all()
    assert reviews.stars[400:406].tolist() == [1, 10, 6, 1, 10, 6]
    # Only one of the tracks may know what stars mean.
    np.testing.assert_array_equal(reviews.known("150k"), reviews.labels)
    known = reviews.known("all")
    np.testing.assert_array_equal(known[:400], reviews.labels[:400])
    np.testing.assert_array_equal(known[400:403], [0, 1, np.nan])
    # Without further reviews:
    alone = read_all(data / "ratings_train.txt", None)
    assert alone.texts == reviews.texts[:400]
    np.testing.assert_array_equal(alone.validates, reviews.validates[:400])
    assert np.isnan(alone.stars).all()


def test_the_teacher_of_ngrams_says_nothing_of_what_it_has_learnt_from(reviews: Reviews) -> None:
    few = first_of(reviews, 120)
    scores = teach(few, "150k")
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(teach(few, "150k"), scores)
    rows = np.flatnonzero(~few.validates)
    folds = np.random.default_rng(0).integers(0, FOLDS, len(rows))
    labels = few.labels.copy()
    labels[rows[5]] = 1 - labels[rows[5]]
    turned = teach(Reviews(few.texts, labels, few.stars, few.validates), "150k")
    # The label of a review changes what is said of those that are dealt otherwise, and of no other.
    same = rows[folds == folds[5]]
    assert turned[same].tolist() == scores[same].tolist()
    others = rows[folds != folds[5]]
    assert (turned[others] != scores[others]).any()
    assert (turned[few.validates] != scores[few.validates]).any()
    by_heart = log_odds(learnt(Grams(few.texts), rows, few.labels[rows], 0), Grams(few.texts), rows)
    assert ((by_heart > 0) == few.labels[rows]).mean() > 0.95
    assert ((scores[rows] > 0) == few.labels[rows]).mean() < 0.95


def test_lessons_are_half_the_truth_where_that_is_known(
    reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distillation.soft_labels.OF_EACH", 20)
    taught = np.random.default_rng(2).random(len(reviews.texts))
    table = soft_label_table(reviews, taught)
    assert table["document"].head(400).tolist() == reviews.texts[:400]
    held = table["validation"] == 1
    assert table["label"][held].tolist() == reviews.labels[reviews.validates].tolist()
    known = reviews.known("all")[table.index]
    expected = np.where(np.isnan(known), taught[table.index], (known + taught[table.index]) / 2)
    np.testing.assert_allclose(table["label"][~held], expected[~held], atol=6e-4)
    further = taught[table.index[400:]]
    assert ((further >= 0.5).sum(), (further < 0.5).sum()) == (20, 20)


def test_teachers_are_weighed_by_what_they_are_worth() -> None:
    random = np.random.default_rng(1)
    truth = (random.random(2000) < 0.5).astype(np.float64)
    good, poor = (4 * truth - 2 + noise * random.standard_normal(2000) for noise in (1.5, 8))
    weighing = EnsembleWeights.fit(good, poor - 3, truth)
    assert weighing.recurrent > 5 * abs(weighing.ngrams) > 0
    together = metrics(weighing(good, poor - 3), truth)
    assert together["log_loss"] <= metrics(good, truth)["log_loss"]
    assert set(together) == {"accuracy", "log_loss", "roc_auc"}


@pytest.fixture(scope="module")
def stages(data: Path) -> Stages:
    return Stages(
        data,
        data / "further.parquet",
        data / "work",
        overrides=TINY,
        composed=60,
        passes=FEW,
    )


def times(work: Path) -> dict[str, int]:
    """When each file was written."""
    files = (path for path in work.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(work)): path.stat().st_mtime_ns for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("track", get_args(Track))
def test_the_joined_teachers_say_what_both_say(stages: Stages, track: Track) -> None:
    output = stages.ensemble(track, 1)
    record = json.loads((output / "teachers.json").read_text("utf-8"))
    weighing = EnsembleWeights(**record["weighing"])
    assert open_model(stages.morphemes(track, 1)).task.name == (
        "sentiment" if track == "150k" else "sentiment+stars"
    )
    recurrent, joined = nsmc.load(stages.morphemes(track, 1)), nsmc.load(output)
    reviews = stages.reviews()
    held = np.flatnonzero(reviews.validates)
    cut = [joined.tokenizer(reviews.texts[row]) for row in held]
    ngrams = np.load(stages.ngrams(track, 1))["validation"]
    expected = weighing(recurrent.outputs_of(cut)[:, 0].astype(np.float64), ngrams)
    result = joined.outputs_of(cut)[:, 0]
    np.testing.assert_allclose(result, expected, atol=2e-3)  # the table is kept in float16
    loss = metrics(result.astype(np.float64), reviews.labels[held])["log_loss"]
    recorded = record["validation"]["together"]["log_loss"], open_model(output).metrics
    assert recorded[0] == pytest.approx(loss, abs=1e-3)
    assert recorded[1]["validation"]["loss"] == pytest.approx(loss, abs=1e-3)
    # What the language model and the teacher have read.
    seen = open_model(output).training_texts
    assert seen is not None
    assert seen.contains([joined.tokenizer(text) for text in reviews.texts]).all()


@pytest.mark.slow
@pytest.mark.parametrize("track", get_args(Track))
def test_from_reviews_to_a_model_and_nothing_twice(stages: Stages, track: Track) -> None:
    output = stages.finished(track, 1)
    classifier = nsmc.load(output)
    assert 0 < classifier.score_morphemes([classifier.tokenizer("정말 재밌다")])[0] < 1
    shape = open_model(output).config.model
    assert (shape.subword_letters, shape.wide.buckets > 0) == (True, True)
    before = times(stages.work)
    assert stages.finished(track, 1) == output
    assert times(stages.work) == before
    took = stages.seconds(track, 1)
    assert len(took) == PASSES[track] + (5 if track == "all" else 2)
    assert all(seconds >= 0 for seconds in took.values())


@pytest.mark.slow
def test_the_average_lies_between_the_teachers_and_their_student(stages: Stages) -> None:
    ends = stages.ensemble("all", 1), stages.student(1)
    first, second, between = (open_model(path) for path in (*ends, stages.averaged(1)))
    places = [model.vocabulary.index("영화") for model in (first, second, between)]
    rows = [
        model.tables(model.weights())[0].rows([place])[0]
        for model, place in zip((first, second, between), places, strict=True)
    ]
    assert not np.array_equal(rows[0], rows[1])
    np.testing.assert_allclose(rows[2], (1 - SHARE) * rows[0] + SHARE * rows[1], atol=2e-3)
    for name in ("wide.weight", "head.weight", "encoder.weight_hh_l0"):
        a, b, c = (model.weights()[name].astype(np.float32) for model in (first, second, between))
        np.testing.assert_allclose(c, (1 - SHARE) * a + SHARE * b, atol=2e-3)


@pytest.mark.slow
def test_the_last_stage_corrects_spelling_and_calibrates(stages: Stages) -> None:
    before, after = open_model(stages.sure(1)), open_model(stages.finished("all", 1))
    assert (before.config.text.spelling, after.config.text.spelling) == (False, True)
    reviews, classifier = stages.reviews(), nsmc.load(after.path)
    held = np.flatnonzero(reviews.validates)
    cut = [classifier.tokenizer(reviews.texts[row]) for row in held]
    uncalibrated = nsmc.load(before.path).outputs_of(cut)[:, 0].astype(np.float64)
    calibrated = after.metrics["calibrated"]
    expected = calibrated["scale"] * uncalibrated + calibrated["shift"]
    log_odds = classifier.outputs_of(cut)[:, 0].astype(np.float64)
    np.testing.assert_allclose(log_odds, expected, atol=5e-3)  # tables are kept in float16
    truth = reviews.labels[held]
    least = metrics(uncalibrated, truth)["log_loss"]
    assert metrics(log_odds, truth)["log_loss"] <= least + 1e-4
    assert after.metrics["validation"]["loss"] == pytest.approx(
        metrics(log_odds, truth)["log_loss"], abs=1e-3
    )
    # As a mistyped text is cut now, so it is among those that were seen.
    assert after.training_texts is not None
    plain = make_tokenizer(after.config.text, after.learned)  # a classifier reads new words as well
    assert after.training_texts.contains([plain(text) for text in reviews.texts]).all()


@pytest.mark.slow
def test_the_student_goes_on_from_its_teachers(stages: Stages) -> None:
    output = stages.student(1)
    model, reviews = open_model(output), stages.reviews()
    started_from = model.metrics["init_from"]
    assert Path(started_from["path"]) == stages.ensemble("all", 1)
    for taken in ("those of the n-grams", "the head", "the wide layer"):
        assert taken in started_from["taken"]
    table = pd.read_parquet(stages.soft_labels())
    assert table["label"].between(0, 1).all()
    held = table["validation"] == 1
    assert table["document"][held].tolist() == [
        reviews.texts[row] for row in np.flatnonzero(reviews.validates)
    ]
    assert model.metrics["validation"]["reviews"] == int(held.sum())


@pytest.mark.slow
def test_the_last_training_can_start_from_a_finished_model(stages: Stages, tmp_path: Path) -> None:
    finished = stages.finished("all", 1) / "model"
    few = (*TINY, "training.learning_rate=0.01")
    alone = Stages(
        stages.data,
        stages.further,
        tmp_path,
        overrides=few,
        composed=60,
        passes=FEW[:1],
        start=finished,
    )
    output = open_model(alone.finished("all", 1))
    table = pd.read_parquet(alone.primer(1, 1))
    assert table["label"].between(0, 1).all()
    assert {0.02, 0.98} <= set(table["label"])  # of the composed ones
    assert int(table["validation"].sum()) == int(stages.reviews().validates.sum())
    # The words that spelling goes by, and the texts that were seen, are the finished model's.
    start = open_model(finished)
    assert (output.learned, output.config.text.spelling) == (start.learned, True)
    assert output.seen == start.seen
    assert set(alone.seconds("all", 1)) == {"primer"}
    comment = "지루할 틈이 없다"
    assert nsmc.load(output.path).predict(comment) != nsmc.load(finished).predict(comment)


@pytest.mark.slow
def test_the_last_training_can_go_on_from_a_primed_model(stages: Stages, tmp_path: Path) -> None:
    start, primed = stages.finished("all", 1) / "model", stages.sure(1) / "model"
    again = replace(stages, work=tmp_path, start=start, primed_start=primed)
    output = open_model(again.primed(1, 1))
    assert output.metrics["init_from"]["path"] == str(again.learner(1))
    reviews = again.reviews()
    saved = [np.load(path / "scores.npy") for path in (again.before_primer(1), again.learner(1))]
    assert not np.array_equal(*saved)
    expected = 1 / (1 + np.exp(-np.mean(saved, axis=0, dtype=np.float64)))
    place = {text: row for row, text in enumerate(reviews.texts)}
    table = pd.read_parquet(again.primer(1, 1))
    real = table[(table["validation"] == 0) & table["document"].isin(place)]
    assert len(real) > 20
    rows = [place[text] for text in real["document"]]
    np.testing.assert_allclose(real["label"], expected[rows], atol=6e-4)


@pytest.mark.slow
def test_a_pass_starts_from_the_mean_of_earlier_ones_and_all_are_averaged(stages: Stages) -> None:
    stages.finished("all", 1)

    def head(directory: Path) -> NDArray[np.float32]:
        return open_model(directory).weights()["head.weight"].astype(np.float32)

    first, second, third = (stages.primed(1, number) for number in (1, 2, 3))
    starts = [open_model(path).metrics["init_from"]["path"] for path in (first, second, third)]
    assert starts == [str(stages.learner(1))] * 2 + [str(stages.mean_of(1, [1, 2]))]
    mean = (head(first) + head(second)) / 2
    np.testing.assert_allclose(head(stages.mean_of(1, [1, 2])), mean, atol=2e-3)
    assert not np.array_equal(head(first), head(second))
    before = head(stages.before_primer(1))
    expected = before + PRIMED_SHARE * ((2 * mean + head(third)) / 3 - before)
    np.testing.assert_allclose(head(stages.settled(1)), expected, atol=2e-3)


@pytest.mark.slow
def test_the_primer_leaves_the_order_of_the_vocabulary(stages: Stages) -> None:
    before, sure = open_model(stages.learner(1)), open_model(stages.sure(1))
    after = open_model(stages.ordered(1))
    assert sure.vocabulary[: len(before.vocabulary)] != before.vocabulary
    assert after.vocabulary[: len(before.vocabulary)] == before.vocabulary
    assert sorted(after.vocabulary) == sorted(sure.vocabulary)
    texts = ["정말 재밌다", "지루할 틈이 없다", "배우가 아깝다"]
    assert nsmc.load(after.path).predict(texts) == nsmc.load(sure.path).predict(texts)


@pytest.mark.slow
def test_scores_of_other_reviews_are_refused(stages: Stages, reviews: Reviews) -> None:
    output = stages.morphemes("150k", 1)
    assert len(stages._scores(output, reviews)) == len(reviews.texts)
    with pytest.raises(ValueError, match=r"scores\.npy is of other reviews; remove it"):
        stages._scores(output, first_of(reviews, 9))
