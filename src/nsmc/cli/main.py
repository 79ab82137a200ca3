"""The command line: which command, and how it ends. Imports nothing heavy."""

import argparse
import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import Any, NoReturn

from nsmc._version import __version__
from nsmc.cli import download, evaluate, predict, prepare, train
from nsmc.errors import NsmcError
from nsmc.settings import nearest

COMMANDS: dict[str, ModuleType] = {
    "predict": predict,
    "evaluate": evaluate,
    "train": train,
    "prepare": prepare,
    "download": download,
}
INTERRUPTED = 130
TERMINATED = 143


class _Parser(argparse.ArgumentParser):
    """argparse, with the nearest right name for a mistyped command."""

    def error(self, message: str) -> NoReturn:
        given = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
        hint = nearest(given, COMMANDS) if "invalid choice" in message else ""
        super().error(message + hint)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C."""
    _use_utf8()
    # A stopped service cleans up like an interrupted person.
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _terminate)
    parser = make_parser()
    args = parser.parse_args(arguments)
    warnings.showwarning = _show_warning
    try:
        status = int(COMMANDS[args.command].run(args))
        sys.stdout.flush()
        return status
    except NsmcError as error:
        if args.debug:
            traceback.print_exc()
        print(f"nsmc: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("nsmc: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`| head`). Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def make_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = _Parser(
        prog="nsmc",
        description="Korean movie-review sentiment: 긍정 or 부정, with its probability.",
        epilog="`nsmc COMMAND --help` tells a command's options.",
    )
    parser.add_argument("--version", action="version", version=f"nsmc {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=getattr(module, "DESCRIPTION", module.HELP),
            epilog=getattr(module, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.add_argument(
            "--debug", action="store_true", help="show the traceback of an error as well"
        )
    return parser


def _use_utf8() -> None:
    # Consoles of other code pages (cp949 on Korean Windows) would garble or refuse Hangul. What
    # UTF-8 can't hold, such as lone surrogates of a broken argument, is shown escaped.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"nsmc: warning: {message}", file=sys.stderr)
