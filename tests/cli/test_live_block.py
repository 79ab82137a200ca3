"""Lines redrawn in place, as a terminal emulator shows them."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from nsmc.cli.live_block import LiveBlock, can_redraw


class Screen:
    """A real pseudo-terminal whose output goes to an emulator."""

    def __init__(self, columns: int, rows: int) -> None:
        self.master, self.slave = pty.openpty()
        self.stream = os.fdopen(self.slave, "w", encoding="utf-8")
        self.screen = pyte.HistoryScreen(columns, rows)
        self.emulator = pyte.ByteStream(self.screen)
        self.raw = b""
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def shown(self) -> list[str]:
        self.stream.flush()
        os.set_blocking(self.master, False)
        while True:
            try:
                self.raw = os.read(self.master, 1 << 16)
                self.emulator.feed(self.raw)
            except BlockingIOError:
                break
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def close(self) -> None:
        self.stream.close()
        os.close(self.master)


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen(40, 12)
    yield made
    made.close()


def test_a_block_is_drawn_over_with_the_line_below(screen: Screen) -> None:
    block = LiveBlock(screen.stream)
    screen.stream.write("before\n")
    for lines in (["one", "two"], ["three", "four", "five"], ["six"]):
        block.draw(lines)
        screen.stream.write("a bar")
        assert screen.shown() == ["before", *lines, "a bar"]
    block.draw(())
    assert screen.shown() == ["before"]
    screen.stream.write("after\n")
    block.draw(["seven"])
    assert screen.shown() == ["before", "after", "seven"]


def test_at_the_end_of_the_screen_it_scrolls_once(screen: Screen) -> None:
    block = LiveBlock(screen.stream)
    screen.stream.write("".join(f"line {n}\n" for n in range(11)))
    for _ in range(5):
        block.draw(["one", "two", "three"])
        screen.stream.write("a bar")
    assert screen.shown() == [*(f"line {n}" for n in range(3, 11)), "one", "two", "three", "a bar"]
    assert len(screen.screen.history.top) == 3


def test_a_window_made_narrower_loses_nothing_that_was_said(screen: Screen) -> None:
    block = LiveBlock(screen.stream)
    screen.stream.write("said before\n")
    block.draw(["x" * 39, "y" * 39])
    screen.shown()
    screen.resize(20, 12)
    block.draw(["new"])
    screen.stream.write("a bar")
    shown = screen.shown()
    assert shown[0] == "said before"
    assert shown[-2:] == ["new", "a bar"]
    block.draw(["newer"])  # and from then on in place again
    assert screen.shown() == [*shown[:-2], "newer"]


def test_a_window_made_lower_than_the_block(screen: Screen) -> None:
    block = LiveBlock(screen.stream)
    block.draw([f"line {n}" for n in range(8)])
    screen.shown()
    assert b"A" not in screen.raw
    block.draw([f"line {n}" for n in range(8)])
    screen.shown()
    assert b"\x1b[8A" in screen.raw
    screen.resize(40, 8)
    block.draw(["new"])
    screen.shown()
    assert b"A" not in screen.raw and b"new" in screen.raw


def test_only_a_terminal_is_redrawn(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert can_redraw(screen.stream)
    assert not can_redraw(io.StringIO())
    assert not can_redraw(None)
    monkeypatch.setenv("TERM", "dumb")
    assert not can_redraw(screen.stream)


def test_what_is_no_terminal_has_no_size() -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        assert LiveBlock(stream).size() == (0, 0)
