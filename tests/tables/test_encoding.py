"""The encoding of a file is detected over all of its bytes, and never guessed into garbage."""

import gzip
import os
from pathlib import Path

import pytest

from nsmc.errors import DataError
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.formats import table_file
from nsmc.tables.input_file import BLOCK
from tests.tables.files import written


def detect(path: Path) -> str:
    return detect_encoding(table_file(path, "txt"))


TEXT = "id\tdocument\tlabel\n1\t정말 재미있다 ㅋㅋ\t1\n2\t돈이 아까운 영화\t0\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("cp949"), "cp949"),
        (TEXT.encode("euc-kr"), "cp949"),
        (TEXT.encode("utf-16"), "utf-16"),
        (("\ufeff" + TEXT).encode("utf-16-be"), "utf-16"),
        ("똠방각하 뷁\n".encode("cp949"), "cp949"),
        (b"a,b\n1,2\n", "utf-8"),
        ((b"x" * 63 + b"\n") * (2 * BLOCK // 64) + "재밌다\n".encode("cp949"), "cp949"),
    ],
    ids=["UTF-8", "mark", "CP949", "EUC-KR", "UTF-16", "big-endian", "뷁", "ASCII", "many blocks"],
)
def test_the_encodings_korean_files_come_in(tmp_path: Path, data: bytes, expected: str) -> None:
    for name in ("a.txt", "a.txt.gz", "a.TXT.GZ"):
        assert detect(written(tmp_path / name, data)) == expected


@pytest.mark.parametrize("codec", ["utf-8", "cp949"])
@pytest.mark.parametrize("before", [1, 2])
def test_a_character_may_lie_across_two_blocks(tmp_path: Path, codec: str, before: int) -> None:
    data = b"x" * (BLOCK - before) + "재밌다\n".encode(codec)
    assert detect(written(tmp_path / "a.txt", data)) == codec


def test_a_bad_byte_after_a_split_character_is_placed_exactly(tmp_path: Path) -> None:
    head = "가나다\n".encode()
    data = head + b"x" * (BLOCK - len(head) - 1) + "가".encode() + b"\n\xff\n"
    with pytest.raises(DataError) as caught:
        detect(written(tmp_path / "a.txt", data))
    assert f"as UTF-8, the bytes FF at byte {BLOCK + 4} (line 3)" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        # Valid CP949 by chance, as short damaged files can be.
        ("각각좋아".encode() + b"\xb0\xa1", r"as UTF-8, the bytes B0 at byte 13 \(line 1\)"),
        ("가나다라마".encode()[:-1], "the end of the file inside a character at byte 13"),
        ("가나\n다".encode("utf-16")[:-1], r"UTF-16.*inside a character at byte 9 \(line 2\)"),
        # Latin-1 is never an answer.
        (b"text\ncaf\xe9\xe9 \xff\n", r"as UTF-8, .* \(line 2\); as CP949, .* \(line 2\)"),
        ("a,b\n".encode("utf-16-le"), "a NUL byte at byte"),
        ("a,b\n".encode("utf-32"), "a NUL byte at byte"),
    ],
    ids=["damaged UTF-8", "cut", "odd UTF-16", "Latin-1", "UTF-16 without mark", "UTF-32"],
)
def test_what_is_no_text_is_placed(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        detect(written(tmp_path / "a.txt", data))


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_nul_byte_is_no_text(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        detect(written(tmp_path / name, "a,b\n가,\0\n".encode()))
    message = str(caught.value)
    assert "expected UTF-8, UTF-16 with a byte order mark, or CP949" in message
    assert "found as UTF-8, a NUL byte at byte 9 (line 2)" in message
    assert "Save the file again as UTF-8" in message
    assert ("of the decompressed text" in message) == name.endswith(".gz")


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        (b"PK\x03\x04\0\0", "an Excel or zip file: give it the ending .xlsx"),
        (b"\xd0\xcf\x11\xe0\0\0", "an old Excel file: save it as .xlsx"),
        (gzip.compress(b"text", mtime=0), ".gz at the end"),
        (b"PAR1\0\0", "the ending .parquet"),
        (b"%PDF-1.7", "a PDF, which holds no table"),
        (b"\n <!DOCTYPE html>\n<html>", "is a web page: expected a .txt table, found HTML"),
        ("<table><tr><td>".encode("utf-16"), "is a web page"),
    ],
)
def test_other_formats_under_a_text_name_are_recognised(
    tmp_path: Path, head: bytes, hint: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(head)
    with pytest.raises(DataError, match=hint):
        detect(path)


@pytest.mark.parametrize("data", [b"", gzip.compress(b"")], ids=["no bytes", "gzip of nothing"])
def test_an_empty_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match="is empty: expected at least a line of column names"):
        detect(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone.txt", r"there is no file .*gone\.txt.*check the name"),
        (".", "expected a file of reviews, found the directory"),
        ("a" * 300 + ".txt", r"cannot read .*File name too long"),
    ],
    ids=["missing", "directory", "long name"],
)
def test_what_is_no_file_is_named(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        detect(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(DataError, match="found a pipe or device"):
        detect(tmp_path / "pipe.txt")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"text\n")
    path.chmod(0)
    with pytest.raises(DataError, match=r"cannot read .*Permission denied.*permissions"):
        detect(path)


@pytest.mark.parametrize("damage", ["cut", "flipped", "not gzip"])
def test_a_damaged_gz_is_an_error(tmp_path: Path, damage: str) -> None:
    whole = gzip.compress(TEXT.encode() * 100)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    data = {"cut": whole[:-20], "flipped": bytes(flipped), "not gzip": TEXT.encode()}[damage]
    path = tmp_path / "a.txt.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"is damaged or not gzip: .*rename it without \.gz"):
        detect(path)
