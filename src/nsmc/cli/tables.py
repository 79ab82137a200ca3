"""How a command's tables are read and written, in options."""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.errors import DataError, NsmcError, UsageError
from nsmc.messages.translate import tr

if TYPE_CHECKING:
    from nsmc.pipeline.staging import Place
    from nsmc.tables.options import ReadOptions, WriteOptions

TABLES = (
    "Tables: .csv .tsv .txt .json .jsonl .parquet .xlsx, the text formats also .gz. A .txt of one\n"
    "column is one comment a line; see docs/tables.md."
)
FORMATS = ("csv", "tsv", "txt", "json", "jsonl", "parquet", "xlsx")
ENCODINGS = ("utf-8", "utf-8-sig", "cp949")


def add_table_arguments(
    parser: argparse.ArgumentParser, *, writes: bool = False, stars: bool = False
) -> None:
    """Declare how a table is read, and written if the command ``writes`` some.

    With ``stars``, labels of the table may be stars.
    """
    group = parser.add_argument_group("tables")
    add = group.add_argument
    both = "; with --output -, of what is written" if writes else ""
    formats = f"{', '.join(FORMATS)}, whatever the name{both}"
    add("--format", metavar="F", choices=FORMATS, help=formats)
    add("--no-header", action="store_true", help="the first line is a row; columns are 1, 2, …")
    add("--delimiter", metavar="D", help="one character, or tab (default: recognised)")
    add("--sheet", metavar="NAME", help="of an .xlsx file (default: the first)")
    bad = ", and write them beside the output" if writes else ""
    add("--skip-bad-rows", action="store_true", help=f"leave out rows that can't be read{bad}")
    if writes:
        add(
            "--encoding",
            metavar="E",
            choices=ENCODINGS,
            help=f"of a text format's output: {', '.join(ENCODINGS)} (default: utf-8; utf-8-sig, "
            "which Excel knows, if the input is that, CP949, UTF-16 or .xlsx)",
        )
        add(
            "--safe-cells",
            action="store_true",
            help="no cell of a .csv is a formula: a ' goes before =, +, - and @",
        )
    if stars:
        add(
            "--positive-from",
            type=float,
            metavar="N",
            help="labels are stars: N and more are positive",
        )
        add("--negative-to", type=float, metavar="N", help="N and fewer are negative")


def read_options(args: argparse.Namespace, name: str = "") -> "ReadOptions":
    """What the options say of reading; ``name`` is for messages.

    Raises:
        UsageError: a value is wrong.
    """
    from nsmc.tables.options import ReadOptions

    return ReadOptions(
        format=args.format,
        header=not args.no_header,
        delimiter=args.delimiter,
        sheet=args.sheet,
        skip_bad_rows=args.skip_bad_rows,
        positive_from=getattr(args, "positive_from", None),
        negative_to=getattr(args, "negative_to", None),
        name=name,
    )


def write_options(args: argparse.Namespace) -> "WriteOptions":
    """What the options say of writing."""
    from nsmc.tables.options import WriteOptions

    return WriteOptions(encoding=args.encoding, safe_cells=args.safe_cells)


@contextlib.contextmanager
def table_streams(
    args: argparse.Namespace,
) -> "Iterator[tuple[Place, Place, ReadOptions, WriteOptions]]":
    """Give files for ``--input`` and ``--output``, either of which may be ``-``.

    Standard input is stored in a temporary file, since a table is read more than once; what goes to
    standard output is written there when it is whole.

    Raises:
        UsageError: standard input without ``--format``, or standard output of no known format.
        NsmcError: standard input can't be read or stored.
    """
    import dataclasses
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="nsmc-") as place:
        source, target = args.input, args.output
        reading, writing = read_options(args), write_options(args)
        if str(source) == "-":
            if args.format is None:
                raise UsageError(
                    "standard input has no name that tells its format; give --format F, one "
                    "of: {formats}",
                    formats=", ".join(FORMATS),
                )
            source = Path(place) / "input"
            _store_input(source)
            with source.open("rb") as copied:
                packed = copied.read(2) == b"\x1f\x8b"
            name = "standard input.gz" if packed else "standard input"
            reading = dataclasses.replace(reading, name=name)
        if str(target) == "-" and args.skip_bad_rows:
            raise UsageError(
                "--skip-bad-rows writes the bad rows beside the output; name an --output FILE"
            )
        if str(target) != "-":
            yield source, target, reading, writing
            return
        from nsmc.tables.formats import table_file

        target = Path(place) / "output"
        own = None
        with contextlib.suppress(DataError):
            own = table_file(target, name=reading.name or str(source)).format
        # An input whose name tells its format needs no --format, so it is the output's.
        reading = dataclasses.replace(reading, format=own or args.format)
        writing = dataclasses.replace(writing, format=args.format or own)
        yield source, target, reading, writing
        with target.open("rb") as whole:
            shutil.copyfileobj(whole, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _store_input(target: Path) -> None:
    import errno
    import shutil

    from nsmc.storage.files import cannot_write

    if sys.stdin is None:
        raise UsageError("expected a table, found standard input closed; name a file")
    try:
        with target.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise cannot_write(target, error) from error
        reason = error.strerror or error
        raise NsmcError(
            "standard input can't be read: {reason}; name a file", reason=reason
        ) from error


def where(output: "Place") -> str:
    """How a message calls an ``--output``."""
    return tr("standard output") if str(output) == "-" else str(output)
