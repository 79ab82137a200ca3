"""Tables come out of their files exactly as they stand there, or not at all."""

import json
import tracemalloc
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsmc.errors import DataError
from nsmc.tables.table import open_table, open_writer
from tests.tables.files import rows, texts, written


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.tsv.gz", "a.TXT"])
def test_tab_separated_as_nsmc_is(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, "id\tdocument\tlabel\n1\t재밌다\t1\n2\t별로\t0\n")
    with open_table(path) as table:
        assert table.columns == ["id", "document", "label"]
        assert (table.text_column, table.encoding) == ("document", "utf-8")
        (chunk,) = table.chunks()
    assert chunk.texts == ["재밌다", "별로"]
    assert list(chunk.rows) == [1, 2]
    assert chunk.frame.columns.tolist() == table.columns


def test_a_bare_quote_is_text_where_there_is_no_quoting(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", 'document\tlabel\n"명작\t1\n그는 "최고"\t1\n5" 화면"\t0\n')
    assert texts(path) == ['"명작', '그는 "최고"', '5" 화면"']


@pytest.mark.parametrize(
    ("name", "row"),
    [("a.csv", "{},1\n"), ("a.txt", "{}\t1\n"), ("a.jsonl", '{{"document": {}}}\n')],
)
def test_only_line_feeds_end_a_row(tmp_path: Path, name: str, row: str) -> None:
    odd = "\r\u2028\u2029\x85\x0b\x0c\x1c\x1e"
    cells = [*(f"앞{one}뒤" for one in odd), *odd]
    put = [json.dumps(cell, ensure_ascii=False) if "jsonl" in name else cell for cell in cells]
    head = "" if "jsonl" in name else row.format("document")
    path = written(tmp_path / name, head + "".join(map(row.format, put)))
    assert texts(path, "document") == cells


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_windows_line_ends_are_no_part_of_the_last_cell(tmp_path: Path, name: str) -> None:
    comma = "," if name == "a.csv" else "\t"
    path = written(tmp_path / name, f"document{comma}label\r\n가{comma}1\r\n나{comma}0\n다{comma}1")
    assert rows(path) == [["가", "1"], ["나", "0"], ["다", "1"]]
    with open_table(path) as table:
        assert table.columns == ["document", "label"]


def test_csv_quoting_follows_rfc_4180(tmp_path: Path) -> None:
    text = (
        '"id","document"\r\n'
        '1,"쉼표, 그리고 ""따옴표"""\r\n'
        '2,"두\r\n\n줄\r"\r\n'
        '3,""\r\n'
        '"4",5" 화면\r\n'
        '"5",앞\r뒤\r\n'
        '"6","\r"\r\n'
        "7,끝\r\r\n"
    )
    assert rows(written(tmp_path / "a.csv", text)) == [
        ["1", '쉼표, 그리고 "따옴표"'],
        ["2", "두\r\n\n줄\r"],
        ["3", ""],
        ["4", '5" 화면'],
        ["5", "앞\r뒤"],
        ["6", "\r"],
        ["7", "끝\r"],
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('1,"그는 "최고" 라고"', "line 3.: .*a quote inside a quoted cell must be doubled"),
        ('1,"두\n줄"은', "line 3.: .*found more text in line 4 in '줄\"은'; a quote inside"),
        ('1,"열린\n2,나\n', "line 3.: .*a closing quote, found none before the end of the file"),
    ],
)
def test_broken_csv_quoting_names_its_line(tmp_path: Path, line: str, words: str) -> None:
    path = written(tmp_path / "a.csv", f"id,document\n0,가\n{line}\n")
    with pytest.raises(DataError, match=words):
        rows(path)


def test_an_open_quote_does_not_swallow_a_large_file(tmp_path: Path) -> None:
    line = "가" * 1000 + "\n"
    path = written(tmp_path / "a.csv", 'document\n"' + line * 17_000)
    with pytest.raises(DataError, match=r"line 2\): expected a closing quote.*before 16,.*\.tsv"):
        rows(path)


@pytest.mark.parametrize(("name", "comma"), [("a.csv", ","), ("a.txt", "\t")])
@pytest.mark.parametrize("cells", [1, 2, 4])
@pytest.mark.parametrize("place", ["first", "later"])
def test_a_row_of_another_width_is_an_error(
    tmp_path: Path, name: str, comma: str, cells: int, place: str
) -> None:
    good = comma.join(["1", "가", "1"]) + "\n"
    bad = comma.join("x" * cells) + "\n"
    body = bad + good if place == "first" else good * 9000 + bad + good
    path = written(tmp_path / name, comma.join(["id", "document", "label"]) + "\n" + body)
    row = 1 if place == "first" else 9001
    with pytest.raises(DataError) as caught:
        rows(path)
    message = str(caught.value)
    assert f"row {row} (line {row + 1}): expected 3 " in message
    assert "as in the header (id, document, label)" in message
    assert f"found {cells}: " in message
    assert ("double quotes" if name == "a.csv" else "must be .csv") in message


