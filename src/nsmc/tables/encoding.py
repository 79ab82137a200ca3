"""The encoding of a text file, decided over all of its bytes."""

import codecs
import re
from dataclasses import dataclass
from itertools import islice

from nsmc.errors import DataError
from nsmc.messages.translate import mark, tr
from nsmc.tables.formats import TableFile
from nsmc.tables.input_file import BLOCK, open_input

# (what the file begins with, the decoder that checks it, the name that reads it without the mark)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)

_SIGNATURES = (
    (
        b"PK\x03\x04",
        mark("an Excel or zip file: give it the ending .xlsx, or unpack the zip"),
    ),
    (b"\xd0\xcf\x11\xe0", mark("an old Excel file: save it as .xlsx")),
    (b"\x1f\x8b", mark("gzip: give its name .gz at the end")),
    (b"PAR1", mark("Parquet: give its name the ending .parquet")),
    (b"%PDF", mark("a PDF, which holds no table: get the data in another form")),
    (b"SQLite format 3", mark("a database of SQLite: export the table as CSV")),
)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<(!doctype|html|head|body|table|\?xml|meta)\b",
    re.IGNORECASE,
)

_HANGUL = re.compile("[가-힣]")
# CP949 hardly ever decodes to a Hangul syllable as UTF-8, never mind three before the first
# failure. A UTF-8 file with one bad byte, though, can be valid CP949 by chance if it is short.
_SURELY_UTF8 = 3


def detect_encoding(file: TableFile, *, lenient: bool = False) -> str:
    """Detect the encoding of a text file, which may be gzip-compressed.

    The whole file is decoded, in blocks, so that the answer holds for its last byte too. Latin-1
    is never an answer: it decodes anything, and Korean text into garbage.

    Args:
        file: the table.
        lenient: for text with bad bytes in it, answer what most of it is likely to be.

    Returns:
        "utf-8-sig" or "utf-16" if the file begins with the mark of it, else "utf-8" if it is that,
        else "cp949".

    Raises:
        DataError: the file is missing, empty, damaged, of another kind, or no text in any of these
            encodings; then the message holds the byte and the line, both counted from 1.
    """
    with open_input(file) as (_, stream):
        head = stream.read(256)
    if not head:
        raise DataError("{file} is empty: expected at least a line of column names", file=file)
    for magic, kind in _SIGNATURES:
        if head.startswith(magic):
            raise DataError(
                "{file} is not text: expected a .{format} table, found {kind}",
                file=file,
                format=file.format,
                kind=tr(kind),
            )
    if _HTML.match(head.replace(b"\0", b"")):
        raise DataError(
            "{file} is a web page: expected a .{format} table, found HTML or XML, {head!r}; an "
            "address may need a login, or the page's own link to the file",
            file=file,
            format=file.format,
            head=head[:40],
        )
    for signature, encoding, answer in _MARKS:
        if head.startswith(signature):
            failure = _first_failure(file, encoding)
            if failure is None or lenient:
                return answer
            raise _not_text(file, [failure])
    as_utf8 = _first_failure(file, "utf-8")
    if as_utf8 is None:
        return "utf-8"
    if as_utf8.hangul >= _SURELY_UTF8:
        if lenient:
            return "utf-8"
        raise _not_text(file, [as_utf8])
    as_cp949 = _first_failure(file, "cp949")
    if as_cp949 is None:
        return "cp949"
    # If UTF-8 holds for longer, its failure is the one to mend.
    further = as_utf8.offset > as_cp949.offset
    if lenient:
        return "utf-8" if further else "cp949"
    raise _not_text(file, [as_utf8] if further else [as_utf8, as_cp949])


@dataclass(frozen=True)
class _Failure:
    """Where a file stops being of an encoding."""

    offset: int
    hangul: int
    """Hangul syllables before it, counted to `_SURELY_UTF8` at least."""
    message: str


def _first_failure(file: TableFile, encoding: str) -> _Failure | None:
    """Decode a whole file; a NUL is a failure, too, since no text holds one."""
    decoder = codecs.getincrementaldecoder(encoding)()
    size = lines = hangul = 0
    with open_input(file) as (_, stream):
        block = b"\n"  # anything
        while block:
            block = stream.read(BLOCK)
            # A character that began in the last block is still in the decoder, and is what an
            # error's position counts from.
            start = size - len(decoder.getstate()[0])
            size += len(block)
            found = ""
            try:
                text = decoder.decode(block, not block)
            except UnicodeDecodeError as error:
                offset = start + error.start
                text = error.object[: error.start].decode(encoding)
                bad = error.object[error.start : error.end].hex(" ").upper()
                found = (
                    tr("the bytes {bytes}", bytes=bad)
                    if block
                    else tr("the end of the file inside a character")
                )
            if "\0" in text:
                text, found = text[: text.index("\0")], tr("a NUL byte")
                offset = start + len(text.encode(encoding))
            lines += text.count("\n")
            if hangul < _SURELY_UTF8:
                hangul += sum(1 for _ in islice(_HANGUL.finditer(text), _SURELY_UTF8))
            if found:
                message = tr(
                    "as {encoding}, {found} at byte {byte} (line {line})",
                    encoding=encoding.upper(),
                    found=found,
                    byte=offset + 1,
                    line=lines + 1,
                )
                return _Failure(offset, hangul, message)
    return None


def _not_text(file: TableFile, failures: list[_Failure]) -> DataError:
    found = "; ".join(failure.message for failure in failures)
    where = tr(" of the decompressed text") if file.compressed else ""
    return DataError(
        "{file} is not text throughout: expected UTF-8, UTF-16 with a byte order mark, or "
        "CP949, found {found}. Save the file again as UTF-8, or repair that line, then run the "
        "command again; --skip-bad-rows leaves out such lines",
        file=file,
        found=found + where,
    )
