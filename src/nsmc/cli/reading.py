"""How comments are read and labelled: new words, spelling, undecided ones."""

import argparse
from pathlib import Path
from typing import Any

from nsmc.cli.common import say


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--undecided-below",
        type=float,
        default=0.0,
        metavar="P",
        help="label undecided (보류) what is less probable than P either way, such as 0.8",
    )
    parser.add_argument(
        "--words",
        type=Path,
        metavar="FILE",
        help="new words and what they mean, a line each: 띵작 → 명작 (see nsmc words)",
    )
    parser.add_argument(
        "--no-spelling", action="store_true", help="leave mistyped words as they are typed"
    )


def reading_options(args: argparse.Namespace, *, tell: bool = False) -> dict[str, Any]:
    """The arguments of `nsmc.load` for the options; the user's own words are among them.

    With ``tell``, says which tables of words are read: where no prediction shows it.

    Raises:
        DataError: a table of words can't be read.
    """
    from nsmc.data.paths import user_words_file
    from nsmc.storage.files import is_there

    files = [file for file in (user_words_file(), args.words) if file is not None]
    words = None
    # Only what is there: most people have no words of their own, and the import takes its time.
    if args.words is not None or is_there(files[0]):
        from nsmc.text.new_words import NewWords, read_words

        words = NewWords({})
        for file in files:
            if is_there(file) or file == args.words:
                found = read_words(file)
                words |= found
                if tell:
                    say(
                        "{count:,} new words of {file} are read as what they mean",
                        count=len(found.meanings),
                        file=file,
                    )
    return {
        "undecided_below": args.undecided_below,
        "spelling": not args.no_spelling,
        "words": words,
    }
