"""What several commands share: options, messages and columns on a terminal."""

import argparse
import json
import os
import re
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nsmc.errors import message, printable
from nsmc.inference.model_names import SHIPPED_NAMES
from nsmc.messages.translate import tr
from nsmc.text.width import display_width

if TYPE_CHECKING:
    from nsmc.pipeline.score_files import ScoredFiles
    from nsmc.pipeline.score_table import ScoredTable
    from nsmc.pipeline.score_texts import ScoredTexts

COLOURS = {"green": "32", "red": "31", "bold green": "1;32", "bold red": "1;31"}


def say(text: str, /, **values: object) -> None:
    """Print what isn't a result, for a person: ``text`` in their language, with its values."""
    print(f"nsmc: {message(tr(text, **values))}", file=sys.stderr)


def show(text: object) -> None:
    """Print results without colours, whatever characters are in them."""
    print(printable(str(text)))


def say_skipped(rows: int, notes: Sequence[str] = ()) -> None:
    """Report how a table was read, and the rows without a comment, if there are any."""
    for note in notes:
        say(note)
    if rows:
        say("{rows:,} rows with an empty comment were left out", rows=rows)


def say_about_table(written: "ScoredTable | ScoredTexts | ScoredFiles") -> None:
    """Report how a table, or several, was read and written, where that isn't as usual."""
    for note in written.notes:
        say(note)
    if written.renamed:
        names = ", ".join(written.renamed)
        say("the table has columns of these names already, so new are: {names}", names=names)
    if written.empty:
        say("{rows:,} rows have an empty comment, so their new cells are empty", rows=written.empty)
    from nsmc.inference.notes import truncated_words, unfamiliar_words

    if unfamiliar := getattr(written, "unfamiliar", 0):  # of a classifier alone
        say(unfamiliar_words(unfamiliar))
    if written.truncated:
        say(truncated_words(written.truncated))


def print_json(value: object) -> None:
    """Print one line of JSON."""
    # JSON leaves C1 and the signs of the direction of writing; a terminal may obey them.
    line = json.dumps(value, ensure_ascii=False)
    print(re.sub("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]", lambda c: f"\\u{ord(c[0]):04x}", line))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at the stream; None is one that the caller has closed."""
    return stream is not None and stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """Colour ``text`` for a terminal that shows colours; see no-color.org."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m"


def one_line(text: str) -> str:
    """A comment as typed, `printable`, with single spaces for all white space."""
    return printable(" ".join(text.split()))


def model_named(name: str) -> Path | None:
    """A model directory, or None for the model inside the package: ``shipped`` or ``default``."""
    return None if name in SHIPPED_NAMES else Path(name)


def format_duration(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shortened(text: str, columns: int, end: str) -> str:
    """A text of so many columns at most, cut before ``end`` where it would have more."""
    if display_width(text) <= columns:
        return text
    while display_width(text) > columns - len(end):
        text = text[:-1]
    return text + end


def align(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """A line for each row, its cells in columns; those in ``right`` end where the widest does."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - display_width(cell))
            cells.append(space + cell if column in right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return lines


def parameter_lines(parameters: Sequence[tuple[str, Sequence[int], int]]) -> list[str]:
    """A line for each parameter's name, shape and number of elements, and one for their sum."""
    rows = [(name, " × ".join(map(str, shape)), f"{n:,}") for name, shape, n in parameters]
    total = sum(count for _, _, count in parameters)
    return align([*rows, (tr("all"), "", f"{total:,}")], right=(1, 2))


def add_review_options(parser: argparse.ArgumentParser) -> None:
    """Declare which labelled reviews a command measures on."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="NSMC's format or a table with a label column, or a directory with ratings_test.txt "
        "(default: the official test file that `nsmc download` fetched)",
    )
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="text column (default: as in training, else document, else the only one)",
    )
    parser.add_argument(
        "--label-column", metavar="NAME", help="label column (default: as in training)"
    )


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """Declare which model a command takes."""
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="default: the model inside the package"
    )


def add_language_model_option(parser: argparse.ArgumentParser) -> None:
    """Declare which language model a command takes."""
    parser.add_argument(
        "--model", type=Path, required=True, metavar="DIR", help="of a language model"
    )


def add_threshold_option(parser: argparse.ArgumentParser) -> None:
    """Declare from which probability on a comment is positive."""
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="P",
        help="positive at or above P (default: the model's own)",
    )


def add_exact_option(parser: argparse.ArgumentParser) -> None:
    """Declare whether n-grams may answer alone."""
    parser.add_argument(
        "--exact",
        action="store_true",
        help="ask the whole network about every comment, not only where the early exit isn't sure",
    )


def add_work_option(parser: "argparse._ActionsContainer") -> None:
    """Declare where the networks of folds are kept."""
    work = "keep the networks here (default: a place in this user's cache)"
    parser.add_argument("--work", type=Path, metavar="DIR", help=work)


def add_device_option(
    parser: argparse.ArgumentParser, default: str = "auto", note: str = ""
) -> None:
    """Declare on which device a command computes."""
    text = f"auto, cpu, cuda, cuda:N or mps{note}"
    parser.add_argument("--device", default=default, metavar="D", help=text)


def add_config_options(parser: "argparse._ActionsContainer", text: str) -> None:
    """Declare the config, of which ``text`` is the help, and single fields of it."""
    parser.add_argument("--config", type=Path, metavar="FILE", help=text)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="one field of the config; may be repeated",
    )
