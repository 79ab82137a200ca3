"""Columns of rows split many at a time are those of the reader that takes each line by itself."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.tables import regular_columns as module
from nsmc.tables.options import ReadOptions
from nsmc.tables.regular_columns import Irregular, Shape, regular_columns
from nsmc.tables.table import open_table
from tests.tables.files import written

CAREFUL = ReadOptions(skip_bad_rows=True)
"""Here every line is looked at; the tables have no bad row."""
CELLS = ["", " ", "가", "나 다", "a", "1", "\u2028", "😀"]
QUOTED = ['"a,b"', '"가""나"', '"첫\n둘"', '"첫\r\n\r\n둘"', '""', "a\rb"]


def read(path: Path, reading: ReadOptions, chunk_rows: int) -> list[Any]:
    with open_table(path, reading, column="document", chunk_rows=chunk_rows) as table:
        return [
            (list(chunk.rows), chunk.texts, [chunk.part.values(name) for name in table.columns])
            for chunk in table.chunks()
        ]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("regular")


@given(data=st.data())
def test_chunks_are_those_of_the_careful_reader(place: Path, data: Any) -> None:
    name = data.draw(st.sampled_from(["a.csv", "a.csv", "a.tsv", "a.txt"]))
    sign, odd = (",", QUOTED) if name == "a.csv" else ("\t", ["a\rb", '"', ","])
    width = data.draw(st.integers(1, 3))
    cell = st.sampled_from(CELLS + odd * data.draw(st.booleans()))
    # Blank lines, and what spreadsheets write for empty columns.
    blank = st.sampled_from(["", *([sign * (width + 1)] if name != "a.txt" or width > 1 else [])])
    line = st.lists(cell, min_size=width, max_size=width).map(sign.join)
    lines = [sign.join(["document", "b", "c"][:width]), *data.draw(st.lists(line | blank))]
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    path = written(place / name, end.join(lines) + data.draw(st.sampled_from(["", end])))
    chunk_rows = data.draw(st.integers(1, 5))
    expected = read(path, CAREFUL, chunk_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", data.draw(st.sampled_from([1, 7, 1 << 15])))
        patch.setattr(module, "TOGETHER", data.draw(st.sampled_from([1, 2, 512])))
        assert read(path, ReadOptions(), chunk_rows) == expected


@pytest.mark.parametrize("odd", ["a,b,c\n", "a\n", '"a"b,c\n', "a\rb,c\n", '"a,b\n', "a,b\r"])
def test_what_is_odd_comes_after_whole_chunks(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 4)
    shape = Shape(",", quoted=True, width=2, before=1, header=True)
    text = "sep=,\nx,y\n" + "1,2\n" * 5 + odd
    chunks = regular_columns(io.StringIO(text), shape, 2)
    assert [next(chunks), next(chunks)] == [[["1"] * 2, ["2"] * 2]] * 2
    with pytest.raises(Irregular):
        next(chunks)


@pytest.mark.parametrize("text", ["가나다라마,1\n" * 9, "가나다라마" * 5])
def test_no_more_is_held_than_a_chunk_may_have(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 4)
    shape = Shape(",", quoted=True, width=2, before=0, header=False)
    monkeypatch.setattr(module, "MOST_CHARACTERS", 20)
    taken = io.StringIO(text)
    with pytest.raises(Irregular):
        list(regular_columns(taken, shape, 100))
    assert taken.tell() < len(text)
