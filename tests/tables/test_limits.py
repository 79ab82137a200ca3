"""No table takes the machine's memory, and none that changes meanwhile passes for whole."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nsmc.errors import DataError
from nsmc.tables.base import LONGEST, MOST_CHARACTERS, batches
from nsmc.tables.columns import listing
from nsmc.tables.table import open_table, open_writer
from tests.tables.files import convert, rows, texts, written


@pytest.mark.parametrize("name", ["a.txt.gz", "a.csv.gz", "a.jsonl.gz"])
def test_a_line_without_an_end_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"document": "' if "json" in name else b"document\n")
        for _ in range(18):
            file.write(b"x" * (1 << 20))
    most = "1,048,576" if "json" in name else "16,777,216"
    with pytest.raises(DataError, match=f"lines of at most {most} characters, found a longer"):
        texts(path)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_a_million_columns_are_refused_in_few_words(tmp_path: Path, name: str) -> None:
    names = [f"column {n}" for n in range(20_000)]
    path = tmp_path / name
    if name == "a.jsonl":
        # A key of its own in each row, which must not take a table of all of them.
        written(path, "".join(json.dumps({one: 1}) + "\n" for one in names))
    else:
        written(path, ("," if name == "a.csv" else "\t").join(names) + "\n")
    with pytest.raises(
        DataError, match=r"expected at most 16,384 columns, found (20,000|16,385)"
    ) as caught:
        open_table(path)
    assert len(str(caught.value)) < 1000


def test_commas_at_the_end_of_a_header_take_no_time(tmp_path: Path) -> None:
    assert texts(written(tmp_path / "a.csv", f"document{',' * 300_000}\n재밌다\n")) == ["재밌다"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_names_of_columns_have_few_characters_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("nsmc.tables.base.MOST_NAMES", 100_000)
    monkeypatch.setattr("nsmc.tables.json_files.MOST_NAMES", 100_000)
    long = [f"{n}{'k' * 10_000}" for n in range(20)]
    lines = (
        [",".join([*long, "document"])] if name == "a.csv" else [f'{{"{one}": 1}}' for one in long]
    )
    path = written(tmp_path / name, "\n".join(lines) + "\n")
    # Of JSON, what comes after is not read any more.
    with pytest.raises(
        DataError, match=r"at most 100,000 characters in all, found (200,038|100,01)"
    ):
        open_table(path)


def test_messages_have_few_of_many_names(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ",".join(f"id{n}" for n in range(9000)) + "\n1,2\n")
    for column in (None, "x" * 5000):
        with pytest.raises(DataError) as caught:
            rows(path, column)
        assert len(str(caught.value)) < 1500
    assert listing(["a", "b"]) == "a, b"
    assert listing(["x" * 100] * 9).endswith("… (2 more)")


def test_chunks_are_small_where_rows_are_large() -> None:
    wide = list(batches(((n, 1, n) for n in range(100)), 8192, 100_000))
    assert {len(chunk) for _, chunk in wide} == {10}
    long = list(batches(((n, MOST_CHARACTERS // 2, n) for n in range(5)), 8192, 1))
    assert [numbers for numbers, _ in long] == [[0, 1], [2, 3], [4]]
    assert list(batches([], 5, 1)) == []
    assert LONGEST <= MOST_CHARACTERS


def test_one_long_text_in_many_rows_is_in_memory_once(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"document": ["길" * 20_000] * 3000, "n": range(3000)})
    pq.write_table(table, path, compression="zstd")
    assert path.stat().st_size < 100_000
    del table
    seen = 0
    before = pa.total_allocated_bytes()
    with open_table(path) as opened:
        for chunk in opened.chunks():
            assert sum(map(len, chunk.texts)) <= MOST_CHARACTERS
            assert list(chunk.rows) == list(range(seen + 1, seen + 1 + len(chunk.texts)))
            seen += len(chunk.texts)
            if seen > 1600:
                break
        assert pa.total_allocated_bytes() - before < 1 << 28


def test_columns_within_others_count(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    row = {f"n{n}": 0 for n in range(3000)}
    pq.write_table(pa.table({"document": ["길다"] * 400, "more": [row] * 400}), path)
    with open_table(path) as opened:
        assert len(next(opened.chunks()).texts) < 400


def test_a_column_that_is_far_smaller_on_disk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"document": ["ab" * (1 << 21)] * 65})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, data_page_size=1 << 30)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match=r"row groups that fit into memory, found 272,.* bytes in"):
        open_table(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_table_that_changes_while_it_is_read_is_refused(tmp_path: Path, name: str) -> None:
    path, out = tmp_path / name, tmp_path / "b.csv"
    with open_writer(path) as writer:
        writer.write(pd.DataFrame({"document": [f"영화 {n}" for n in range(100)]}))
    data = path.read_bytes()
    with (
        pytest.raises(DataError, match=r"changed while it was read .*nothing was written.*a copy"),
        open_table(path, chunk_rows=10) as table,
        open_writer(out, table) as writer,
    ):
        for number, chunk in enumerate(table.chunks()):
            writer.write(chunk.frame)
            if number == 2:
                with path.open("ab") as file:
                    file.write(data[-20:])
    assert not out.exists()


# What Arrow holds and Python doesn't.


def test_parquet_texts_that_are_not_utf8_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    bad = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"\xff\xfe\xfd")]
    )
    pq.write_table(pa.table({"document": bad}), path)
    with pytest.raises(DataError, match=r"a\.parquet.*(?i:utf)"):
        texts(path)


def test_dates_and_zones_that_python_lacks_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    far = pa.array([2_932_897, None], pa.int32()).cast(pa.date32())  # the year 10000
    zone = pa.array([0, None], pa.int64()).cast(pa.timestamp("s", "Mars/Phobos"))
    pq.write_table(pa.table({"document": ["가", "나"], "far": far, "zone": zone}), path)
    convert(path, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == (
        "document,far,zone\n가,10000-01-01,1970-01-01 00:00:00.000Z\n나,,\n"
    )
    convert(path, tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "b.parquet") == pq.read_table(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.xlsx"])
def test_a_parquet_of_no_rows_has_the_types_of_one_with_rows(tmp_path: Path, name: str) -> None:
    from nsmc.pipeline.score_table import add_columns

    kinds = {"label": "text", "score": "number", "units": "count"}
    schemas = []
    for count in (0, 2):
        frame = pd.DataFrame({"document": ["가"] * count, "n": [1] * count})
        with open_writer(tmp_path / name) as writer:
            writer.write(frame.astype({"document": "str", "n": "int64"}))
        if name == "a.jsonl" and not count:
            continue  # which has no columns then
        add_columns(
            tmp_path / name,
            tmp_path / "b.parquet",
            kinds,  # type: ignore[arg-type]
            lambda chunks: ([["x"] * len(c), [0.5] * len(c), [1] * len(c)] for c in chunks),
            verbose=False,
        )
        schema = pq.read_schema(tmp_path / "b.parquet")
        schemas.append([(field.name, str(field.type)) for field in schema if field.name != "n"])
    assert schemas[0] == schemas[-1]
    assert schemas[0][1:] == [("label", "string"), ("score", "double"), ("units", "int64")]
