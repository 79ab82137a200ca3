"""The estimator keeps scikit-learn's rules, as far as they can be asked of text."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from nsmc.sklearn import SentimentClassifier

TINY = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=0")
# Those of scikit-learn's checks that pass no numbers for X.
CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_valid_tag_types",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_mixin_order",
]


def tiny(**options: Any) -> SentimentClassifier:
    return SentimentClassifier(None, overrides=TINY, epochs=1, batch_size=8, **options)


@pytest.fixture(scope="module")
def data(sample: Path) -> pd.DataFrame:
    return pd.read_csv(sample / "ratings_train.txt", sep="\t", quoting=3).head(60)


@pytest.fixture(scope="module")
def fitted(data: pd.DataFrame) -> SentimentClassifier:
    return tiny().fit(data["document"], data["label"])


@pytest.mark.parametrize("check", CHECKS)
def test_scikit_learn_s_own_checks(check: str) -> None:
    getattr(estimator_checks, check)("SentimentClassifier", tiny())


def test_probabilities_belong_to_the_labels(
    fitted: SentimentClassifier, data: pd.DataFrame
) -> None:
    shares = fitted.predict_proba(data["document"])
    assert shares.shape == (60, 2)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert fitted.classes_.tolist() == [0, 1]
    expected = [one.score for one in fitted.classifier_.predict(data["document"], verbose=False)]
    assert shares[:, 1] == pytest.approx(np.array(expected, float), abs=1e-6)
    predicted = fitted.predict(data["document"])
    assert predicted.dtype == data["label"].dtype
    assert (predicted == (shares[:, 1] > 0.5)).all()
    # Without anything legible, the answer is what is known without a comment.
    assert fitted.predict_proba([None])[0] == pytest.approx(fitted.class_prior_)
    column = np.array(data["document"], dtype=object)[:, None]
    assert (fitted.predict(column) == predicted).all()


def test_a_fitted_estimator_travels(fitted: SentimentClassifier, data: pd.DataFrame) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(data["document"]) == fitted.predict_proba(data["document"])).all()
    unfitted = clone(fitted)
    assert unfitted.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        unfitted.predict(["재밌다"])


def test_the_same_seed_gives_the_same_model(
    fitted: SentimentClassifier, data: pd.DataFrame
) -> None:
    again = tiny().fit(data["document"].tolist(), data["label"].tolist())
    weights = "weights.safetensors"
    assert again.model_files_[weights] == fitted.model_files_[weights]
    assert again.model_files_.keys() == fitted.model_files_.keys()


@pytest.mark.parametrize("names", [[3, 7], ["a", "b", "c"]], ids=str)
def test_labels_of_any_kind(names: list[Any], data: pd.DataFrame) -> None:
    labels = [names[row % len(names)] for row in range(60)]
    fitted = tiny().fit(data[["document"]], labels)
    assert fitted.classes_.tolist() == names
    assert fitted.classifier_.task.name == "classes"
    assert set(fitted.predict(data["document"]).tolist()) <= set(names)
    assert fitted.predict_proba(["재밌다"]).shape == (1, len(names))


@pytest.mark.slow
def test_a_pipeline_of_it_is_cross_validated(data: pd.DataFrame) -> None:
    pipeline = make_pipeline(FunctionTransformer(), tiny())
    # Which clones it with its parameters, as a search among them does.
    scores = cross_val_score(pipeline, data["document"], data["label"], cv=2)
    assert scores.shape == (2,) and np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("X", "y", "error", "words"),
    [
        (["가", "나"], None, ValueError, "requires y to be passed, but the target y is None"),
        (["가", "나"], [1], ValueError, "2 comments and 1 labels"),
        (["가", "나"], [1, 1], ValueError, r"two classes or more, found 1 class: \[1\]"),
        (["가", "나"], [0.5, 1.5], ValueError, "Unknown label type: continuous"),
        ([[1.0], [2.0]], [0, 1], TypeError, "expected a comment as str, found list"),
        (np.zeros((2, 1)), [0, 1], TypeError, "expected a comment as str, found float"),
        (np.zeros((2, 3)), [0, 1], ValueError, r"one column of comments, .* shape \(2, 3\)"),
        ("재밌다", [0], ValueError, "expected several comments, found one"),
    ],
    ids=["no labels", "fewer", "one class", "numbers", "lists", "floats", "columns", "one"],
)
def test_what_cannot_be_learnt(X: Any, y: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        tiny().fit(X, y)
