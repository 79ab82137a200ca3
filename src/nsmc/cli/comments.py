"""Comments as arguments, from a prompt, one a line from standard input, or in a table."""

import argparse
import codecs
import contextlib
import io
import itertools
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nsmc.cli.common import is_terminal, say
from nsmc.cli.tables import add_table_arguments
from nsmc.errors import NsmcError, UsageError
from nsmc.messages.translate import tr

if TYPE_CHECKING:
    from pathlib import Path

    from nsmc.storage.objects import ObjectPath

LINES_AT_ONCE = 1024
LONGEST_LINE = 1 << 18
"""Bytes of a line of standard input at most."""
_KEYS = re.compile(r"\x1b(\[[0-9;]*[A-Za-z~]|O[A-Za-z])")
"""What a key such as ↑ sends where nothing edits the line."""


def add_comment_options(
    parser: argparse.ArgumentParser, kind: str = "comments", tables: str = "a table to score, or -"
) -> None:
    """Declare where the comments, or another ``kind``, come from, and where the results go.

    ``tables`` is the help for ``--input``.
    """
    parser.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help=f"{kind}; - reads one a line from standard input; none, on a terminal, prompts",
    )
    parser.add_argument("--input", type=path_or_object, metavar="FILE", help=tables)
    parser.add_argument("--output", type=path_or_object, metavar="FILE", help="where it goes, or -")
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="the table's text column (default: the model's, document or the only text column)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_table_arguments(parser, writes=True)


def path_or_object(text: str) -> "Path | ObjectPath":
    """What ``--input`` and ``--output`` name; imported here, or a mistyped option would wait."""
    from nsmc.storage import objects

    return objects.path_or_object(text)


def check_comment_options(args: argparse.Namespace, kind: str = "comments") -> None:
    """Refuse what doesn't go together of the options of `add_comment_options`.

    Raises:
        UsageError: it says what to leave out or to add.
    """
    if (args.input is None) != (args.output is None):
        raise UsageError("--input FILE and --output FILE go together")
    if args.input is None and args.column is not None:
        raise UsageError("--column names a column of a table; give --input FILE as well")
    if args.input is not None and args.text:
        raise UsageError("give either {kind} or --input FILE, not both", kind=tr(kind))
    if args.input is not None and args.json:
        raise UsageError("a table's format is its name's: for JSON give --output a name in .jsonl")
    if "-" in args.text and len(args.text) > 1:
        raise UsageError("- reads standard input and stands alone")


def score_comments(texts: list[str], show: Callable[[list[str]], None]) -> None:
    """Show what the arguments, the prompt or standard input give."""
    if texts and texts != ["-"]:
        show([_argument(text, number) for number, text in enumerate(texts, 1)])
    elif not texts and is_terminal(sys.stdin):
        _prompt(show)
    else:
        for lines in _available_lines():
            show(lines)


def _argument(text: str, number: int) -> str:
    """An argument, whose bytes Python escapes where they aren't of the locale; of CP949, decoded.

    Others stay as they are, for a comment may be legible beside a broken byte.
    """
    if any("\udc80" <= character <= "\udcff" for character in text):
        with contextlib.suppress(UnicodeDecodeError):
            text = os.fsencode(text).decode("cp949")
            say("comment {number} isn't UTF-8 and was read as CP949", number=number)
    return text


def _prompt(show: Callable[[list[str]], None]) -> None:
    say("type a comment, Enter scores it, ↑ brings back the last ones, Ctrl-D ends")
    edits = is_terminal(sys.stdout)
    if edits:
        # From now on input() edits the line and keeps a history, where the system has readline.
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401
    while True:
        try:
            if not edits:  # only results go to standard output
                print("> ", end="", file=sys.stderr, flush=True)
            line = _KEYS.sub("", input("> " if edits else ""))
        except EOFError:
            print(file=sys.stderr)
            return
        if line.strip():
            show([line])


def _available_lines() -> Iterator[list[str]]:
    """Lines of standard input, as many at once as have arrived: no pipe has to wait."""
    if sys.stdin is None:  # `<&-`, or a service without one
        raise UsageError("expected comments, found standard input closed; give some as arguments")
    import queue

    descriptor = sys.stdin.fileno()
    arrived: queue.Queue[tuple[str, str] | Exception | None] = queue.Queue(LINES_AT_ONCE)

    def read() -> None:
        # A reader of its own: Python closes sys.stdin when it exits early, at Ctrl-C for one, and
        # aborts if a thread is waiting in it.
        end = None
        try:
            stream = os.fdopen(descriptor, "rb", closefd=False)
            for number, line in enumerate(_lines(stream), 1):
                arrived.put(_decode(line, number))
        except (OSError, MemoryError, ValueError, NsmcError) as error:
            end = error
        arrived.put(end)

    threading.Thread(target=read, daemon=True).start()
    number, reported = 0, False
    last: tuple[str, str] | Exception | None = ("", "")
    while isinstance(last, tuple):
        texts: list[str] = []
        while isinstance(last := arrived.get(), tuple):
            text, encoding = last
            texts.append(text.rstrip("\r\n"))
            number += 1
            if encoding == "cp949" and not reported:
                say(
                    "line {number} of standard input isn't UTF-8 and was read as CP949",
                    number=number,
                )
                reported = True
            if len(texts) == LINES_AT_ONCE or arrived.empty():
                break
        if texts:
            yield texts
    if isinstance(last, NsmcError):
        raise last
    if last is not None:
        reason = getattr(last, "strerror", None) or last or type(last).__name__
        raise NsmcError(
            "standard input can't be read after line {number}: {reason}; what came before "
            "is scored",
            number=number,
            reason=reason,
        ) from last


def _lines(stream: io.BufferedReader) -> Iterator[bytes]:
    """The lines of standard input; of UTF-16, which its mark tells, as UTF-8.

    Raises:
        NsmcError: a line is longer than any comment, and may have no end.
    """
    # To split UTF-16 at the byte of a line end would cut characters.
    wide = stream.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    source = io.TextIOWrapper(stream, "utf-16", newline="\n") if wide else stream
    for number in itertools.count(1):
        line = source.readline(LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise NsmcError(
                "line {number} of standard input is longer than {count:,} characters; expected "
                "one comment a line; what came before is scored",
                number=number,
                count=LONGEST_LINE,
            )
        yield line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line


def _decode(line: bytes, number: int) -> tuple[str, str]:
    """A line of standard input and its encoding."""
    for encoding in ("utf-8-sig" if number == 1 else "utf-8", "cp949"):
        with contextlib.suppress(UnicodeDecodeError):
            return line.decode(encoding), encoding
    raise NsmcError(
        "line {number} of standard input is neither UTF-8 nor CP949 text; expected one comment "
        "a line",
        number=number,
    )
