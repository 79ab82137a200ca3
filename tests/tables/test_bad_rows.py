"""With --skip-bad-rows the good rows are read, and the bad ones are kept with their reasons."""

import csv
from pathlib import Path

import pytest

from nsmc.errors import DataError, NsmcError
from nsmc.tables import delimited
from nsmc.tables.bad_rows import beside
from nsmc.tables.options import ReadOptions
from nsmc.tables.table import open_table
from tests.tables.files import texts, written

LENIENT = ReadOptions(skip_bad_rows=True)


def read(path: Path, column: str | None = None) -> tuple[list[str], list[int], list[list[str]]]:
    """The comments that are left, their rows, and the bad rows as they are saved."""
    saved = beside(path)
    with open_table(path, LENIENT, column=column, chunk_rows=2) as table:
        chunks = list(table.chunks())
        assert table.bad is not None
        table.bad.save(saved)
        count = table.bad.count
    with saved.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        header, *bad = csv.reader(file)
    assert header == ["row", "line", "reason", "content"]
    assert len(bad) == count
    kept = [text for chunk in chunks for text in chunk.texts]
    assert all(len(chunk.texts) == len(chunk.frame) == len(chunk.rows) for chunk in chunks)
    return kept, [row for chunk in chunks for row in chunk.rows], bad


@pytest.mark.parametrize(
    ("name", "text", "kept", "bad"),
    [
        ("a.csv", "id,document\n1,가\n2\n3,다\n4,라,마\n5,바\n", "가다바", [("2", "3", "2")]),
        ("a.tsv", "id\tdocument\n1\t가\n2\n3\t다\n", "가다", [("2", "3", "2")]),
        (
            "a.csv",
            'id,document\n1,"가"\n2,"그는 "최고" 라고"\n3,"다"\n',
            "가다",
            [("2", "3", "2,")],
        ),
        ("a.csv", 'id,document\n1,가\n2,"열린\n3,다\n4,라\n', "가다라", [("2", "3", '2,"열린')]),
        (
            "a.jsonl",
            '{"document": "가"}\n{"docu\n[1]\n{"document": "라"}\n',
            "가라",
            [("2", "2", '{"docu'), ("3", "3", "[1]")],
        ),
        ("a.jsonl", '{"document": "가"}\n{"document": ["나"]}\n', "가", [("2", "", "['나']")]),
        ("a.json", '["가", 3, "다"]', "가다", [("2", "", "3")]),
    ],
)
def test_bad_rows_are_left_out_and_kept(
    tmp_path: Path, name: str, text: str, kept: str, bad: list[tuple[str, str, str]]
) -> None:
    path = written(tmp_path / name, text)
    column = "document" if name.startswith("a.json") else None
    with pytest.raises(DataError):
        texts(path, column)
    found, numbers, left_out = read(path, column)
    assert "".join(found) == kept
    for row, (number, line, content) in zip(left_out, bad, strict=False):
        assert row[:2] == [number, line]
        assert "expected" in row[2]
        assert row[3].startswith(content)
    assert not {int(row[0]) for row in left_out} & set(numbers)


def test_bytes_that_are_no_text_cost_their_line(tmp_path: Path) -> None:
    good = "".join(f"{n},영화가 좋다\n" for n in range(100)).encode()
    path = written(tmp_path / "a.csv", b"id,document\n" + good + b"100,\xff\xfe\n101,a\0b\n" + good)
    with pytest.raises(DataError, match=r"not text throughout.*--skip-bad-rows leaves out such"):
        texts(path)
    found, numbers, left_out = read(path)
    assert (len(found), numbers[99], numbers[100]) == (200, 100, 103)
    assert [row[:2] for row in left_out] == [["101", "102"], ["102", "103"]]
    assert "a byte that isn't utf-8 at character 5" in left_out[0][2]
    assert "a NUL byte" in left_out[1][2]


def test_where_bad_rows_go() -> None:
    assert beside(Path("x/out.csv.gz")) == Path("x/out.bad-rows.csv")
    assert beside(Path("out.parquet")) == Path("out.bad-rows.csv")


@pytest.mark.parametrize(
    ("name", "reading", "words"),
    [
        ("a.csv", ReadOptions(), "row 4999 .*expected 2 comma-separated cells"),
        ("a.jsonl", ReadOptions(), "row 4999: column 'document': expected text, found list"),
        ("a.csv", LENIENT, "b.bad-rows.csv"),
    ],
)
def test_what_fails_late_in_a_table_fails_before_the_scoring(
    tmp_path: Path, name: str, reading: ReadOptions, words: str
) -> None:
    from nsmc.pipeline.score_table import add_columns

    good, bad = "1,가", "2,나,다"
    if name == "a.jsonl":
        good, bad = '{"document": "가"}', '{"document": ["나"]}'
    header = ["id,document"] if name == "a.csv" else []
    path = written(tmp_path / name, "\n".join([*header, *[good] * 4998, bad, good]))
    (tmp_path / "b.bad-rows.csv").mkdir()
    with pytest.raises(NsmcError, match=words):
        add_columns(
            path,
            tmp_path / "b.csv",
            {"label": "text"},
            lambda chunks: (pytest.fail("the work has begun") for _ in chunks),
            column="document",
            reading=reading,
            verbose=False,
        )
    assert not (tmp_path / "b.csv").exists()


def test_lines_that_each_leave_a_quote_open_are_read_again_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = 'a","\n' * 20_000 + "재밌다,1\n" * 10_000
    path = written(tmp_path / "a.csv", f"document,label\n{lines}")
    monkeypatch.setattr(delimited, "LONGEST_BAD", 1 << 14)
    monkeypatch.setattr(delimited, "REREAD", 1 << 18)
    given = 0

    def counted(self: delimited._Feed) -> str:
        nonlocal given
        given += 1
        return following(self)

    following = delimited._Feed.__next__
    monkeypatch.setattr(delimited._Feed, "__next__", counted)
    with open_table(path, LENIENT) as table:
        assert [text for chunk in table.chunks() for text in chunk.texts][-1:] == ["재밌다"]
    assert 30_000 < given < 20 * 30_000
