"""`nsmc prepare`: tokenize here, train where Mecab isn't installed."""

import argparse
from pathlib import Path

from nsmc.cli.common import add_recipe_options, progress_bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="directory with ratings_train.txt (default: the official files, fetched if need be)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", required=True, help="directory to train from later"
    )
    add_recipe_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write the tokenized reviews and print where they are.

    Raises:
        NsmcError: the reviews can't be read or the place can't be written.
    """
    from nsmc.config import load_config
    from nsmc.data.cache import prepare
    from nsmc.data.download import official_data

    config = load_config(args.config, args.set)
    with progress_bar(unit="reviews", desc="tokenizing") as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done)

        print(prepare(args.data or official_data(), args.output, config.text, progress=advance))
    return 0
