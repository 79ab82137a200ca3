"""Tables are written in any format from any other, whole or not at all, and read back the same."""

import csv
import datetime
import decimal
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsmc.errors import DataError, NsmcError, UsageError
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.tables.table import open_table, open_writer
from nsmc.text.normalize import normalize
from tests.tables.files import convert, rows, written

NASTY = [
    ["001", '그는 "최\r고", 라고', "NA"],
    ["1e5", "앞\u2028뒤\x85끝 😀", ""],
    ["", "뷁", "null"],
    [" x ", "'", '"'],
]


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    lines = ["a\tdocument\tb", *("\t".join(row) for row in NASTY)]
    return written(tmp_path / "nasty.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("first", [".csv", ".csv.gz", ".tsv", ".txt.gz", ".jsonl.gz", ".parquet"])
def test_any_format_becomes_any_other_and_comes_back(
    tmp_path: Path, nasty: Path, first: str
) -> None:
    one, back = tmp_path / f"one{first}", tmp_path / "back.txt"
    convert(nasty, one)
    assert rows(one, "document") == NASTY
    assert (one.read_bytes()[:2] == b"\x1f\x8b") == (one.suffix == ".gz")
    for second in (".csv", ".txt", ".jsonl", ".parquet"):
        two = tmp_path / f"two{second}"
        convert(one, two, "document")
        assert rows(two, "document") == NASTY
        convert(two, back, "document")
        assert back.read_bytes() == nasty.read_bytes()


def test_csv_is_read_back_identically_by_pandas(tmp_path: Path) -> None:
    cells = ["", ",", '"', "\r", "\n", "\r\n", "끝\r", "줄\n바꿈", '","']
    cells += ["NA", " x", "u\u2028", "1e5"]
    frame = pd.DataFrame({"document": cells, "b": cells[::-1]}, dtype="str")
    frame.to_parquet(tmp_path / "a.parquet")
    convert(tmp_path / "a.parquet", tmp_path / "a.csv", "document")
    back = pd.read_csv(
        tmp_path / "a.csv", dtype="str", keep_default_na=False, na_filter=False, encoding="utf-8"
    )
    pd.testing.assert_frame_equal(back, frame)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == frame.to_numpy().tolist()


def test_csv_has_the_fewest_quotes_and_plain_line_ends(tmp_path: Path) -> None:
    source = written(tmp_path / "a.txt", 'id\tdocument\r\n1\t가 "나"\r\n2\t다, 라\r\n3\t마\r\n')
    convert(source, tmp_path / "b.csv")
    expected = 'id,document\n1,"가 ""나"""\n2,"다, 라"\n3,마\n'
    assert (tmp_path / "b.csv").read_bytes().decode("utf-8") == expected


def test_an_empty_comment_alone_in_its_row_survives(tmp_path: Path) -> None:
    source = written(tmp_path / "a.txt", "document\n가\n\n나\n")
    convert(source, tmp_path / "b.csv")
    assert pd.read_csv(tmp_path / "b.csv", na_filter=False)["document"].tolist() == ["가", "", "나"]


def test_gzip_output_of_the_same_rows_is_the_same_bytes(tmp_path: Path, nasty: Path) -> None:
    convert(nasty, tmp_path / "one.csv.gz")
    convert(nasty, tmp_path / "two.csv.gz")
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.csv.gz").read_bytes()).startswith(b"a,document,b\n")


# .jsonl and .parquet keep what text can't.


def test_parquet_types_are_written_back_as_they_were(tmp_path: Path) -> None:
    utc = datetime.UTC
    table = pa.table(
        {
            "document": pa.array(["가", None, "나"], pa.large_string()),
            "tiny": pa.array([1, None, 3], pa.int8()),
            "big": pa.array([2**63 + 1, None, 0], pa.uint64()),
            "float": pa.array([1.5, float("nan"), None], pa.float32()),
            "tags": pa.array([["a", None], [], None]),
            "nested": pa.array([{"x": 1}, None, {"x": None}]),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "when": pa.array(
                [datetime.datetime(2020, 1, 1, tzinfo=utc)] * 3, pa.timestamp("ns", "UTC")
            ),
            "day": pa.array([datetime.date(2020, 1, 1), None, None]),
            "price": pa.array([decimal.Decimal("1.50"), None, None]),
            "raw": pa.array([b"\0\xff", None, b""]),
            "flag": pa.array([True, None, False]),
        }
    )
    table = table.replace_schema_metadata({"made by": "hand"})
    pq.write_table(table, tmp_path / "a.parquet")
    convert(tmp_path / "a.parquet", tmp_path / "b.parquet", "document")
    before, back = pq.read_table(tmp_path / "a.parquet"), pq.read_table(tmp_path / "b.parquet")
    assert back.schema.equals(before.schema, check_metadata=True)
    # Values as text, since NaN is unequal to itself.
    assert str(back.to_pylist()) == str(before.to_pylist()) == str(table.to_pylist())


def test_parquet_from_pandas_keeps_its_index_when_scored(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"document": ["가", "나", "다"], "label": pd.array([1, 0, 1], dtype="int8")},
        index=pd.Index(["x", "y", "z"], name="key"),
    )
    frame.to_parquet(tmp_path / "a.parquet")
    # The caller replaces a column that was there, type and all.
    convert(tmp_path / "a.parquet", tmp_path / "b.parquet", label="positive", score=0.25)
    back = pd.read_parquet(tmp_path / "b.parquet")
    assert pq.read_schema(tmp_path / "b.parquet").field("label").type == pa.string()
    assert back.index.tolist() == ["x", "y", "z"]
    assert back["label"].tolist() == ["positive"] * 3
    assert back["score"].tolist() == [0.25] * 3