def test_the_line_of_a_broken_row_counts_line_breaks_in_cells(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'id,document\n1,"가\n나\n다"\n2\n')
    with pytest.raises(DataError, match=r"row 2 \(line 5\)"):
        rows(path)


def test_blank_lines_are_rows_of_one_column_only(tmp_path: Path) -> None:
    assert texts(written(tmp_path / "a.csv", "review\n가\n\n나\n")) == ["가", "", "나"]
    assert texts(written(tmp_path / "b.csv", "id,review\n1,가\n\n2,나\n\n")) == ["가", "나"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "document,label,document\n", "'document' twice or more among: document, label"),
        ("a.txt", "document\tlabel\tdocument\n", "'document' twice or more among: document, label"),
        ("a.tsv", "\n가\n", "expected column names in line 1, found a blank line"),
        ("a.csv", "\ufeff", "expected column names in line 1, found a blank line"),
        ("a.txt", "id\tdocument\r1\t가\r2\t나\r", r"found a lone \\r in the header"),
    ],
)
def test_a_broken_header_is_an_error(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        open_table(written(tmp_path / name, text))


@pytest.mark.parametrize("codec", ["cp949", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt.gz", "a.jsonl"])
def test_other_encodings_are_read_and_reported(tmp_path: Path, name: str, codec: str) -> None:
    text = '{"document": "뷁 재밌다"}\n' if name == "a.jsonl" else "document\n뷁 재밌다\n"
    path = written(tmp_path / name, text, codec)
    with open_table(path) as table:
        assert (table.columns, table.encoding) == (["document"], codec)
        assert next(table.chunks()).texts == ["뷁 재밌다"]


@pytest.mark.parametrize(
    "name", ["a.xls", "a", "a.gz", "a.parquet.gz", "a.xlsx.gz", ".csv", "a.csv.zip"]
)
def test_an_unknown_ending_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DataError, match=r"ends in \.csv, \.tsv, \.txt, \.json, \.jsonl, \.p.*--format|\.xlsx$"
    ):
        open_table(written(tmp_path / name, "document\n가\n"))


# Which column is the text.


def test_an_unknown_column_lists_the_others_and_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,Review,label\n1,가,1\n")
    with pytest.raises(DataError) as caught:
        open_table(path, column="reviw")
    assert "has no column 'reviw'; its columns are: id, Review, label" in str(caught.value)
    assert "did you mean 'Review'?" in str(caught.value)
    assert "--column NAME" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("review\n1\n2\n", "review"),
        ("label\n가\n", "label"),
        ("id,review,stars\n1,가,4.5\n2,10,\n", "review"),
        ("review,label,label_ko,score\n가,positive,긍정,0.9\n", "review"),
        ("id,document,other\n", "document"),
        ("id,review,stars\n" + "1,2,3\n" * 8191 + "2,가,4\n", "review"),
    ],
    ids=["single", "single label", "beside numbers", "beside own", "document", "late"],
)
def test_the_only_text_column_is_detected(tmp_path: Path, text: str, expected: str) -> None:
    with open_table(written(tmp_path / "a.csv", text)) as table:
        assert table.text_column == expected


@pytest.mark.parametrize(
    ("name", "text", "result"),
    [
        ("a.csv", "id,title,review\n1,가,나\n", "found 2 that could be it: title, review;"),
        ("a.csv", "id,stars\n1,5\n", "found none; its columns are: id, stars;"),
        ("a.csv", "id,review\n", "found 2 that could be it: id, review;"),
        ("a.jsonl", '{"a": "가", "b": "나"}\n', "found 2 that could be it: a, b;"),
        ("a.jsonl", '{"id": 1}\n', "found none; its columns are: id;"),
    ],
)
def test_an_unclear_text_column_is_an_error(
    tmp_path: Path, name: str, text: str, result: str
) -> None:
    with pytest.raises(DataError) as caught:
        open_table(written(tmp_path / name, text))
    assert "expected a column named 'document' or a single column of text" in str(caught.value)
    assert result in str(caught.value)
    assert "choose one with --column NAME" in str(caught.value)


# .jsonl


