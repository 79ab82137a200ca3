"""Files as people have them: without a header, with other separators, from spreadsheets."""

from pathlib import Path

import pytest

from nsmc.errors import DataError, UsageError
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.tables.table import columns_of, open_table, open_writer
from tests.tables.files import convert, rows, texts, written


def read(path: Path, column: str | None = None, **options: object) -> tuple[list[str], list[str]]:
    """The columns and the comments of a table."""
    with open_table(path, ReadOptions(**options), column=column) as table:  # type: ignore[arg-type]
        return table.columns, [text for chunk in table.chunks() for text in chunk.texts]


# The first line.


@pytest.mark.parametrize("name", ["c.txt", "c.txt.gz"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_plain_text_is_one_comment_a_line(tmp_path: Path, name: str, codec: str) -> None:
    path = written(tmp_path / name, "재밌다\n최악이다\r\n\n좋아요; 정말, 최고", codec)
    assert read(path) == (["document"], ["재밌다", "최악이다", "", "좋아요; 정말, 최고"])


def test_a_header_of_plain_text_is_document_or_the_column_asked_for(tmp_path: Path) -> None:
    assert texts(written(tmp_path / "a.txt", "document\n재밌다\n")) == ["재밌다"]
    path = written(tmp_path / "b.txt", "리뷰\n재밌다\n")
    assert texts(path) == ["리뷰", "재밌다"]
    assert read(path, "리뷰") == (["리뷰"], ["재밌다"])
    assert read(path, "document", header=False)[1] == ["리뷰", "재밌다"]
    # A tab in a comment makes no table of it.
    tabs = written(tmp_path / "c.txt", "탭이\t있다\n없다\n")
    assert read(tabs) == (["document"], ["탭이\t있다", "없다"])


HEADERLESS = {
    "one.csv": "재밌다\n최악이다\n",
    "two.csv": "5,재밌다\n1,최악이다\n",
    "two.tsv": "5\t배송이 빠르고 굿\n2\t별로예요\n",
    "two.txt": "0\t노래가 너무 적음\n1\t좋습니다\n",
    "words.csv": "긍정이다,재밌다\n부정이다,최악이다\n",
    "english.csv": "1,good\n0,bad\n",
}


@pytest.mark.parametrize("name", HEADERLESS)
def test_a_first_row_is_no_header(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, HEADERLESS[name])
    with pytest.raises(DataError) as caught:
        texts(path)
    first = HEADERLESS[name].splitlines()[0].replace("\t", " | ").replace(",", " | ")
    assert f"expected column names in line 1, found {first!r}" in str(caught.value)
    assert "give --no-header" in str(caught.value)
    assert "--column NAME" in str(caught.value)
    columns, found = read(path, "document" if name == "one.csv" else "2", header=False)
    assert columns == (["document"] if name == "one.csv" else ["1", "2"])
    assert len(found) == 2
    assert rows_without_header(path)[0] == HEADERLESS[name].splitlines()[0].replace("\t", ",")


def rows_without_header(path: Path) -> list[str]:
    with open_table(path, ReadOptions(header=False), column=None, usual="2") as table:
        frames = [chunk.frame for chunk in table.chunks()]
    return [",".join(row) for frame in frames for row in frame.to_numpy().tolist()]


@pytest.mark.parametrize(
    "header",
    [
        "번호,의견",  # a word above numbers
        "id,opinion",
        "나이,댓글",
        "Document,나이",
        "my id,my text",
        ",text",  # an index of pandas
    ],
)
def test_signs_of_a_header(tmp_path: Path, header: str) -> None:
    path = written(tmp_path / "a.csv", f"{header}\n1,재밌다\n2,별로\n")
    assert columns_of(path) == header.split(",")


def test_a_column_asked_for_makes_a_header(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "소속,느낀 점\n가,재밌다\n나,별로\n")
    with pytest.raises(
        DataError, match=r"expected column names in line 1, found '소속 \| 느낀 점'"
    ):
        texts(path)
    assert read(path, "느낀 점")[1] == ["재밌다", "별로"]


def test_names_are_found_in_other_case(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "ID, Document ,label\n1,재밌다,1\n")
    with open_table(path) as table:
        assert table.text_column == " Document "
    assert read(path, "DOCUMENT")[1] == ["재밌다"]
    both = written(tmp_path / "b.csv", "Text,TEXT\n가,나\n")
    with pytest.raises(DataError, match="has no column 'text'; its columns are: Text, TEXT"):
        read(both, "text")


# Separators.


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id;document;label\n1;재밌다, 정말;1\n", "semicolon"),
        ("a.csv", "id\tdocument\tlabel\n1\t재밌다, 정말\t1\n", "tab"),
        ("a.csv", 'sep=;\nid;document;label\n1;"재밌다, 정말";1\n', "semicolon"),
        ("a.csv", 'sep=,\r\nid,document,label\r\n1,"재밌다, 정말",1\r\n', ""),
        ("a.txt", 'id,document,label\n1,"재밌다, 정말",1\n', "comma"),
        ("a.tsv", "id;document;label\n1;재밌다, 정말;1\n", "semicolon"),
    ],
)
def test_separators_are_recognised_and_reported(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with open_table(written(tmp_path / name, text)) as table:
        assert table.columns == ["id", "document", "label"]
        assert [text for chunk in table.chunks() for text in chunk.texts] == ["재밌다, 정말"]
        note = f"the cells of {tmp_path / name} are separated by {said}"
        assert table.notes == ([note] if said else [])


def test_text_with_separators_in_it_stays_one_column(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "document\n좋아요; 최고; 정말\n별로;\n")
    assert read(path) == (["document"], ["좋아요; 최고; 정말", "별로;"])
    lines = "줄거리, 연기, 음악\n모두 좋다; 정말\n"
    assert texts(written(tmp_path / "b.txt", lines)) == lines.splitlines()


def test_a_delimiter_is_forced(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id|document\n1|재밌다, 정말\n")
    assert read(path, delimiter="|") == (["id", "document"], ["재밌다, 정말"])
    path = written(tmp_path / "a.dat", 'id\tdocument\n1\t그는 "최고\n')
    assert read(path, format="tsv")[1] == ['그는 "최고']
    for wrong in ("", ";;", '"', "\n"):
        with pytest.raises(UsageError, match="expected a delimiter of one character, or tab"):
            ReadOptions(delimiter=wrong)
    with pytest.raises(UsageError, match=r"expected a format of csv, .*, found 'xls'"):
        ReadOptions(format="xls")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="--positive-from and --negative-to go together"):
        ReadOptions(positive_from=4)


# What spreadsheets write.


@pytest.mark.parametrize(("name", "comma"), [("a.csv", ","), ("a.tsv", "\t")])
def test_empty_columns_at_the_end_are_none(tmp_path: Path, name: str, comma: str) -> None:
    lines = ["id,document,label,,", "1,재밌다,1,,", "2,별로,0,", ",,,,", "3,좋다,1,, "]
    path = written(tmp_path / name, "\n".join(lines).replace(",", comma) + "\n")
    assert rows(path) == [
        ["1", "재밌다", "1"],
        ["2", "별로", "0"],
        ["", "", ""],
        ["3", "좋다", "1"],
    ]
    written(path, "\n".join(lines).replace("0,", "0,,메모").replace(",", comma) + "\n")
    with pytest.raises(DataError, match=r"row 2 \(line 3\): expected 3 .* found 5"):
        rows(path)


@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-8", False), ("utf-8-sig", True), ("cp949", True), ("utf-16", True)]
)
def test_an_output_opens_in_excel_as_its_input_does(tmp_path: Path, codec: str, mark: bool) -> None:
    source = written(tmp_path / "a.csv", "id,document\n1,뷁 재밌다\n", codec)
    for name in ("b.csv", "b.tsv", "b.jsonl"):
        convert(source, tmp_path / name)
        found = (tmp_path / name).read_bytes().startswith(b"\xef\xbb\xbf")
        assert found == (mark and name != "b.jsonl"), name
    with open_table(source) as table:
        assert bool(table.notes) == (codec in ("cp949", "utf-16"))


