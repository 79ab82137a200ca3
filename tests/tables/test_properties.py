"""Writing and reading is the identity in each format, and no bytes make reading crash."""

import contextlib
import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nsmc.errors import NsmcError
from nsmc.tables.table import open_writer
from tests.tables.files import convert, rows

COLUMNS = ["document", "b", "c"]
ODD = ["\r", "\n", "\r\n", '"', '""', ",", "\t", "\u2028", "\x85"]
ODD += ["NA", "null", "001", "1e5", "True", "😀", " "]
NUMBERS = st.integers() | st.floats(allow_nan=False)


def texts(without: str = "\0") -> st.SearchStrategy[str]:
    """Texts in which what formats and programs stumble over is frequent."""
    odd = [text for text in ODD if not set(text) & set(without)]
    characters = st.characters(codec="utf-8", exclude_characters=without)
    return st.lists(st.sampled_from(odd) | characters, max_size=6).map("".join)


def tables(cells: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
    """Rows of one to three cells."""
    return st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1)
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@given(name=st.sampled_from(["a.csv", "a.csv.gz", "a.tsv", "a.txt.gz"]), data=st.data())
def test_delimited_cells_come_back_as_their_text(place: Path, name: str, data: Any) -> None:
    cell = texts() if ".csv" in name else texts(without="\0\t\n\r")
    table = data.draw(tables(cell | NUMBERS | st.none()))
    with open_writer(place / name) as writer:
        writer.write(pd.DataFrame(table, columns=COLUMNS[: len(table[0])], dtype=object))
    expected = [["" if cell is None else str(cell) for cell in row] for row in table]
    assert rows(place / name) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(texts(), values, max_size=3),
    max_leaves=5,
)


@given(
    name=st.sampled_from(["a.jsonl", "a.jsonl.gz"]),
    table=st.lists(
        st.tuples(st.text(st.characters()) | st.none(), JSON, JSON | st.just(pd.NA)), min_size=1
    ),
)
def test_json_values_come_back_as_they_were(
    place: Path, name: str, table: list[tuple[Any, ...]]
) -> None:
    columns = zip(COLUMNS, zip(*table, strict=True), strict=True)
    with open_writer(place / name) as writer:
        writer.write(pd.DataFrame({key: pd.Series(cells, dtype=object) for key, cells in columns}))
    # A key that no object has is no column. By their text, since NaN is unequal to itself.
    width = 3 if any(row[2] is not pd.NA for row in table) else 2
    expected = [list(row[:width]) for row in table]
    assert repr(rows(place / name, "document")) == repr(expected)


@given(
    table=st.lists(
        st.fixed_dictionaries(
            {
                "document": texts("") | st.none(),
                "n": st.integers(-(2**63), 2**63 - 1) | st.none(),
                "x": st.floats() | st.none(),
                "flag": st.booleans() | st.none(),
                "tags": st.lists(texts("")) | st.none(),
            }
        )
    )
)
def test_parquet_values_come_back_as_they_were(place: Path, table: list[dict[str, Any]]) -> None:
    kinds = {
        "document": pa.string(),
        "n": pa.int64(),
        "x": pa.float64(),
        "flag": pa.bool_(),
        "tags": pa.list_(pa.string()),
    }
    pq.write_table(pa.Table.from_pylist(table, pa.schema(kinds)), place / "a.parquet")
    convert(place / "a.parquet", place / "b.parquet")
    back = pq.read_table(place / "b.parquet")
    assert back.schema == pa.schema(kinds)
    assert repr(back.to_pylist()) == repr([{key: row[key] for key in kinds} for row in table])


PIECES = [b"document", b"label", b'"', b",", b"\t", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf"]
PIECES += [b'{"document": ', b'{"a": 1}', b"}", b"[", b"\xff\xfe", b"PAR1", b"\x1f\x8b", b"9" * 20]
PIECES += ["재밌다".encode(codec) for codec in ("utf-8", "cp949", "utf-16")]


@given(
    ending=st.sampled_from([".csv", ".tsv", ".txt.gz", ".jsonl", ".csv.gz", ".parquet"]),
    packed=st.booleans(),
    data=st.lists(st.sampled_from(PIECES) | st.binary(max_size=4)).map(b"".join),
)
@settings(max_examples=100)
@example(ending=".csv", packed=False, data=b"\xff\xfe")
def test_no_bytes_fail_without_a_message(
    place: Path, ending: str, packed: bool, data: bytes
) -> None:
    path = place / f"a{ending}"
    path.write_bytes(gzip.compress(data) if packed else data)
    with contextlib.suppress(NsmcError):
        rows(path)
