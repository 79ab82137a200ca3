"""Comments as arguments, from a prompt, or one a line from standard input."""

import os
import sys
import threading
from collections.abc import Callable, Iterator

from nsmc.cli.common import is_terminal, say
from nsmc.errors import NsmcError, UsageError

LINES_AT_ONCE = 1024


def score_comments(texts: list[str], show: Callable[[list[str]], None]) -> None:
    """Show what the arguments, the prompt or standard input give."""
    if texts and texts != ["-"]:
        show(texts)
    elif not texts and is_terminal(sys.stdin):
        _prompt(show)
    else:
        for lines in _available_lines():
            show(lines)


def _prompt(show: Callable[[list[str]], None]) -> None:
    say("type a comment, Enter scores it, Ctrl-D ends")
    while True:
        try:
            # Not input("> "), which writes that to standard output, where only results go.
            print("> ", end="", file=sys.stderr, flush=True)
            line = input()
        except EOFError:
            print(file=sys.stderr)
            return
        if line.strip():
            show([line])


def _available_lines() -> Iterator[list[str]]:
    """Lines of standard input, as many at once as have arrived: no pipe is kept waiting."""
    if sys.stdin is None:  # `<&-`, or a service without one
        raise UsageError("expected comments, found standard input closed; give some as arguments")
    import queue

    descriptor = sys.stdin.fileno()
    arrived: queue.Queue[bytes | None] = queue.Queue(4 * LINES_AT_ONCE)

    def read() -> None:
        # A reader of its own: Python closes sys.stdin when it exits early, at Ctrl-C for one, and
        # aborts if a thread is waiting in it.
        for line in os.fdopen(descriptor, "rb", closefd=False):
            arrived.put(line)
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    decode = _Decoder()
    ended = False
    while not ended:
        lines = [arrived.get()]
        while lines[-1] is not None and len(lines) < LINES_AT_ONCE and not arrived.empty():
            lines.append(arrived.get())
        ended = lines[-1] is None
        if texts := [decode(line) for line in lines if line is not None]:
            yield texts


class _Decoder:
    """Bytes of a line to text: UTF-8, or CP949 for a line that isn't, which is said once."""

    def __init__(self) -> None:
        self._lines = 0
        self._told = False

    def __call__(self, line: bytes) -> str:
        self._lines += 1
        if self._lines == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            try:
                text = line.decode("cp949")
            except UnicodeDecodeError as error:
                raise NsmcError(
                    f"line {self._lines} of standard input is neither UTF-8 nor CP949 text; "
                    "expected one comment a line"
                ) from error
            if not self._told:
                say(f"line {self._lines} of standard input isn't UTF-8 and was read as CP949")
                self._told = True
        return text.rstrip("\r\n")
