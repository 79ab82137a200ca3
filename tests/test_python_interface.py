"""What people pass to the functions of `nsmc` and what they get, as a program that embeds it sees.

The types are checked by a real mypy on a program of a user's.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import nsmc
from nsmc import progress as progress_module
from nsmc.inference.explanation import Explanation, Part

if TYPE_CHECKING:
    from tests.conftest import Untrained

TEXTS = ["정말 재밌다", "돈이 아깝다"]


@pytest.fixture(scope="module")
def classifier(untrained: Untrained) -> nsmc.Classifier:
    return nsmc.load(untrained())


NOTHING = [None, float("nan"), pd.NA, pd.NaT, np.float64("nan"), ""]


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_nothing_is_an_empty_comment(classifier: nsmc.Classifier, nothing: Any) -> None:
    for prediction in (classifier.predict(nothing), *classifier.predict([nothing])):
        assert (prediction.text, prediction.label, prediction.score) == ("", "", None)
    assert classifier.explain(nothing).value is None


def test_comments_may_come_in_many_ways(classifier: nsmc.Classifier) -> None:
    expected = classifier.predict([*TEXTS, ""])
    frame = pd.DataFrame({"number": [1, 2, 3], "review": [*TEXTS, None]}, index=[7, 8, 9])
    ways: list[Any] = [
        (*TEXTS, None),
        iter([*TEXTS, float("nan")]),
        pd.Series([*TEXTS, None], index=[3, 1, 2]),
        pd.Series([*TEXTS, pd.NA], dtype="string"),
        np.array([*TEXTS, ""]),
        frame,
        frame.rename(columns={"review": 5}),
    ]
    for several in ways:
        assert classifier.predict(several) == expected
    # Alone and not in a chunk, which may change the last bit.
    alone = [classifier.predict(text) for text in frame["review"]]
    assert [one.prediction for one in classifier.explain(frame)] == alone
    with pytest.raises(nsmc.DataError, match="data in memory: expected a column named 'document'"):
        classifier.predict(frame.assign(title="가"))


def test_a_long_list_is_scored_in_parts(classifier: nsmc.Classifier) -> None:
    many = [TEXTS[number % 2] + str(number) for number in range(2050)]
    scores = [prediction.score for prediction in classifier.predict(many)]
    assert len(scores) == 2050
    assert scores[-1] == pytest.approx(classifier.predict(many[-1]).score, rel=1e-5)


@pytest.mark.parametrize("task", ["sentiment", "classes", "stars", "sentiment+stars"])
def test_predictions_are_json_whatever_turns_them_into_it(task: str, untrained: Untrained) -> None:
    classes = ["가", "나"] if task == "classes" else ()
    classifier = nsmc.load(untrained(f"task={task}", classes=classes))
    for text in (None, "재밌다"):
        prediction = classifier.predict(text)
        # As FastAPI does it: the fields, without NaN.
        json.dumps(dataclasses.asdict(prediction), allow_nan=False)
        json.dumps(dataclasses.asdict(classifier.explain(text)), allow_nan=False)
        json.dumps(prediction.to_dict(), allow_nan=False)
        assert prediction.legible == (text is not None)


def test_paths_may_be_strings(
    untrained: Untrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("document\n재밌다\n", encoding="utf-8")
    Path("a.toml").write_text("[model]\nlayers = 2\n", encoding="utf-8")
    scored = nsmc.score_table(nsmc.load(str(untrained())), "a.csv", "b.csv")
    assert isinstance(scored, nsmc.ScoredTable)
    assert Path("b.csv").read_text(encoding="utf-8").startswith("document,label")
    assert nsmc.load_config("a.toml").model.layers == 2
    with pytest.raises(nsmc.UsageError, match=r"there is no configuration file b\.toml"):
        nsmc.load_config("b.toml")
    with pytest.raises(nsmc.UsageError, match="expected the address"):
        nsmc.download("here", base_url="ftp://nowhere")


def test_runs_takes_one_directory(small_model: Path) -> None:
    (one,) = nsmc.runs(str(small_model))
    assert isinstance(one, nsmc.TrainingRun)
    assert [run.path for run in nsmc.runs([small_model])] == [one.path] == [small_model]


def test_every_error_is_there() -> None:
    errors = {name for name in nsmc.__all__ if name.endswith("Error")}
    from nsmc import errors as module

    assert errors == {name for name in vars(module) if name.endswith("Error")}
    assert all(issubclass(getattr(nsmc, name), nsmc.NsmcError) for name in errors)


def test_objects_show_themselves_in_a_line(untrained: Untrained, sample: Path) -> None:
    model = untrained(vocabulary=["<unk>", *map(str, range(5000))])
    classifier = nsmc.load(model)
    assert repr(classifier.model) == f"<model {model}: sentiment, 5,001 morphemes>"
    assert repr(classifier) == f"<nsmc.Classifier of {classifier.model!r}>"
    data = pd.read_csv(sample / "ratings_train.txt", sep="\t", quoting=3).head(40)
    evaluation = nsmc.evaluate(data, model, verbose=False)
    shown = repr(evaluation)
    assert shown.startswith("<nsmc.ClassifierEvaluation of data in memory: 40 examples, accuracy ")
    assert len(shown) < 200


def test_an_explanation_shows_itself_in_a_notebook() -> None:
    prediction = nsmc.SentimentPrediction("<b>재밌다", 0.9, "positive")
    parts = (Part(0, 3, "<b>", -0.5), Part(3, 5, "재밌", 2.0))
    page = Explanation(prediction, "긍정", "positive", 2.2, 0.7, parts)._repr_html_()
    assert "&lt;b&gt;" in page and "<b>재" not in page
    assert 'title="재밌 +2.00"' in page and "rgb(0 158 115 / 0.60)" in page
    assert "<b>긍정</b> +2.20 log odds" in page and page.endswith("다</p>")
    nothing = Explanation(nsmc.SentimentPrediction("", None, ""), "긍정", "positive", None, 0.1, ())
    assert "<b>긍정</b> – log odds" in nothing._repr_html_()


def test_reviews_in_memory_are_evaluated_as_in_a_file(untrained: Untrained, sample: Path) -> None:
    model, file = untrained(), sample / "ratings_test.txt"
    frame = pd.read_csv(file, sep="\t", quoting=3)
    expected = nsmc.evaluate(file, model, verbose=False).metrics
    for data in (
        frame,
        {"document": frame["document"], "label": frame["label"].tolist()},
        (frame["document"].tolist(), frame["label"]),
    ):
        measured = nsmc.evaluate(data, model, verbose=False)
        assert measured.metrics == expected
        assert str(measured.data.path) == "data in memory"
    renamed = frame.rename(columns={"document": "text", "label": "good"})
    measured = nsmc.evaluate(renamed, model, column="text", label_column="good", verbose=False)
    assert measured.metrics == expected
    again = nsmc.evaluate((frame["document"], frame["label"]), model, verbose=False)
    assert again.data.sha256 == measured.data.sha256 or again.data.path == measured.data.path


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ((["재밌다"], [1, 0]), nsmc.DataError, "found 1 in 'document', 2 in 'label'"),
        ({"document": ["재밌다"]}, nsmc.DataError, "expected a column 'label' with the labels"),
        ((["재밌다"], ["good"]), nsmc.DataError, "expected 0 .* found 'good' in row 1"),
        (5, TypeError, r"expected a file, a DataFrame, .* found int"),
        (pd.DataFrame({"document": [], "label": []}), nsmc.DataError, "at least one labelled"),
    ],
    ids=["lengths", "no labels", "wrong label", "number", "no rows"],
)
def test_wrong_data_in_memory(
    data: Any, error: type[Exception], words: str, untrained: Untrained
) -> None:
    with pytest.raises(error, match=words):
        nsmc.evaluate(data, untrained(), verbose=False)


@pytest.mark.slow
def test_a_training_of_data_in_memory_equals_one_of_a_file(
    small_config: nsmc.Config, sample: Path, tmp_path: Path
) -> None:
    config = dataclasses.replace(
        small_config, training=dataclasses.replace(small_config.training, epochs=1)
    )
    frame = pd.read_csv(sample / "ratings_train.txt", sep="\t", quoting=3)
    of_file = nsmc.train(config, data=str(sample), output=tmp_path / "a", verbose=False)
    in_memory = nsmc.train(config, data=frame, output=str(tmp_path / "b"), verbose=False)
    assert isinstance(in_memory, nsmc.Trained)
    weights = [(one.model / "weights.safetensors").read_bytes() for one in (of_file, in_memory)]
    assert weights[0] == weights[1]
    assert len(repr(in_memory)) < 200


def test_what_is_logged_goes_to_logging(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="nsmc"):
        assert nsmc.runs(tmp_path / "nowhere") == []
    (record,) = caplog.records
    assert record.name.startswith("nsmc.")
    assert "is left out" in record.getMessage()


def test_bars_are_for_terminals_and_notebooks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert progress_module.progress_bar(total=3).disable
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_module.review_progress("scoring", "explaining") as advance:
        advance(3, 3)
        advance(1, 2)
    shown = capsys.readouterr().err
    assert "scoring:" in shown and "explaining:  50%" in shown
    shell = types.SimpleNamespace(config={"IPKernelApp": {}})
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert progress_module.in_notebook()
    shell.config.clear()
    assert not progress_module.in_notebook()


PROGRAM = """
import pandas as pd
import nsmc