def test_jsonl_becomes_typed_parquet(tmp_path: Path) -> None:
    source = written(
        tmp_path / "a.jsonl",
        '{"document": "가", "n": null, "x": 1, "mixed": 1, "none": null}\n'
        '{"document": "나", "n": 3, "x": 2.5, "mixed": "a"}\n'
        '{"document": null, "n": 4, "x": null, "mixed": [1, "나"], "flag": true}\n',
    )
    convert(source, tmp_path / "b.parquet", "document")
    assert pq.read_table(tmp_path / "b.parquet").to_pydict() == {
        "document": ["가", "나", None],
        "n": [None, 3, 4],
        "x": [1.0, 2.5, None],
        "mixed": ["1", "a", '[1, "나"]'],
        "none": [None, None, None],
        "flag": [None, None, True],
    }


def test_typed_values_become_text_in_csv_and_json(tmp_path: Path) -> None:
    when = datetime.datetime(2020, 1, 2, 3, 4, 5)
    table = pa.table(
        {
            "document": ["가", None],
            "n": pa.array([1, None], pa.int8()),
            "x": pa.array([0.5, float("nan")]),
            "tags": pa.array([["나", None], None]),
            "when": pa.array([when, None], pa.timestamp("us")),
            "price": pa.array([decimal.Decimal("1.50"), None]),
            "flag": [True, None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    convert(tmp_path / "a.parquet", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == (
        "document,n,x,tags,when,price,flag\n"
        '가,1,0.5,"[""나"", null]",2020-01-02T03:04:05,1.50,True\n'
        ",,,,,,\n"
    )
    convert(tmp_path / "a.parquet", tmp_path / "b.jsonl")
    first, second = (tmp_path / "b.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {
        "document": "가",
        "n": 1,
        "x": 0.5,
        "tags": ["나", None],
        "when": "2020-01-02T03:04:05",
        "price": "1.50",
        "flag": True,
    }
    assert set(json.loads(second).values()) == {None}


# What a format can't hold.


@pytest.mark.parametrize("cell", ["탭\t", "줄\n바꿈", "줄\r\n바꿈", "끝\r"])
def test_a_tab_or_line_break_without_quoting_becomes_a_space(tmp_path: Path, cell: str) -> None:
    source = tmp_path / "a.jsonl"
    texts = ["가", "나", cell, "다", cell]
    written(source, "".join(json.dumps({"document": text}) + "\n" for text in texts))
    (note,) = convert(source, tmp_path / "b.tsv")
    assert note.startswith(f"2 rows of {tmp_path / 'b.tsv'} (the first is row 3) have a tab or a")
    one_line = cell.replace("\r\n", " ").translate(dict.fromkeys(map(ord, "\t\n\r"), " "))
    expected = ["가", "나", one_line, "다", one_line]
    assert rows(tmp_path / "b.tsv", "document") == [[text] for text in expected]
    assert convert(source, tmp_path / "b.csv") == []
    assert rows(tmp_path / "b.csv", "document")[2] == [cell]


@pytest.mark.parametrize(("cell", "encoding"), [("a\tb", None), ("a😀", "cp949")])
def test_a_column_name_that_cannot_be_written_is_an_error(
    tmp_path: Path, cell: str, encoding: Any
) -> None:
    source = written(tmp_path / "a.csv", f"document,{cell}\n가,나\n")
    with pytest.raises(DataError, match=r"cannot write the header .* nothing was written"):
        convert(source, tmp_path / "b.txt", "document", writing=WriteOptions(encoding=encoding))
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud83d"])
@pytest.mark.parametrize("name", ["b.csv", "b.txt", "b.parquet", "b.xlsx"])
def test_characters_that_no_text_has_are_replaced(tmp_path: Path, name: str, escape: str) -> None:
    good = '{"document": "가"}\n'
    source = written(tmp_path / "a.jsonl", good * 2 + f'{{"document": "나{escape}다"}}\n')
    notes = convert(source, tmp_path / name)
    # A NUL is a character in Parquet, and has an escape in XML.
    if escape == "\\ud83d" or name in ("b.csv", "b.txt"):
        assert len(notes) == 1 and "1 rows" in notes[0] and "is row 3" in notes[0]
        assert rows(tmp_path / name, "document")[2] == ["나�다"]
    else:
        assert notes == []
        assert rows(tmp_path / name, "document")[2] == ["나\0다"]


def test_characters_that_an_encoding_lacks_become_their_numbers(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", "document\n가\n재밌다 😀\n뷁☃\n")
    notes = convert(source, tmp_path / "b.csv", writing=WriteOptions(encoding="cp949"))
    assert len(notes) == 1 and "2 rows" in notes[0] and "--encoding utf-8-sig" in notes[0]
    back = rows(tmp_path / "b.csv", "document")
    assert back == [["가"], ["재밌다 &#128512;"], ["뷁&#9731;"]]
    assert [normalize(str(text), 99) for (text,) in back] == ["가", "재밌다 😀", "뷁☃"]


def test_more_rows_than_a_sheet_holds_go_on_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsmc.tables.excel.MOST_ROWS", 3)
    monkeypatch.setattr("nsmc.tables.excel.LONGEST_CELL", 8)
    source = written(
        tmp_path / "a.csv", "document\n" + "".join(f"{n}번\n" for n in range(7)) + "가" * 9
    )
    notes = convert(source, tmp_path / "b.xlsx")
    assert [note.split("(")[0].split(" of ")[0] for note in notes] == ["5 rows", "1 rows"]
    cells = []
    for number in (1, 2, 3):
        with open_table(tmp_path / "b.xlsx", ReadOptions(sheet=f"Sheet{number}")) as table:
            assert table.columns == ["document"]
            cells += [text for chunk in table.chunks() for text in chunk.texts]
    assert cells == [*(f"{n}번" for n in range(7)), "가" * 8]


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.list_(pa.binary()), pa.struct([("x", pa.large_binary())])]
)
@pytest.mark.parametrize("name", ["b.csv", "b.jsonl", "b.xlsx"])
def test_bytes_in_text_are_an_error_before_the_work(tmp_path: Path, name: str, kind: Any) -> None:
    table = pa.table({"document": ["가"], "raw": pa.array([None], kind)})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"found bytes in 'raw'; name the output \.parquet"):
        convert(tmp_path / "a.parquet", tmp_path / name)


def test_frames_of_other_columns_are_a_bug(tmp_path: Path, nasty: Path) -> None:
    with (
        pytest.raises(ValueError, match="expected the columns"),
        open_table(nasty) as table,
        open_writer(tmp_path / "b.csv", table) as writer,
    ):
        writer.write(pd.DataFrame({"document": ["가"]}))
        writer.write(pd.DataFrame({"other": ["가"]}))
    assert not (tmp_path / "b.csv").exists()


# Whole or not at all.


@pytest.mark.parametrize("name", ["b.csv", "b.csv.gz", "b.jsonl", "b.parquet"])
@pytest.mark.parametrize("existing", [True, False])
def test_ctrl_c_leaves_nothing_and_harms_nothing(
    tmp_path: Path, nasty: Path, name: str, existing: bool
) -> None:
    target = tmp_path / name
    if existing:
        target.write_bytes(b"before")
    before = sorted(tmp_path.iterdir())
    with (
        pytest.raises(KeyboardInterrupt),
        open_table(nasty) as table,
        open_writer(target, table) as writer,
    ):
        writer.write(next(table.chunks()).frame)
        raise KeyboardInterrupt
    assert sorted(tmp_path.iterdir()) == before
    assert not existing or target.read_bytes() == b"before"


def test_a_broken_row_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", "id,document\n1,가\n2,나\n3,다\n4\n")
    with pytest.raises(DataError, match="row 4"):
        convert(source, tmp_path / "b.csv")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
def test_the_input_is_never_the_output(tmp_path: Path, nasty: Path, link: str) -> None:
    before = nasty.read_bytes()
    target = nasty if link == "same" else tmp_path / "link.txt"
    if link == "symbolic":
        target.symlink_to(nasty)
    elif link == "hard":
        os.link(nasty, target)
    with pytest.raises(UsageError, match=r"an output file other than the input, found .* for both"):
        convert(nasty, target)
    assert nasty.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("b.xls", r"ends in \.csv, .*found \.xls; save it as \.xlsx"),
        ("none/b.csv", "there is no directory"),
        ("nasty.txt", "an output file other than the input"),
    ],
)
def test_an_output_that_cannot_be_is_an_error_before_anything(
    tmp_path: Path, nasty: Path, name: str, words: str
) -> None:
    with (
        pytest.raises(NsmcError, match=words),
        open_table(nasty) as table,
        open_writer(tmp_path / name, table),
    ):
        pytest.fail("the block must not be entered")
    assert list(tmp_path.iterdir()) == [nasty]


