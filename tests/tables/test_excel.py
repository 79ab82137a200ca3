"""Excel files keep numbers, dates and text, and take no more memory than there is."""

import datetime
import re
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from nsmc.errors import DataError
from nsmc.tables import excel_size
from nsmc.tables.options import ReadOptions
from nsmc.tables.table import columns_of, open_table
from tests.tables.files import convert, rows, texts, written

DAY, TIME = datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5)


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """A sheet as people have it: a blank row and column first, dates, gaps, a second sheet."""
    path = tmp_path / "설문.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet("응답")
        sheet.write_row(1, 1, ["id", "document", "별점", "날짜", "동의"])
        sheet.write_row(2, 1, [1, "=1+1 이 영화", 4.5])
        sheet.write_datetime(2, 4, datetime.datetime(2024, 1, 2), day)
        sheet.write_boolean(2, 5, True)
        sheet.write_row(4, 1, [3, "지루\n하다", 10])
        sheet.write_datetime(4, 4, TIME, time)
        other = book.add_worksheet("둘째")
        other.write_column(0, 0, ["document", "다른 것"])
        book.add_worksheet("숨김").hide()
    return path


def test_a_sheet_is_read_as_it_is(survey: Path) -> None:
    with open_table(survey) as table:
        assert table.columns == ["id", "document", "별점", "날짜", "동의"]
        (chunk,) = table.chunks()
        assert list(chunk.rows) == [1, 2, 3]
        assert table.notes == [
            f"of the 2 sheets of {survey}, the first was read: 응답; --sheet NAME chooses another"
        ]
    assert chunk.texts == ["=1+1 이 영화", "", "지루\n하다"]
    assert chunk.frame.to_numpy().tolist() == [
        [1, "=1+1 이 영화", 4.5, DAY, True],
        [None] * 5,
        [3, "지루\n하다", 10, TIME, None],
    ]


def test_a_sheet_is_chosen(survey: Path) -> None:
    with open_table(survey, ReadOptions(sheet="둘째")) as table:
        assert next(table.chunks()).texts == ["다른 것"]
        assert table.notes == []
    with pytest.raises(DataError, match="expected a sheet named '셋째', found 응답, 둘째, 숨김"):
        open_table(survey, ReadOptions(sheet="셋째"))


@pytest.mark.parametrize("name", ["b.xlsx", "b.csv", "b.jsonl", "b.parquet"])
def test_values_stay_what_they_were(tmp_path: Path, survey: Path, name: str) -> None:
    convert(survey, tmp_path / name)
    convert(tmp_path / name, tmp_path / "back.xlsx")
    expected = rows(survey)
    if name in ("b.csv", "b.jsonl"):  # which have no dates
        expected = [
            [cell.isoformat() if isinstance(cell, datetime.date) else cell for cell in row]
            for row in expected
        ]
    if name == "b.csv":
        expected = [["" if cell is None else str(cell) for cell in row] for row in expected]
        assert (tmp_path / name).read_bytes().startswith(b"\xef\xbb\xbf")
        assert rows(tmp_path / name) == expected
        return
    assert rows(tmp_path / "back.xlsx") == expected


def test_text_is_written_as_text(tmp_path: Path) -> None:
    cells = ["001", "=1+1", "http://x.kr", "1e5", "a\x0bb", "_x000D_", "😀", "@", "3.0", "true"]
    source = written(tmp_path / "a.tsv", "id\tdocument\n" + "".join(f"{c}\t가\n" for c in cells))
    convert(source, tmp_path / "b.xlsx")
    assert [row[0] for row in rows(tmp_path / "b.xlsx")] == cells
    convert(source, tmp_path / "c.xlsx")
    assert (tmp_path / "b.xlsx").read_bytes() == (tmp_path / "c.xlsx").read_bytes()


def test_a_first_row_of_a_sheet_may_be_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_column(0, 0, ["재밌다", "별로"])
    with pytest.raises(DataError, match=r"column names in row 1, found '재밌다'.*--no-header"):
        texts(path)
    with open_table(path, ReadOptions(header=False)) as table:
        assert next(table.chunks()).texts == ["재밌다", "별로"]


def test_a_cell_below_no_name_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "document"])
        sheet.write_row(1, 0, [1, "재밌다", None, "메모"])
        sheet.write_row(2, 0, [2, "별로"])
    assert columns_of(path) == ["id", "document"]
    with pytest.raises(DataError, match=r"row 1 \(line 2\): expected 2 cells .*found '메모' below"):
        texts(path)
    with open_table(path, ReadOptions(skip_bad_rows=True)) as table:
        assert next(table.chunks()).texts == ["별로"]
        assert table.bad is not None
        assert table.bad.count == 1


@pytest.mark.parametrize("damage", ["cut", "no zip", "no sheet", "old", "empty sheet"])
def test_what_is_no_excel_file_is_named(tmp_path: Path, survey: Path, damage: str) -> None:
    path = tmp_path / "a.xlsx"
    data = {"cut": survey.read_bytes()[:-2000], "no zip": b"document\n", "old": b"\xd0\xcf\x11\xe0"}
    words = {"old": "found an old Excel file or one with a password", "empty sheet": "found none"}
    if damage in data:
        path.write_bytes(data[damage])
    elif damage == "no sheet":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("a.txt", "x")
    else:
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet()
    with pytest.raises(
        DataError, match=words.get(damage, "can't be read as Excel: expected a who")
    ):
        open_table(path)


