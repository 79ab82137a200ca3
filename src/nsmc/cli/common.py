"""What several commands share."""

import os
import sys
from typing import Any, TextIO


def say(message: str) -> None:
    """Tell the person something that isn't a result."""
    print(f"nsmc: {message}", file=sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at the stream; None is one that the caller has closed."""
    return stream is not None and stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """Colour ``text`` for a terminal that shows colours; see no-color.org."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{ {'green': 32, 'red': 31}[colour] }m{text}\x1b[0m"


def progress_bar(**options: Any) -> Any:
    """A tqdm bar on standard error, only on a terminal."""
    from tqdm import tqdm

    return tqdm(file=sys.stderr, disable=not is_terminal(sys.stderr), dynamic_ncols=True, **options)