classifier = nsmc.load()
reveal_type(classifier)
one = classifier.predict("재밌다")
reveal_type(one)
reveal_type(one.score)
reveal_type(classifier.predict(["재밌다", None]))
reveal_type(classifier.predict(pd.Series(["재밌다"])))
reveal_type(classifier.explain("재밌다").prediction)
reveal_type(nsmc.load("runs/topics", predicts=nsmc.ClassPrediction).predict("재밌다"))
reveal_type(nsmc.load("runs/mine").predict("재밌다"))
one.scroe


def label(model: nsmc.Classifier, text: str) -> str:
    label: str = model.predict(text).label
    return label


nsmc.evaluate(pd.DataFrame({"document": ["재밌다"], "label": [1]})).to_dict()
nsmc.train(data=(["재밌다"], [1]), verbose=False).model.name
nsmc.runs("runs")[0].path.name
"""


@pytest.mark.slow
def test_a_type_checker_knows_what_is_predicted(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    root = Path(__file__).parent.parent
    # As the linters run it, so that it takes over what they have found out about the sources.
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(program)],
        capture_output=True,
        encoding="utf-8",
        cwd=root,
        timeout=600,
    )
    sentiment = "nsmc.tasks.sentiment.SentimentPrediction"
    revealed = [
        line.partition("Revealed type is ")[2].strip('"')
        for line in done.stdout.splitlines()
        if "Revealed type" in line
    ]
    assert revealed == [
        f"nsmc.inference.classifier.Classifier[{sentiment}]",
        sentiment,
        "float | None",
        f"list[{sentiment}]",
        f"list[{sentiment}]",
        sentiment,
        "nsmc.tasks.classes.ClassPrediction",
        "Any",
    ], done.stdout + done.stderr
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1 and 'has no attribute "scroe"' in errors[0], errors


def test_a_model_of_another_kind_is_refused(untrained: Untrained) -> None:
    model = untrained()
    assert nsmc.load(model, predicts=nsmc.SentimentPrediction).predict("재밌다").label
    with pytest.raises(
        nsmc.UsageError,
        match="expected a model that gives ClassPrediction, found one of the task 'sentiment'",
    ):
        nsmc.load(model, predicts=nsmc.ClassPrediction)
