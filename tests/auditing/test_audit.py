"""Whole audits: planted labels are found by networks that never saw them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import nsmc
from nsmc.config.schema import Config, load_config
from nsmc.errors import DataError, NsmcError, UsageError
from nsmc.storage.bundle import read_json
from nsmc.tables.options import WriteOptions
from tests.auditing.conftest import NOUNS, TINY, written

if TYPE_CHECKING:
    from tests.auditing.conftest import Audit, Planted


def test_planted_labels_are_the_first_issues(easy: Planted, audited: nsmc.Audit) -> None:
    assert len(audited.rows) == 240
    assert {issue.row for issue in audited.issues[:10]} == easy.rows
    confidences = [issue.self_confidence for issue in audited.issues]
    assert confidences == sorted(confidences)
    assert confidences[-1] < 0.5
    assert 3 < sum(audited.estimated_errors) < 30
    lines = easy.path.read_text(encoding="utf-8").splitlines()
    for issue in audited.issues[:10]:
        _, text, label = lines[issue.row].split("\t")
        expected = (text, int(label), 1 - int(label))
        assert (issue.text, issue.given_label, issue.suggested_label) == expected
        # The noun says nothing; what follows it decides.
        strongest = issue.against[0]
        assert strongest.start > len(text.split()[0])
        assert strongest.morpheme in text[strongest.start : strongest.end]
        assert (strongest.contribution > 0) == (issue.given_label == 0)


@pytest.mark.slow
def test_the_sample_by_the_shipped_model(planted_sample: Planted) -> None:
    printed: list[str] = []
    result = nsmc.audit(planted_sample.path, explain=False, top=40, say=printed.append)
    assert result.folds == 0
    assert "800 comments are few to learn from" in printed[0]
    hits = sum(issue.row in planted_sample.rows for issue in result.issues)
    # Chance would find 2 of the 40; what else is listed is hard, or labelled by someone's taste.
    assert hits >= 20


@pytest.mark.slow
def test_another_list_of_the_same_audit_trains_nothing(
    easy: Planted, audit_easy: Audit, audited: nsmc.Audit, work: Path
) -> None:
    models = sorted(work.glob("fold-*/model/manifest.json"))
    before = [path.stat().st_ino for path in models]
    printed: list[str] = []
    again = audit_easy(top=3, say=printed.append)
    assert len(before) == 3
    assert [path.stat().st_ino for path in models] == before
    assert "3 of them since an earlier audit" in printed[0]
    assert [issue.row for issue in again.issues] == [issue.row for issue in audited.issues[:3]]
    other = load_config(None, (*TINY, "training.seed=2"))
    with pytest.raises(NsmcError, match=r"holds the networks of another audit .*config.*--work"):
        audit_easy(config=other)
    # A model that has learnt from the table is not one to score it.
    asked = nsmc.audit(easy.path, model=work / "fold-1", explain=False, say=printed.append)
    assert asked.model == work / "fold-1" / "model"
    assert "has learnt from this very table" in printed[-1]
    # A damaged network is made again, to the same scores; one without scores is asked again.
    (work / "fold-1" / "model" / "vocabulary.txt").write_text("x", encoding="utf-8")
    (work / "fold-2" / "scores.npy").unlink()
    repaired = audit_easy(explain=False)
    assert repaired.probabilities.tolist() == audited.probabilities.tolist()
    assert [path.stat().st_ino for path in models][1:] == before[1:]


@pytest.mark.slow
def test_the_same_comment_has_the_same_scores_and_its_conflicts_are_counted(
    tmp_path: Path,
) -> None:
    comments = [("정말 최고다", 1), ("정말  최고다", 1), ("정말 최고다", 0), ("너무 지루하다", 0)]
    result = nsmc.audit(written(tmp_path / "t.txt", comments).path)
    scores = result.probabilities[:, 1].tolist()
    assert scores[0] == scores[1] == scores[2]
    assert result.conflicting_rows.tolist() == [1, 1, 2, 0]
    assert [(issue.row, issue.conflicting_rows) for issue in result.issues] == [(3, 2)]


@pytest.mark.slow
def test_rows_without_a_comment_are_left_out_and_rows_keep_their_number(
    tmp_path: Path,
) -> None:
    comments = [("", 0), ("\u200b", 1), ("최고다 정말 재밌다", 0), ("최악이다 지루하다", 0)]
    result = nsmc.audit(written(tmp_path / "t.txt", [*comments, ("좋다", 1)]).path)
    assert result.rows.tolist() == [3, 4, 5]
    assert result.skipped == 2
    assert [issue.row for issue in result.issues] == [3]


@pytest.mark.slow
def test_networks_that_know_nothing_are_reported(tiny: Config, tmp_path: Path) -> None:
    comments = [(f"{noun} 이다", row % 2) for row, noun in enumerate(NOUNS)]
    printed: list[str] = []
    nsmc.audit(
        written(tmp_path / "t.txt", comments).path,
        folds=2,
        config=tiny,
        work=tmp_path / "w",
        device="cpu",
        explain=False,
        say=printed.append,
    )
    assert "of the labels agree with what scored them, so the list says little" in printed[-1]


def test_the_cache_keeps_the_newest_audits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nsmc.folds.workdir import CACHED, claimed_workdir

    monkeypatch.setenv("NSMC_CACHE", str(tmp_path))
    places = []
    for number in range(CACHED + 2):
        with claimed_workdir(None, {"sha256": str(number)}) as place:
            places.append(place)
            assert read_json(place / "audit.json") == {"sha256": str(number)}
            os.utime(place, (number, number))
    assert [place.exists() for place in places] == [False] * 2 + [True] * CACHED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"folds": 1}, "expected --folds from 2 to 20, or 0 to train nothing, found 1"),
        ({"folds": 21}, "expected --folds from 2 to 20"),
        ({"folds": 2, "model": "m"}, "give one"),
        ({"top": 3, "share": 0.1}, "give one"),
        ({"top": 0}, "expected --top to be at least 1, found 0"),
        ({"share": 0.0}, "expected --share above 0 and at most 1, found 0.0"),
        ({"share": 1.5}, "expected --share above 0 and at most 1, found 1.5"),
        ({"overrides": ["task=stars"]}, r"expected labels to judge: .*; the task 'stars' has none"),
    ],
)
def test_arguments_that_make_no_sense(
    easy: Planted, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        nsmc.audit(easy.path, **arguments)  # type: ignore[arg-type]


@pytest.mark.slow
def test_labels_that_cannot_be_reported_apart(tmp_path: Path) -> None:
    one = written(tmp_path / "one.txt", [("좋다", 1), ("최고다", 1)]).path
    with pytest.raises(DataError, match=r"labels of both kinds .* found no 0 \(negative\) among 2"):
        nsmc.audit(one)
    few = written(tmp_path / "few.txt", [(f"{n} 좋다", 1) for n in NOUNS] + [("별로", 0)] * 9).path
    words = r"at least 4 different comments labelled 0 \(negative\) to train 2 networks on, found 1"
    with pytest.raises(DataError, match=words):
        nsmc.audit(few, folds=2)
    # Stars in the middle are no label.
    stars = tmp_path / "t.csv"
    stars.write_text("document,rating\n최고다,1\n최악이다,1\n그냥 그렇다,6\n", encoding="utf-8")
    printed: list[str] = []
    with pytest.raises(DataError, match=r"found no 1 \(positive\) among 2"):
        nsmc.audit(stars, overrides=["task=sentiment+stars"], folds=2, say=printed.append)
    assert printed == ["1 comments have no label and are left out"]


TOPICS = {"배우": ("표정", "몸짓"), "음악": ("노래", "선율"), "결말": ("마지막", "반전")}


@pytest.mark.slow
def test_own_classes_in_a_table_whose_only_other_column_is_text(tmp_path: Path) -> None:
    """Nobody names the text column: it is the one that isn't the label's, also for the output."""
    path, output = tmp_path / "topics.csv", tmp_path / "issues.csv"
    rows = [
        (f"{noun} {word} {end}", topic)
        for noun in NOUNS
        for topic, words in TOPICS.items()
        for word in words
        for end in ("좋다", "별로")
    ]
    wrong = {7: "음악", 80: "결말", 151: "배우"}
    wrong = {row: topic for row, topic in wrong.items() if rows[row - 1][1] != topic}
    given = [wrong.get(row, topic) for row, (_, topic) in enumerate(rows, 1)]
    frame = pd.DataFrame({"글": [text for text, _ in rows], "주제": given})
    frame.to_csv(path, index=False, encoding="utf-8")
    result = nsmc.audit(
        path,
        output=output,
        label_column="주제",
        folds=2,
        config=load_config(None, ("task=classes", *TINY)),
        work=tmp_path / "work",
        device="cpu",
    )
    assert list(result.class_names) == sorted(TOPICS)
    assert result.probabilities.shape == (240, 3)
    assert np.allclose(result.probabilities.sum(axis=1), 1)
    assert {issue.row for issue in result.issues[: len(wrong)]} == set(wrong)
    for issue in result.issues[: len(wrong)]:
        text, topic = rows[issue.row - 1]
        expected = (text, wrong[issue.row], topic)
        assert (issue.text, issue.given_label, issue.suggested_label) == expected
        # The words that speak against the label are those of the right topic.
        assert issue.against[0].morpheme in text
        assert issue.against[0].contribution > 0
    estimated = result.to_dict()["estimated_wrong"]
    assert sum(estimated.values()) == pytest.approx(sum(result.estimated_errors))
    assert set(estimated) == set(TOPICS)
    listed = pd.read_csv(output)
    assert listed["row"].tolist() == [issue.row for issue in result.issues]
    assert listed["주제"].tolist() == [issue.given_label for issue in result.issues]
    assert listed["suggested_label"].tolist() == [i.suggested_label for i in result.issues]


@pytest.mark.parametrize(
    ("header", "arguments", "words"),
    [
        ("제목,글,주제", {}, "found 2 that could be it: 제목, 글; choose one with --column"),
        ("수,주제", {"column": "주제"}, "expected a column '주제' with the labels beside"),
        ("글,주제", {"device": "cuda:99"}, "cuda:99"),
        ("글,수😀,주제", {"column": "글"}, "cannot write the header .*cp949 lacks in '글,수😀"),
    ],
)
def test_what_would_fail_after_the_work_fails_before_it(
    header: str, arguments: dict[str, str], words: str, tmp_path: Path
) -> None:
    path, output, work = tmp_path / "t.csv", tmp_path / "o.csv", tmp_path / "work"
    cells = {"제목": "어제 본", "글": "정말 최고다", "수": "7", "수😀": "7"}
    names = header.split(",")
    rows = [",".join(cells.get(name, topic) for name in names) for topic in ("가", "나")] * 9
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    stages: list[str] = []
    with pytest.raises(NsmcError, match=words):
        nsmc.audit(
            path,
            output=output,
            label_column="주제",
            overrides=["task=classes"],
            folds=2,
            work=work,
            writing=WriteOptions(encoding="cp949"),
            progress=lambda stage, done, total: stages.append(stage),
            **arguments,  # type: ignore[arg-type]
        )
    assert (stages, work.exists(), output.exists()) == ([], False, False)
