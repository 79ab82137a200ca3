"""Lines that stay at the end of a terminal's text and are drawn over in place."""

import os
from collections.abc import Sequence
from typing import TextIO

from nsmc.cli.common import is_terminal


def can_redraw(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    if not is_terminal(stream) or os.environ.get("TERM") == "dumb":
        return False
    # The old console of Windows shows the codes instead; Windows Terminal sets this.
    return os.name != "nt" or "WT_SESSION" in os.environ


class LiveBlock:
    """Lines of a terminal above the cursor's line, on which a progress bar may be."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn: Sequence[str] = ()

    def size(self) -> os.terminal_size:
        """Columns and lines of the terminal now; 0 where it doesn't know."""
        try:
            return os.get_terminal_size(self._stream.fileno())
        except OSError:
            return os.terminal_size((0, 0))

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the block and the cursor's line by ``lines``; the cursor goes below them.

        Each line must be shorter than the terminal is wide. No lines erase the block.
        """
        size, height = self.size(), len(self._drawn)
        widest = max(map(len, self._drawn), default=0)
        # Since the window has become smaller, its lines are broken in two, or its top is out of
        # reach: nobody knows how far up it begins. It stays, and the next one goes below it.
        if widest >= size.columns or height >= size.lines:
            height = 0
        top = (f"\x1b[{height}A" if height else "") + "\r\x1b[J"
        # One write, so that nothing is seen half done.
        self._stream.write(top + "".join(f"{line}\n" for line in lines))
        self._stream.flush()
        self._drawn = lines
