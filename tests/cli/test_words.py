"""`nsmc words`, and the options of `nsmc predict` that say how comments are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.tables.table import open_table

if TYPE_CHECKING:
    from tests.cli.conftest import Here


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own table of words, not there yet."""
    monkeypatch.setenv("NSMC_WORDS", str(tmp_path / "own" / "words.txt"))
    return tmp_path / "own" / "words.txt"


def test_words_are_added_listed_and_checked(own: Path, here: Here) -> None:
    assert "which isn't there yet" in here("words", "list").err
    assert here("words", "add", "폼 좋~", "정말 훌륭했").code == 0
    assert here("words", "add", "갓뎀").code == 0
    assert f"갓뎀 → 아이고 is in {own}; it was 갓뎀" in here("words", "add", "갓뎀", "아이고").err
    assert own.read_text("utf-8").splitlines() == ["폼 좋~ → 정말 훌륭했", "갓뎀 → 아이고"]
    assert here("words", "list").out.splitlines() == ["폼 좋~ → 정말 훌륭했", "갓뎀 → 아이고"]
    assert "띵작 → 명작" in here("words", "list", "--all").out.splitlines()
    checked = here("words", "check").out.splitlines()
    assert len(checked) == 2 and "(긍정 " in checked[0] and "→" in checked[0].partition("(")[2]


def test_a_link_to_the_users_words_stays(own: Path, here: Here, tmp_path: Path) -> None:
    own.parent.mkdir()
    own.symlink_to(tmp_path / "dotfiles" / "words.txt")
    for word in ("갓뎀", "띵작이"):
        assert here("words", "add", word, "명작").code == 0
    assert own.is_symlink()
    assert own.read_text("utf-8").splitlines() == ["갓뎀 → 명작", "띵작이 → 명작"]


def test_a_user_without_a_home(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NSMC_WORDS", "~no-such-user/words.txt")
    result = here("predict", "좋다")
    result.check_refusal(1)
    assert "expected a user with a home directory" in result.err
    assert result.err.endswith("set HOME, or NSMC_WORDS to a place\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add"], "takes a WORD and its MEANING, found 0"),
        (["add", "띵", "명작"], "expected a word of 2 to 40 letters, found '띵'"),
        (["list", "a", "b"], "takes one FILE, found 2"),
    ],
)
def test_wrong_words_are_refused(own: Path, here: Here, arguments: list[str], message: str) -> None:
    result = here("words", *arguments)
    assert result.code == 2 and message in result.err
    assert not own.exists()


def test_a_missing_table_is_named(own: Path, here: Here, tmp_path: Path) -> None:
    result = here("predict", "--words", tmp_path / "none.txt", "재밌다")
    assert result.code == 1 and "none.txt: expected a table of new words in UTF-8" in result.err


def test_predict_reads_words_and_shows_what_it_read(own: Path, here: Here, tmp_path: Path) -> None:
    here("words", "add", "뾰봉", "정말 최고")
    line = here("predict", "뾰봉이다").out
    assert line.startswith("긍정") and line.endswith("뾰봉이다  (뾰봉 → 정말 최고)\n")
    table = tmp_path / "words.txt"
    table.write_text("뾰봉 → 정말 최악\n", "utf-8")
    result = json.loads(here("predict", "--words", table, "--json", "뾰봉이다").out)
    assert result["label"] == "negative"
    assert result["corrections"] == [
        {"start": 0, "end": 2, "typed": "뾰봉", "read": "정말 최악", "kind": "word"}
    ]
    explained = here("predict", "--explain", "뾰봉 감덩").out
    assert "감덩 → 감동" in explained and "뾰봉 → " in explained.split("\n", 2)[2]


def test_one_s_words_are_counted_and_read_from_a_table(
    own: Path, here: Here, tmp_path: Path
) -> None:
    assert f"0 in {own} (nsmc words add" in here("info").out
    here("words", "add", "뾰봉", "정말 최악")
    assert here("info", "--json").object()["words"] == {"file": str(own), "words": 1}
    texts = ["뾰봉", "재밌다", "", "감덩", "ㅁㄴㅇㄹ", "최고다 " * 6000]
    (tmp_path / "a.csv").write_text("document\n" + "\n".join(texts), "utf-8")
    table = ("predict", "--input", tmp_path / "a.csv", "--notes", "--output")
    for name in ("b.jsonl", "b.csv", "b.xlsx", "b.parquet"):
        said = here(*table, tmp_path / name)
        assert f"1 new words of {own} are read as what they mean" in said.err
        assert "1 comments are too long; their ends were not read" in said.err
        assert "1 comments say nothing that the model knows" in said.err
        with open_table(tmp_path / name) as back:
            assert back.text_column == "document"
            (chunk,) = back.chunks()
        assert chunk.texts == texts
        cells = chunk.frame.iloc[:, -5:]
        assert list(cells) == ["unfamiliar", "unknown", "truncated", "corrections", "exact"]
        assert cells["corrections"][[0, 3]].tolist() == ["뾰봉 → 정말 최악", "감덩 → 감동"]
        assert [str(cell) for cell in cells["unfamiliar"]][3:] == ["False", "True", "False"]
        assert [int(cells["truncated"][row]) for row in (0, 5)] == [0, 3999]
        assert str(cells["exact"][2]) in ("", "None", "<NA>")  # no prediction, so no notes


def test_undecided_unfamiliar_and_uncorrected(own: Path, here: Here) -> None:
    out = here("predict", "--undecided-below", "0.9999999", "--no-spelling", "123", "감덩").out
    first, second = out.splitlines()
    assert first.startswith("보류") and first.endswith("123  (unfamiliar)")
    assert second.startswith("보류") and second.endswith("감덩")
    wrong = here("predict", "--undecided-below", "90", "재밌다")
    assert wrong.code == 2 and "expected a probability from 0 to 1, found 90" in wrong.err


def test_a_label_below_even_odds_says_so(own: Path, here: Here) -> None:
    out = here("predict", "--threshold", "0.999999", "재밌다").out
    assert out.startswith("부정") and "(긍정 9" in out


def test_a_table_has_undecided_rows(own: Path, here: Here, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("document\n재밌다\n그냥 그럭저럭\n", "utf-8")
    result = here(
        *("predict", "--input", tmp_path / "in.csv", "--output", tmp_path / "out.jsonl"),
        *("--undecided-below", "0.9999999"),
    )
    assert "(2 undecided)" in result.err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert {row["label_ko"] for row in rows} == {"보류"}
