"""Whole audits: planted labels are found by networks that never saw them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import nsmc
from nsmc.auditing.confident import given_probabilities
from nsmc.config.schema import Config, load_config
from nsmc.errors import DataError, NsmcError, UsageError
from nsmc.storage.bundle import read_json

if TYPE_CHECKING:
    from tests.auditing.conftest import Planted, Write


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the networks of `found` are kept."""
    return tmp_path_factory.mktemp("audit") / "work"


@pytest.fixture(scope="session")
def found(easy: Planted, tiny: Config, networks: Path) -> nsmc.Audit:
    return nsmc.audit(easy.path, folds=3, config=tiny, work=networks, device="cpu")


def test_planted_labels_are_what_is_found(easy: Planted, found: nsmc.Audit) -> None:
    assert len(found.rows) == 240
    assert {doubt.row for doubt in found.doubts[:10]} == easy.rows
    assert [doubt.probability for doubt in found.doubts] == sorted(
        doubt.probability for doubt in found.doubts
    )
    assert all(doubt.probability < 0.5 for doubt in found.doubts)
    assert 3 < sum(found.wrong) < 30


def test_a_doubt_tells_what_stands_in_its_row_and_which_words_speak_against_it(
    easy: Planted, found: nsmc.Audit
) -> None:
    lines = easy.path.read_text(encoding="utf-8").splitlines()
    for doubt in found.doubts[:10]:
        _, text, label = lines[doubt.row].split("\t")
        assert (doubt.text, doubt.label, doubt.suggested) == (text, int(label), 1 - int(label))
        # The noun says nothing; what follows it decides.
        strongest = doubt.against[0]
        noun = text.split()[0]
        assert strongest.start > len(noun)
        assert strongest.morpheme in text[strongest.start : strongest.end]
        assert (strongest.contribution > 0) == (doubt.label == 0)


def test_the_sample_by_networks_trained_on_it(
    planted_sample: Planted, tiny_fields: tuple[str, ...], tmp_path: Path
) -> None:
    config = load_config(None, (*tiny_fields, "training.batch_size=32", "training.epochs=3"))
    found = nsmc.audit(
        planted_sample.path,
        folds=3,
        config=config,
        work=tmp_path / "w",
        device="cpu",
        explain=False,
    )
    given = given_probabilities(found.labels, found.probabilities)
    wrong = np.isin(found.rows, list(planted_sample.rows))
    # The chance that a planted label is less probable than another one: guessing has 0.5, with a
    # standard deviation of 0.047 for 40 of 800.
    below = (given[wrong][:, None] < given[~wrong][None, :]).mean()
    assert below > 0.6


def test_the_sample_by_the_shipped_model(planted_sample: Planted) -> None:
    said: list[str] = []
    found = nsmc.audit(planted_sample.path, explain=False, top=40, say=said.append)
    assert found.folds == 0
    assert "800 comments are few to learn from" in said[0]
    hits = sum(doubt.row in planted_sample.rows for doubt in found.doubts)
    # Chance would find 2 of the 40; what else is listed is hard, or labelled by someone's taste.
    assert hits >= 20


