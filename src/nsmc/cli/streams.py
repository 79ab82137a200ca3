"""The standard streams: UTF-8, and neither closed nor full without a word."""

import contextlib
import io
import os
import sys

closed_output = False
"""Whether the process was started without standard output (``>&-``)."""


class _Messages(io.TextIOWrapper):
    """Standard error on a full disk or a closed pipe: a message is dropped, the work goes on."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def prepare() -> None:
    """Make the streams ready for a command."""
    global closed_output
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # Else the next file that is opened gets the number, and what is printed goes into it.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        closed_output = True
        sys.stdout = _nowhere()
    if sys.stderr is None:  # print would then take standard output
        sys.stderr = _nowhere()
    elif sys.stderr is sys.__stderr__ and sys.stderr is not None:
        sys.stderr = _Messages(sys.stderr.buffer, line_buffering=True)
    # Consoles of other code pages (cp949 on Korean Windows) would garble or refuse Hangul. What
    # UTF-8 can't hold, such as lone surrogates of a broken argument, is shown escaped; so is a
    # typed byte that isn't UTF-8.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def drop_output() -> None:
    """Forget what is still buffered: Python would fail again, and say so, when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nowhere() -> io.TextIOWrapper:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - without pathlib