def changed(source: Path, target: Path, part: str, pattern: str, new: str) -> Path:
    """A copy of a file of Excel with something else in one of its parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in old.namelist():
            text = old.read(name).decode()
            out.writestr(name, re.sub(pattern, new, text, count=1) if name == part else text)
    return target


def with_part(source: Path, target: Path, name: str, content: bytes) -> Path:
    """A copy of a file of Excel with one part more."""
    shutil.copy(source, target)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return target


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("pattern", "new", "found"),
    [
        ('r="B3"', 'r="XFD1048576"', "a sheet of 1,048,576 rows and 16,384 columns"),
        ("r='?\"?B3", 'r = "XFD1048576', "a sheet of 1,048,576 rows and 16,384 columns"),
        ('<row r="3"', '<row r="1048576"', "a sheet of 1,048,576 rows"),
    ],
)
def test_a_sheet_of_two_cells_far_apart_is_refused(
    tmp_path: Path, survey: Path, pattern: str, new: str, found: str
) -> None:
    if "row" in pattern:
        wide = changed(survey, tmp_path / "wide.xlsx", SHEET, 'r="F3"', 'r="XFD3"')
        path = changed(wide, tmp_path / "a.xlsx", SHEET, pattern, new)
        path = changed(path, tmp_path / "b.xlsx", SHEET, r'(<c) r="[A-Z]+3"', r"\1")
    else:
        path = changed(survey, tmp_path / "a.xlsx", SHEET, pattern, new)
    with pytest.raises(DataError, match=f"fits into memory, found {found}"):
        open_table(path)


def test_one_long_text_in_many_cells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_column(0, 0, ["document", *["길다" * 1000] * 50, "짧다"])
    assert len(texts(path)) == 51
    monkeypatch.setattr(excel_size, "MEMORY", 300_000)
    with pytest.raises(DataError, match="found 100,010 characters in the cells of a sheet"):
        open_table(path)
    # The control: many cells and one long text, of which few cells have it, are fine.
    monkeypatch.setattr(excel_size, "MEMORY", 330_000)
    assert len(texts(path)) == 51


def test_a_zip_that_unpacks_to_much_is_refused(
    tmp_path: Path, survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_size, "UNPACKED", 1 << 20)
    path = with_part(survey, tmp_path / "a.xlsx", "x", bytes(1 << 20))
    with pytest.raises(DataError, match=r"fits into memory, found 1,0\d\d,\d+ bytes of content"):
        open_table(path)


@pytest.mark.parametrize("name", ["xl/worksheets/deep/sheet1.xml", "xl/worksheets/sheet1.bin"])
def test_a_sheet_of_another_name_is_looked_at_too(tmp_path: Path, survey: Path, name: str) -> None:
    far = changed(survey, tmp_path / "far.xlsx", SHEET, 'r="B3"', 'r="XFD1048576"')
    target = name.removeprefix("xl/")
    moved = changed(
        far, tmp_path / "a.xlsx", "xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", target
    )
    with zipfile.ZipFile(moved) as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as out:
        for part in old.namelist():
            out.writestr(name if part == SHEET else part, old.read(part))
    with pytest.raises(DataError, match="found a sheet of 1,048,576 rows"):
        open_table(tmp_path / "b.xlsx")


@pytest.mark.parametrize("place", ["B3" + "9" * 300, "B0", "$B$3", "3.0", ""])
def test_a_place_that_is_none_is_refused(tmp_path: Path, survey: Path, place: str) -> None:
    """Calamine would take the first for a place so far away that the process ends."""
    path = changed(survey, tmp_path / "a.xlsx", SHEET, 'r="B3"', f'r="{place}"')
    with pytest.raises(DataError, match=r"can't be read as Excel.*a cell or row at"):
        open_table(path)
    path = changed(survey, tmp_path / "a.xlsx", SHEET, '<row r="3"', f'<row r="{place}"')
    with pytest.raises(DataError, match=r"can't be read as Excel.*a cell or row at"):
        open_table(path)


def test_a_part_that_is_larger_than_it_says_is_refused(tmp_path: Path, survey: Path) -> None:
    said = b"<sst/>"
    content = said + b" " * (1 << 21)
    path = with_part(survey, tmp_path / "a.xlsx", "xl/sharedstrings.xml", content)
    data = path.read_bytes()
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/sharedstrings.xml"))
    lie = struct.pack("<I", zlib.crc32(said)) + data[entry + 20 : entry + 24]
    lie += struct.pack("<I", len(said))
    path.write_bytes(data[: entry + 16] + lie + data[entry + 28 :])
    with pytest.raises(DataError, match="has another size than it says"):
        open_table(path)


@pytest.mark.parametrize(
    ("limit", "content", "found"),
    [
        ("LONGEST_PART", b"<a>" + b"x" * (3 << 20) + b"</a>", "bytes without an element"),
        ("DEEPEST", b"<a>" * 3000 + b"</a>" * 3000, "elements within one another"),
        ("MEMORY", b"<a>" + b"<si/>" * 3000 + b"</a>", "texts"),
    ],
)
def test_what_a_part_may_be_is_bounded(
    tmp_path: Path,
    survey: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    content: bytes,
    found: str,
) -> None:
    monkeypatch.setattr(excel_size, "BLOCK", 1 << 12)
    monkeypatch.setattr(excel_size, limit, 1500 if limit == "DEEPEST" else 100_000)
    path = with_part(survey, tmp_path / "a.xlsx", "xl/SharedStrings.xml", content)
    with pytest.raises(DataError, match=f"fits into memory, found .*{found}"):
        open_table(path)


def test_calamine_itself_would_take_the_rectangle(survey: Path) -> None:
    """Why `nsmc.tables.excel_size` is there: the area counts, not the cells."""
    sheet = CalamineWorkbook.from_path(survey).get_sheet_by_index(0)
    assert [len(row) for row in sheet.iter_rows()] == [5] * 5