def test_an_encoding_is_forced(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", "document\n재밌다\n")
    writing = WriteOptions(encoding="cp949")
    convert(source, tmp_path / "b.csv", writing=writing)
    assert (tmp_path / "b.csv").read_bytes() == "document\n재밌다\n".encode("cp949")
    with pytest.raises(UsageError, match=r"--encoding is for text formats, and .*parquet"):
        convert(source, tmp_path / "b.parquet", writing=writing)


# JSON.


def test_an_array_of_objects_or_strings(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", ' [{"document": "재밌다", "n": 1},\n {"document": null}] ')
    assert read(path) == (["document", "n"], ["재밌다", ""])
    path = written(tmp_path / "b.json", '["재밌다", "별\\n로"]', "utf-16")
    assert read(path) == (["document"], ["재밌다", "별\n로"])
    with pytest.raises(DataError, match="expected an array of objects, found none with a key"):
        texts(written(path, "[]"))


def test_an_array_is_written_and_read_back(tmp_path: Path) -> None:
    many = [{"document": f"영화 {n} " + "길다" * (n % 90), "n": n} for n in range(5_000)]
    import json

    source = written(tmp_path / "a.json", json.dumps(many, ensure_ascii=False))
    convert(source, tmp_path / "b.json", chunk_rows=512)
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8")) == many
    with open_table(source) as table, open_writer(tmp_path / "c.json", table) as writer:
        writer.write(table.empty())
    assert json.loads((tmp_path / "c.json").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.jsonl", '[{"document": "가"}]', "found an array.*name it .json"),
        ("a.json", '{"document": "가"}\n{"document": "나"}', "expected an array.*name it .jsonl"),
        ("a.json", '[{"document": "가"}, 3]', "row 2: expected one JSON object.*found: '3'"),
        ("a.json", '[{"document": "가"}', "element 1: expected a comma or ]"),
        ("a.json", '[{"document": "가"}] x', "expected nothing after the array"),
        ("a.json", '["가", "나', "element 2: expected a JSON object or string"),
        ("a.jsonl", '{"document": 1e999}', "the number 1e999, which is beyond"),
        ("a.jsonl", '{"document": "가", "\\ud83d": 1}', "found half of a surrogate pair"),
    ],
)
def test_what_is_no_json_table_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        texts(written(tmp_path / name, text))


def test_new_cells_are_no_formulas(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", "document\n=1+1\n-5\n")
    with open_table(source) as table:
        frame = next(table.chunks()).frame.assign(label=["=x", "-"], score=[-0.5, 1.0])
        for safe, first in ((False, "=1+1"), (True, "'=1+1")):
            with open_writer(tmp_path / "b.csv", table, WriteOptions(safe_cells=safe)) as writer:
                writer.added = ["label", "score"]
                writer.write(frame)
            lines = (tmp_path / "b.csv").read_text(encoding="utf-8").splitlines()
            assert lines[1] == f"{first},'=x,-0.5"
            assert lines[2] == "-5,-,1.0"  # a number is no formula
