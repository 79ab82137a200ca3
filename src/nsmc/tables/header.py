"""Whether a table's first line holds column names, and what separates its cells.

Public sets of reviews come without a header, and a first comment taken for one is a comment lost.
So a first line holds names only if there is a sign of it.
"""

import csv
import re
from collections.abc import Collection, Iterable, Sequence

from nsmc.errors import DataError
from nsmc.tables.cells import is_number
from nsmc.tables.columns import DEFAULT_COLUMN, listing
from nsmc.tables.formats import TableFile

HEAD = 20
"""Lines or rows that are looked at for the delimiter and the header."""
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_USUAL = """
id document label label_ko score confidence stars rating predicted_label predicted_score
text texts comment comments review reviews sentence sentences content contents body message
title labels sentiment star ratings class category topic date time user name no index
댓글 리뷰 후기 내용 본문 문장 텍스트 의견 코멘트 문서 평점 별점 점수 라벨 레이블 감성 감정 긍부정
분류 카테고리 주제 번호 순번 제목 작성자 작성일 날짜 일자 일시 아이디 닉네임 이름
"""
USUAL = frozenset(_USUAL.split())
"""Names, in lower case, of which one among the cells makes a line a header."""
_IDENTIFIER = re.compile(r"[A-Za-z_][\w .:/()-]{0,40}", re.ASCII)
_SEP = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)


def declared_delimiter(line: str) -> str | None:
    """What the line ``sep=;``, which Excel writes before the header, says; None of another line."""
    found = _SEP.fullmatch(line)
    return found[1] if found else None


def sniff_delimiter(lines: Sequence[str], usual: str, names: Collection[str]) -> str:
    """The character that separates the cells of a table; empty if each line is one cell.

    Args:
        lines: the first lines.
        usual: that of the format, which wins where nothing speaks for another.
        names: columns that somebody wants, in lower case.
    """

    def signs(delimiter: str) -> tuple[bool, bool, bool]:
        rows = split_lines(lines, delimiter, quoted=delimiter != "\t" or usual != "\t")
        if not rows or len(rows[0]) < 2:
            return False, False, False
        named = any(clean(cell) in names for cell in rows[0])
        even = len({len(row) for row in rows if row}) == 1
        return named, even and len(rows) > 1, usual == ","

    found = {one: signs(one) for one in [usual, *(one for one in DELIMITERS if one != usual)]}
    best = max(found, key=found.__getitem__)  # the first of equal ones
    if found[usual] != (False, False, False) and not (found[best][0] and not found[usual][0]):
        return usual
    # Where cells are usually separated by tabs, text with commas in it is the rule: only a name
    # that is looked for tells such a table from plain text.
    return best if found[best][0 if usual == "\t" else 2] else usual


def split_lines(lines: Sequence[str], delimiter: str, *, quoted: bool) -> list[list[str]]:
    """Cells of the first lines of a table, as far as they can be told."""
    if quoted:
        shown = (line.replace("\0", "").rstrip("\r\n").replace("\r", " ") for line in lines)
        try:
            return list(csv.reader(shown, delimiter=delimiter))
        except csv.Error:
            return []
    return [line.rstrip("\r\n").split(delimiter) for line in lines]


def is_header(rows: Sequence[Sequence[str]], names: Collection[str]) -> bool:
    """Whether the first of some rows holds column names.

    Args:
        rows: the first few of a table, cells as text.
        names: columns that somebody wants, in lower case.
    """
    if not rows:
        return False
    first = [clean(cell) for cell in rows[0]]
    if any(cell in names or cell in USUAL for cell in first):
        return True
    if len(first) < 2 or any(is_number(cell) for cell in first if cell):
        return False
    if all(_IDENTIFIER.fullmatch(cell.strip()) for cell in rows[0] if cell) and any(first):
        return True
    # Words above numbers.
    below = [row for row in rows[1:] if len(row) == len(first)]
    return bool(below) and any(
        cell and all(row[place] and is_number(row[place]) for row in below)
        for place, cell in enumerate(first)
    )


def check_header(
    file: TableFile, rows: Sequence[Sequence[str]], names: Collection[str], place: str
) -> None:
    """Refuse a table whose first row, at ``place``, may be no header by `is_header`.

    Raises:
        DataError: it may be none.
    """
    if not is_header(rows, names):
        raise DataError(
            "{file}: expected column names in {place}, found {cells!r}, in which nothing looks "
            "like one. If it is the first row, give --no-header; if it does hold the names, say "
            "which column holds the comments with --column NAME",
            file=file,
            place=place,
            cells=listing([" | ".join(rows[0])]),
        )


def numbered_columns(width: int) -> list[str]:
    """The names of the columns of a table without a header."""
    return [DEFAULT_COLUMN] if width == 1 else [str(number) for number in range(1, width + 1)]


def cleaned(names: Iterable[str]) -> set[str]:
    """Columns that somebody wants, and the usual one, as `is_header` compares names."""
    return {clean(name) for name in (*names, DEFAULT_COLUMN)}


def clean(name: str) -> str:
    """A column name as it is compared: without white space around it, in lower case."""
    return name.strip().casefold()
