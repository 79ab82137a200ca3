"""The tasks that `scripts/experiment.py fine_tuning` makes leave nothing that tells the label."""

from pathlib import Path

import pandas as pd
import pytest
from experiments import fine_tuning
from experiments.fine_tuning import ASPECTS, tasks, words_taken_out


def test_what_hangs_on_a_label_s_word_goes_with_it() -> None:
    texts = [
        "정말 연기력이 대단한 사람들이다",
        "연기도 음악도 모두 훌륭했습니다",  # of two aspects
        "정말 대단한 사람들이다",  # of none
        "노래 좋다",  # too little is left
        "끝까지 OST가 귀에 남습니다",
    ]
    kept, labels = words_taken_out(texts, ASPECTS)
    assert [text.split() for text in kept] == [
        ["정말", "대단한", "사람들이다"],
        ["끝까지", "귀에", "남습니다"],
    ]
    assert labels == ["acting", "music"]


def test_new_labels_are_tested_on_texts_that_no_training_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fine_tuning, "TEST", 2)
    rest = "정말 대단했던 사람들이다"
    further = [f"{name} {rest} {i}" for i in range(3) for name in ("배우", "음악", "공포", "액션")]
    pd.DataFrame({"document": further, "rating": 9}).to_parquet(tmp_path / "further.parquet")
    old, new = ("배우 새롭고 " + rest, "음악 새롭고 " + rest), ("감독 처음인 " + rest,)
    for name, texts in (("train", old), ("test", (*old, *new, further[0]))):
        lines = ["id\tdocument\tlabel", *(f"{i}\t{text}\t1" for i, text in enumerate(texts))]
        file = tmp_path / f"ratings_{name}.txt"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = tasks(tmp_path / "further.parquet", tmp_path)
    (_, labels), test = made["aspect"]
    assert set(labels) == {"acting", "music"}
    assert [(text.split(), label) for text, label in zip(*test, strict=True)] == [
        (["처음인", *rest.split()], "direction")
    ]
    (trains, _), (tested, _) = made["stars"]
    assert sorted(trains + tested) == sorted(further)
    assert len(tested) == 2
