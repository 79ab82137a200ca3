"""Everyday comments are read, scored, counted and told by type."""

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import experiment
import pytest
from experiments.behaviour import (
    CASES,
    FILE,
    Case,
    as_table,
    of_the_shipped_model,
    read_cases,
    score,
    together,
)

import nsmc
from nsmc.inference.directory import SHIPPED
from nsmc.storage.files import sha256_of


@pytest.fixture(autouse=True)
def _other_versions() -> Iterator[None]:
    with warnings.catch_warnings():
        # The model was trained with the versions of constraints.txt; others may be installed here.
        warnings.simplefilter("ignore")
        yield


def test_a_case_is_a_type_a_comment_and_a_label(tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text("type\tdocument\tlabel\nplain\t재밌다\t1\nemoji\t👎 \t0\n", encoding="utf-8")
    assert read_cases(path) == [Case("plain", "재밌다", 1), Case("emoji", "👎 ", 0)]


HEAD = "type\tdocument\tlabel\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("document\tlabel\n재밌다\t1\n", "expected the header"),
        (f"{HEAD}plain\t재밌다\t1\nplain\t재밌다\t2\n", "in line 3"),
        (f"{HEAD}plain\t재밌다\n", "in line 2"),
        (f"{HEAD}plain\t \t1\n", "in line 2"),
        (f"{HEAD}\t재밌다\t1\n", "in line 2"),
        (f"{HEAD}\nplain\t재밌다\t1\n", "in line 2"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        read_cases(path)


def test_a_case_fails_with_one_label_and_not_with_the_other() -> None:
    classifier, cases = nsmc.load(), read_cases()
    blank = score(classifier, [Case("", "\u200b", 1), Case("", "\u200b", 0), Case("", "꿀잼", 1)])[
        ""
    ]
    assert [failure.score for failure in blank.failures] == [None, None]
    outcomes = score(classifier, cases)
    turned = score(classifier, [replace(case, label=1 - case.label) for case in cases])
    assert list(outcomes) == list(turned)
    for name, outcome in outcomes.items():
        fail = [{f.document for f in part.failures} for part in (outcome, turned[name])]
        assert not fail[0] & fail[1]
        assert fail[0] | fail[1] == {case.document for case in cases if case.type == name}
    assert together(outcomes.values()).cases == len(cases)
    assert together(outcomes.values()).rate + together(turned.values()).rate == pytest.approx(1)


def test_the_page_has_the_hard_types() -> None:
    part = {"cases": 8, "failures": 2, "rate": 0.25, "example": "재밌다"}
    types = {
        "plain": part,
        "emoji": {**part, "failures": 0, "rate": 0.0},
        "irony": {**part, "failures": 4, "rate": 0.5},
    }
    results = {"types": types, "all": {"cases": 24, "failures": 6, "rate": 0.25}}
    assert as_table(results) == (
        "25.0% of 24 are predicted wrong:\n\n"
        "- irony (`재밌다`): 50% of 8\n"
        "- the other 2 types: 12% of 16\n"
    )


def test_the_experiment_writes_what_it_measured(tmp_path: Path) -> None:
    output = tmp_path / "new" / "behaviour.json"
    arguments = ["--model", str(SHIPPED), "--results", str(output)]
    results = experiment.run("behaviour", arguments)
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(results))
    assert written["model"] == str(SHIPPED)
    assert written["weights_sha256"] == sha256_of(SHIPPED / "weights.safetensors")
    assert written["all"]["cases"] == len(read_cases())
    assert written["all"]["failures"] == len(written["failing"])
    assert sum(part["failures"] for part in written["types"].values()) == len(written["failing"])
    assert {"processor", "python", "numpy", "mecab-ko", "date"} <= written["machine"].keys()
    assert written["command"] == "python scripts/experiment.py behaviour --model DIR"


def test_the_committed_results_are_of_the_shipped_model_and_these_cases() -> None:
    assert of_the_shipped_model() is not None, "run scripts/experiment.py behaviour"
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    assert committed["cases_sha256"] == sha256_of(CASES), "run scripts/experiment.py behaviour"


def test_results_of_another_model_are_not_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    other = tmp_path / "behaviour.json"
    monkeypatch.setattr("experiments.behaviour.FILE", other)
    assert of_the_shipped_model() is None
    other.write_text(json.dumps({**committed, "weights_sha256": "0" * 64}), encoding="utf-8")
    assert of_the_shipped_model() is None