@pytest.mark.parametrize(
    ("bad", "result"),
    [
        ('{"document": "가"', "Expecting ',' delimiter"),
        ('["가"]', "found: '[\"가\"]'"),
        ('"가"', "found: '\"가\"'"),
        ("3", "found: '3'"),
        ('{"a": 1, "a": 2}', "the same key twice"),
        ("[" * 100_000, "recursion"),
        ("9" * 5000, "a number of 5,000 digits"),
    ],
    ids=["cut", "list", "string", "number", "repeated key", "deep", "many digits"],
)
def test_a_bad_json_line_is_named_when_opened(tmp_path: Path, bad: str, result: str) -> None:
    path = written(tmp_path / "a.jsonl", '{"document": "가"}\n\n' + bad + "\n")
    with pytest.raises(DataError, match=r"row 2 \(line 3\): expected one JSON object") as caught:
        open_table(path)
    assert result in str(caught.value)


def test_a_jsonl_file_of_no_objects_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected one JSON object a line, found none"):
        open_table(written(tmp_path / "a.jsonl", "\n{}\n"))


def test_a_number_as_a_comment_is_its_digits_and_a_list_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", '{"document": 10}\n{"document": 1.5}\n')
    assert texts(path) == ["10", "1.5"]
    written(path, '{"document": "가"}\n{"document": ["나"]}\n')
    with pytest.raises(DataError, match=r"row 2: column 'document': expected text, found list"):
        texts(path)


# .parquet


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
)
def test_every_string_type_of_parquet_is_text(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"id": [1], "review": pa.array(["가"]).cast(kind)})
    pq.write_table(table, tmp_path / "a.parquet")
    assert texts(tmp_path / "a.parquet") == ["가"]
    with open_table(tmp_path / "a.parquet", column="id") as opened:
        assert (opened.columns, opened.encoding) == (["id", "review"], None)
        assert next(opened.chunks()).texts == ["1"]


def test_damaged_parquet_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"document": ["가"] * 1000}), path)
    whole = path.read_bytes()
    for data in (b"document\n", whole[: len(whole) // 2], b""):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"is empty|can't be read as Parquet: expected whole"):
            open_table(path)
    with pytest.raises(DataError, match="there is no file"):
        open_table(tmp_path / "b.parquet")


def test_parquet_damaged_inside_is_an_error_when_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts_in = [f"영화 {n}" for n in range(5000)]
    pq.write_table(pa.table({"document": texts_in}), path, use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"a\.parquet"):
        texts(path)


def test_parquet_columns_of_one_name_are_an_error(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["가"]), pa.array(["나"])], names=["a", "a"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(DataError, match="expected every column name once, found 'a' twice"):
        open_table(tmp_path / "a.parquet")


# Streaming.


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_chunks_number_their_rows_and_start_anew(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    frame = pd.DataFrame({"document": [f"영화 {n}" for n in range(10)]})
    with open_writer(path) as writer:
        writer.write(frame)
    with open_table(path, chunk_rows=4) as table:
        assert table.bytes_read == 0
        for _ in range(2):
            chunks = list(table.chunks())
            assert [chunk.rows[0] for chunk in chunks] == [1, 5, 9]
            assert [len(chunk.frame) for chunk in chunks] == [4, 4, 2]
            assert [text for chunk in chunks for text in chunk.texts] == frame["document"].tolist()
        assert table.bytes_read == table.total_bytes == path.stat().st_size


@pytest.mark.slow
def test_a_large_table_streams_in_bounded_memory_with_progress(tmp_path: Path) -> None:
    line = "{},지루하지 않고 재미있는 영화였습니다 {},1\n"
    body = "".join(line.format(n, n) for n in range(150_000))
    path = written(tmp_path / "a.csv.gz", "id,document,label\n" + body)
    size = len(body.encode())
    del body
    seen, progress = 0, []
    try:
        with open_table(path, chunk_rows=2048) as table:
            for chunk in table.chunks():
                seen += len(chunk.texts)
                progress.append(table.bytes_read / table.total_bytes)
                # Tracing is slow: the last rows show as well whether anything piles up.
                if seen > 120_000 and not tracemalloc.is_tracing():
                    tracemalloc.start()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == 150_000
    assert peak < size / 5
    assert progress == sorted(progress)
    assert 0.4 < progress[len(progress) // 2] < 0.6


def test_leaving_a_table_closes_its_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "document\n가\n나\n")
    with open_table(path, chunk_rows=1) as table:
        chunks = table.chunks()
        next(chunks)
    # An open file would be a ResourceWarning, which is an error here; the rest isn't read either.
    assert list(chunks) == []
