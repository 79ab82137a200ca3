"""What several commands share."""

import argparse
import os
import sys
from pathlib import Path
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


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Declare which model scores and where it draws the line."""
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="default: the model inside the package"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="P",
        help="positive at or above P (default: the model's own)",
    )


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Declare the recipe and single fields of it."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="a recipe in TOML (default: the best one known)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="one field of the recipe; may be repeated",
    )