def test_another_list_of_the_same_audit_trains_nothing(
    easy: Planted, tiny: Config, tiny_fields: tuple[str, ...], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    first = nsmc.audit(easy.path, folds=2, config=tiny, work=work, device="cpu", explain=False)
    models = sorted(work.glob("fold-*/model/manifest.json"))
    assert len(models) == 2
    before = [path.stat().st_mtime_ns for path in models]
    said: list[str] = []
    again = nsmc.audit(
        easy.path, folds=2, config=tiny, work=work, device="cpu", top=3, say=said.append
    )
    assert [path.stat().st_mtime_ns for path in models] == before
    assert "2 of them since an earlier audit" in said[0]
    assert [doubt.row for doubt in again.doubts] == [doubt.row for doubt in first.doubts[:3]]
    # A damaged network is made again, to the same scores.
    (work / "fold-1" / "model" / "vocabulary.txt").write_text("x", encoding="utf-8")
    mended = nsmc.audit(easy.path, folds=2, config=tiny, work=work, device="cpu", explain=False)
    assert mended.probabilities.tolist() == first.probabilities.tolist()
    other = load_config(None, (*tiny_fields, "training.seed=2"))
    with pytest.raises(NsmcError, match=r"holds the networks of another audit .*config.*--work"):
        nsmc.audit(easy.path, folds=2, config=other, work=work, device="cpu")


def test_a_killed_audit_goes_on_where_it_was(
    easy: Planted, tiny: Config, tiny_fields: tuple[str, ...], found: nsmc.Audit, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    program = (
        "import sys, nsmc; from nsmc.config.schema import load_config\n"
        "path, work, *fields = sys.argv[1:]\n"
        "config = load_config(None, fields)\n"
        "nsmc.audit(path, folds=3, config=config, work=work, device='cpu')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(easy.path), str(work), *tiny_fields],
        start_new_session=True,
    )
    finished = work / "fold-1" / "scores.npy"
    try:
        ends = time.monotonic() + 60
        while not finished.exists():
            assert process.poll() is None, "ended before it could be killed"
            assert time.monotonic() < ends, "waited in vain"
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not (work / "fold-3" / "scores.npy").exists()
    before = finished.stat().st_mtime_ns
    resumed = nsmc.audit(easy.path, folds=3, config=tiny, work=work, device="cpu", explain=False)
    assert finished.stat().st_mtime_ns == before
    assert resumed.probabilities.tolist() == found.probabilities.tolist()


def test_the_same_comment_is_judged_once_and_told_of(write: Write, tmp_path: Path) -> None:
    comments = [("정말 최고다", 1), ("정말  최고다", 1), ("정말 최고다", 0), ("너무 지루하다", 0)]
    table = write(tmp_path / "t.txt", comments)
    found = nsmc.audit(table.path)
    scores = found.probabilities[:, 1].tolist()
    assert scores[0] == scores[1] == scores[2]
    assert found.same_otherwise.tolist() == [1, 1, 2, 0]
    assert [(doubt.row, doubt.same_otherwise) for doubt in found.doubts] == [(3, 2)]


def test_rows_without_a_comment_are_left_out_and_rows_keep_their_number(
    write: Write, tmp_path: Path
) -> None:
    comments = [
        ("", 0),
        ("\u200b", 1),
        ("최고다 정말 재밌다", 0),
        ("최악이다 지루하다", 0),
        ("좋다", 1),
    ]
    found = nsmc.audit(write(tmp_path / "t.txt", comments).path)
    assert found.rows.tolist() == [3, 4, 5]
    assert found.skipped == 2
    assert [doubt.row for doubt in found.doubts] == [3]


def test_a_model_that_learnt_from_the_table_is_told(
    easy: Planted, found: nsmc.Audit, networks: Path
) -> None:
    said: list[str] = []
    again = nsmc.audit(easy.path, model=networks / "fold-1", explain=False, say=said.append)
    assert again.model == networks / "fold-1" / "model"
    assert "has learnt from this very table" in said[0]


def test_a_list_of_a_judge_that_knows_nothing_is_told(
    write: Write, nouns: tuple[str, ...], tiny: Config, tmp_path: Path
) -> None:
    comments = [(f"{noun} 이다", row % 2) for row, noun in enumerate(nouns)]
    said: list[str] = []
    nsmc.audit(
        write(tmp_path / "t.txt", comments).path,
        folds=2,
        config=tiny,
        work=tmp_path / "w",
        device="cpu",
        explain=False,
        say=said.append,
    )
    assert "of the labels agree with what judged them, so the list says little" in said[-1]


def test_the_cache_keeps_the_newest_audits(
    easy: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nsmc.auditing.workdir import KEPT, claimed_work

    monkeypatch.setenv("NSMC_CACHE", str(tmp_path))
    places = []
    for number in range(KEPT + 2):
        with claimed_work(None, {"sha256": str(number)}) as place:
            places.append(place)
            assert read_json(place / "audit.json") == {"sha256": str(number)}
            os.utime(place, (number, number))
    assert [place.exists() for place in places] == [False] * 2 + [True] * KEPT


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
    ],
)
def test_arguments_that_make_no_sense(
    easy: Planted, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        nsmc.audit(easy.path, **arguments)  # type: ignore[arg-type]


def test_labels_that_cannot_be_told_apart(
    write: Write, nouns: tuple[str, ...], tmp_path: Path
) -> None:
    one = write(tmp_path / "one.txt", [("좋다", 1), ("최고다", 1)]).path
    with pytest.raises(DataError, match=r"labels of both kinds .* found no 0 \(negative\) among 2"):
        nsmc.audit(one)
    few = write(tmp_path / "few.txt", [(f"{n} 좋다", 1) for n in nouns] + [("별로", 0)] * 9).path
    words = r"at least 4 different comments labelled 0 \(negative\) to train 2 networks on, found 1"
    with pytest.raises(DataError, match=words):
        nsmc.audit(few, folds=2)


TOPICS = {"배우": ("표정", "몸짓"), "음악": ("노래", "선율"), "결말": ("마지막", "반전")}


def test_own_classes_by_networks_trained_on_the_table(
    nouns: tuple[str, ...], tiny_fields: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "topics.csv"
    rows = [
        (f"{noun} {word} {end}", topic)
        for noun in nouns
        for topic, words in TOPICS.items()
        for word in words
        for end in ("좋다", "별로")
    ]
    wrong = {7: "음악", 80: "결말", 151: "배우"}
    wrong = {row: topic for row, topic in wrong.items() if rows[row - 1][1] != topic}
    lines = [f"{text},{wrong.get(row, topic)}\n" for row, (text, topic) in enumerate(rows, 1)]
    path.write_text("글,주제\n" + "".join(lines), encoding="utf-8")
    found = nsmc.audit(
        path,
        label_column="주제",
        column="글",
        folds=2,
        config=load_config(None, ("task=classes", *tiny_fields)),
        work=tmp_path / "work",
        device="cpu",
    )
    assert list(found.names) == sorted(TOPICS)
    assert found.probabilities.shape == (240, 3)
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert {doubt.row for doubt in found.doubts[: len(wrong)]} == set(wrong)
    for doubt in found.doubts[: len(wrong)]:
        text, topic = rows[doubt.row - 1]
        assert (doubt.text, doubt.label, doubt.suggested) == (text, wrong[doubt.row], topic)
        # The words that speak against the label are those of the right topic.
        assert doubt.against[0].morpheme in text
        assert doubt.against[0].contribution > 0
    told = found.to_dict()
    assert sum(told["estimated_wrong"].values()) == pytest.approx(sum(found.wrong))
    assert set(told["estimated_wrong"]) == set(TOPICS)


def test_stars_have_no_labels_to_judge(easy: Planted, tmp_path: Path) -> None:
    words = r"expected labels to judge: .*; the task 'stars' has none\. Give --set task=classes"
    with pytest.raises(UsageError, match=words):
        nsmc.audit(easy.path, overrides=["task=stars"])
    # Beside stars there are labels, of some comments.
    path = tmp_path / "t.csv"
    path.write_text("document,rating\n최고다,1\n최악이다,1\n그냥 그렇다,6\n", encoding="utf-8")
    said: list[str] = []
    with pytest.raises(DataError, match=r"found no 1 \(positive\) among 2"):
        nsmc.audit(path, overrides=["task=sentiment+stars"], folds=2, say=said.append)
    assert said == ["1 comments have no label and are left out"]
