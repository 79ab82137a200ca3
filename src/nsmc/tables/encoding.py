"""The encoding of a text file, decided over all of its bytes."""

import codecs
import re
from pathlib import Path

from nsmc.errors import DataError
from nsmc.storage.files import BLOCK
from nsmc.tables.formats import is_compressed
from nsmc.tables.input_file import open_input

# (what the file begins with, the decoder that checks it, the name that reads it without the mark)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)

_SIGNATURES = (
    (b"PK\x03\x04", "It begins like an Excel or zip file: save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "It begins like an old Excel file: save the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "It begins like gzip: give its name .gz at the end"),
    (b"PAR1", "It begins like Parquet: give its name the ending .parquet"),
)
_SAVE_AGAIN = "Save the file again as UTF-8"

_HANGUL = re.compile("[가-힣]")
# CP949 hardly ever decodes to a Hangul syllable as UTF-8, never mind three before the first
# failure. A UTF-8 file with one bad byte, though, can be valid CP949 by chance if it is short.
_SURELY_UTF8 = 3


def detect_encoding(path: Path) -> str:
    """Detect the encoding of a text file, which may be gzip-compressed.

    The whole file is decoded, in blocks, so that the answer holds for its last byte too. Latin-1
    is never an answer: it decodes anything, and Korean text into garbage.

    Returns:
        "utf-8-sig" or "utf-16" if the file begins with the mark of it, else "utf-8" if it is that,
        else "cp949".

    Raises:
        DataError: the file is missing, empty, damaged, or no text in any of these encodings; then
            the message holds the byte and the line, both counted from 1.
    """
    with open_input(path) as file:
        block = file.stream.read(BLOCK)
        if not block:
            raise DataError(f"{path} is empty: expected at least a line of column names")
        head = block[:8]
        attempts = _attempts(head)
        while block and any(attempt.alive for attempt in attempts):
            for attempt in attempts:
                attempt.feed(block)
            block = file.stream.read(BLOCK)
        for attempt in attempts:
            attempt.feed(b"", final=True)
    first = attempts[0]
    if not first.alive and first.hangul >= _SURELY_UTF8:
        attempts = attempts[:1]
    for attempt in attempts:
        if attempt.alive:
            return attempt.answer
    raise _not_text(path, attempts, head)


class _Attempt:
    """One encoding, tried block by block until it fails."""

    def __init__(self, encoding: str, answer: str) -> None:
        self.encoding = encoding
        self.answer = answer
        self.alive = True
        self.hangul = 0
        self.failure = ""
        self.failed_at = 0
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._bytes = 0
        self._lines = 0

    def feed(self, block: bytes, *, final: bool = False) -> None:
        """Decode one more block; a NUL is a failure, since no text holds one."""
        if not self.alive:
            return
        # A character that began in the last block is still in the decoder, and is what an
        # error's position counts from.
        start = self._bytes - len(self._decoder.getstate()[0])
        self._bytes += len(block)
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            text = error.object[: error.start].decode(self.encoding)
            bad = error.object[error.start : error.end].hex(" ").upper()
            found = "the end of the file inside a character" if final else f"the bytes {bad}"
            self._fail(start + error.start, text, found)
        if "\0" in text:
            text = text[: text.index("\0")]
            self._fail(start + len(text.encode(self.encoding)), text, "a NUL byte")
        self._lines += text.count("\n")
        if self.hangul < _SURELY_UTF8:
            self.hangul += len(_HANGUL.findall(text))

    def _fail(self, offset: int, before: str, found: str) -> None:
        self.alive = False
        self.failed_at = offset
        line = self._lines + before.count("\n") + 1
        self.failure = f"{found} at byte {offset + 1} (line {line})"


def _attempts(head: bytes) -> list[_Attempt]:
    for mark, encoding, answer in _MARKS:
        if head.startswith(mark):
            return [_Attempt(encoding, answer)]
    return [_Attempt("utf-8", "utf-8"), _Attempt("cp949", "cp949")]


def _not_text(path: Path, attempts: list[_Attempt], head: bytes) -> DataError:
    if attempts[0].failed_at > attempts[-1].failed_at:
        # What went wrong with UTF-8 further on is what went wrong.
        attempts = attempts[:1]
    found = "; ".join(f"as {a.encoding.upper()}, {a.failure}" for a in attempts)
    where = " of the decompressed text" if is_compressed(path) else ""
    hint = next((say for magic, say in _SIGNATURES if head.startswith(magic)), _SAVE_AGAIN)
    return DataError(
        f"{path} is not text throughout: expected UTF-8, UTF-16 with a byte order mark, or CP949, "
        f"found {found}{where}. {hint}, or repair that line, then run the command again"
    )
