"""Rows held as lists say what a frame of them says."""

import datetime
import math
from typing import Any

import pandas as pd
import pytest

from nsmc.tables.rows import Columns, FrameRows, ListRows, Rows, rows_of

DAY = datetime.date(2026, 1, 1)
ADDED: Columns = {
    "label": ("text", ["긍정", None, "부정"]),
    "score": ("number", [0.1, None, math.nan]),
    "whole": ("number", [1, 2, 3]),
    "count": ("count", [1, None, 2**62]),
    "flag": ("flag", [True, None, False]),
}


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        ({"a": ("x", "", "NA"), "b": ("1", "2", "가")}, "str"),
        ({"a": [1, None, "x"], "b": [[1], pd.NA, DAY]}, object),
    ],
)
def test_lists_and_frames_say_the_same(cells: Any, dtype: Any) -> None:
    lists: Rows = ListRows(cells, dtype)
    framed: Rows = FrameRows(pd.DataFrame(cells, dtype=dtype))
    for one, other in (
        (lists, framed),
        (lists.take([2, 0]), framed.take([2, 0])),
        (lists.with_columns(ADDED), framed.with_columns(ADDED)),
        (lists.with_columns(ADDED).take([1, 2]), framed.with_columns(ADDED).take([1, 2])),
    ):
        assert (len(one), one.columns) == (len(other), other.columns)
        for name in one.columns:
            found, expected = one.values(name), other.values(name)
            assert found == expected
            assert list(map(type, found)) == list(map(type, expected))
        pd.testing.assert_frame_equal(one.frame, other.frame)
    twice = lists.with_columns({"x": ("text", ["", "a", "b"])})
    assert twice.with_columns({"y": ("flag", [True] * 3)}).columns == ["a", "b", "x", "y"]


def test_a_frame_is_taken_for_rows() -> None:
    frame = pd.DataFrame({"a": ["x"]})
    assert rows_of(frame).frame is frame
    assert rows_of(rows := FrameRows(frame)) is rows