@pytest.mark.parametrize("name", ["b.csv", "b.csv.gz", "b.jsonl", "b.parquet"])
@pytest.mark.parametrize("rows", [3_000, 30_000])
def test_a_full_disk_is_reported_and_leaves_nothing(
    tmp_path: Path, small_disk: Callable[[int], Path], name: str, rows: int
) -> None:
    place = small_disk(256)
    noise = os.urandom(rows * 100).hex()
    lines = (noise[n * 200 : n * 200 + 200] for n in range(rows))
    source = written(tmp_path / "a.txt", "document\n" + "\n".join(lines) + "\n")
    with pytest.raises(NsmcError, match=r"cannot write .*No space left.*Nothing half-written"):
        convert(source, place / name, chunk_rows=8192)
    assert list(place.iterdir()) == []


# No rows.


@pytest.mark.parametrize("name", ["b.csv", "b.txt", "b.parquet", "b.jsonl"])
@pytest.mark.parametrize("new", [{}, {"score": pd.Series(dtype="float64")}], ids=["none", "score"])
def test_a_header_alone_is_written_as_one(tmp_path: Path, name: str, new: dict[str, Any]) -> None:
    source = written(tmp_path / "a.csv", "document,id\n")
    with open_table(source) as table, open_writer(tmp_path / name, table) as writer:
        assert list(table.chunks()) == []
        if new:
            writer.write(table.empty().frame.assign(**new))
    if name == "b.jsonl":
        assert (tmp_path / name).read_bytes() == b""
        return
    with open_table(tmp_path / name) as back:
        assert back.columns == ["document", "id", *new]
        assert list(back.chunks()) == []
        if new and name == "b.parquet":
            assert back.schema().field("score").type == pa.float64()
