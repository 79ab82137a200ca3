"""`nsmc download`: the official NSMC files."""

import argparse
from pathlib import Path

from nsmc.cli.common import show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--to",
        metavar="DIR",
        type=Path,
        help="directory to download to (default: $NSMC_DATA, else this user's data directory)",
    )
    parser.add_argument(
        "--url",
        metavar="URL",
        help="base address of a mirror holding the two files (default: the official repository)",
    )


def run(args: argparse.Namespace) -> int:
    """Download and print the paths of the files, one a line."""
    from nsmc.data.download import BASE_URL, OFFICIAL, download

    for path in download(args.to, base_url=args.url or BASE_URL, files=OFFICIAL):
        show(path)
    return 0
