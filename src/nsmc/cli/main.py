"""The command line: which command, and how it ends. Imports nothing heavy."""

import argparse
import contextlib
import signal
import sys

from nsmc._version import __version__
from nsmc.cli import streams
from nsmc.errors import NsmcError, nearest, printable
from nsmc.errors import message as shown
from nsmc.messages.translate import language, tr

# Not typing's, whose import takes a sixth of the time that `nsmc --help` has.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType, ModuleType
    from typing import Any, NoReturn

COMMANDS = {
    "predict": "score comments: arguments, standard input, a prompt or a whole table",
    "serve": "a page to type into, and a service that programs call",
    "score-text": "score texts by a language model, and show which is the odd one",
    "complete": "continue a comment with a language model",
    "evaluate": "measure a model on labelled reviews",
    "audit": "find the rows of a labelled table whose label is probably wrong",
    "train": "train a model on labelled reviews",
    "prepare": "tokenize training reviews once, to train on a machine without Mecab",
    "compare": "show whether one of two models is better, and where they disagree",
    "info": "show what a model is: network, vocabulary, data, metrics, or its card",
    "runs": "list trainings, with their metrics and the fields in which they differ",
    "export": "write a model in a smaller form, as a page of its own, or as an ONNX graph",
    "package": "write a model as a wheel of its own, or as a folder for a model hub",
    "completion": "print a script that completes commands and options in your shell",
    "words": "add, list or check new words and what they mean",
    "download": "download the official NSMC files, with retries and checksums",
}
"""Each is a module of this package, - written as _, with ``add_arguments``, ``run`` (which returns
the exit status or raises `NsmcError`) and, if need be, ``EPILOG``."""
EPILOG = """examples:
  nsmc predict "재밌다" "노잼"
  nsmc predict --input comments.csv --output scored.csv
  nsmc train --from shipped --data labelled.csv

`nsmc COMMAND --help` lists a command's options."""
KEEP_FILES = ("train", "prepare", "export", "package", "download", "serve")
"""Commands whose results are no lines, whatever they print."""
EXTRAS = {
    **dict.fromkeys(("fastapi", "starlette", "pydantic", "uvicorn", "prometheus_client"), "serve"),
    "onnx": "onnx",
    "shtab": "completion",
    "ray": "ray",
    "optuna": "sweep",
    "tensorboard": "tensorboard",
    **dict.fromkeys(("mlflow", "sqlalchemy"), "mlflow"),
}
"""Packages that come with an extra of this one."""
DISTRIBUTIONS = {"sklearn": "scikit-learn", "fontTools": "fonttools", "mecab_ko": "mecab-ko"}
"""Packages whose distribution has another name."""
INTERRUPTED = 130
TERMINATED = 143


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help in the reader's language: of headings, options, and each paragraph around them."""

    def add_usage(
        self, usage: "Any", actions: "Any", groups: "Any", prefix: "str | None" = None
    ) -> None:
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)

    def start_section(self, heading: "str | None") -> None:
        super().start_section(heading and tr(heading))

    def add_text(self, text: "str | None") -> None:
        super().add_text(text and "\n\n".join(map(self._paragraph, text.split("\n\n"))))

    @staticmethod
    def _paragraph(text: str) -> str:
        heading, end, commands = text.partition("examples:\n")
        return tr(text) if heading else tr("examples:") + "\n" + commands if end else tr(text)

    def _split_lines(self, text: str, width: int) -> "list[str]":
        if language() == "en":
            return super()._split_lines(text, width)
        # argparse would take Hangul for one column wide; nsmc.text.width takes longer to load than
        # all else here.
        lines = [""]
        for word in text.split():
            line = f"{lines[-1]} {word}".lstrip()
            if not lines[-1] or len(line) + sum("가" <= sign <= "힣" for sign in line) <= width:
                lines[-1] = line
            else:
                lines.append(word)
        return lines

    def _get_help_string(self, action: argparse.Action) -> "str | None":
        return action.help and tr(action.help)


class _Parser(argparse.ArgumentParser):
    """argparse, with the nearest right name for a mistyped command or option.

    A command's parser learns its options from the command's module when that command is chosen:
    to import all of them would take longer than all else that ``nsmc --help`` does.
    """

    command: "str | None" = None

    def error(self, message: str) -> "NoReturn":
        text = message
        _, mistyped, rest = text.partition("invalid choice: '")
        if mistyped and self.prog == "nsmc":
            word = rest.partition("'")[0]
            hint = nearest(word, COMMANDS)
            text = tr("there is no command {word!r}.", word=word)
            if word.isascii():
                text += hint or tr(" Known are: {names}", names=", ".join(COMMANDS))
            else:
                text += tr(' Did you mean a comment? nsmc predict "{word}"', word=word)
        elif language() != "en":
            from nsmc.cli.usage_words import translated

            text = translated(message)
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {tr('error')}: {shown(text)}\n")

    def _print_message(self, message: str, file: "Any" = None) -> None:
        # argparse would take no notice of a full disk.
        if message:
            (file or sys.stderr).write(message)

    def parse_known_args(self, args: "Any" = None, namespace: "Any" = None) -> "Any":
        if self.command is not None:
            self._learn_options(_module(self.command))
        # Here and not in parse_args, so that the usage shown is the command's own.
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            option = unknown[0].partition("=")[0]
            hint = nearest(option, self._option_string_actions) if option.startswith("--") else ""
            # A comment may well begin with -_-.
            hint = hint or tr(" What begins with - and is no option goes after --.")
            text = tr("unrecognized arguments: {names}.", names=" ".join(unknown))
            self.error(f"{text}{hint}")
        return known, unknown

    def _learn_options(self, module: "ModuleType") -> None:
        self.epilog = getattr(module, "EPILOG", None)
        module.add_arguments(self)
        self.add_argument(
            "--debug", action="store_true", help="show the traceback of an error as well"
        )
        self.command = None


def run(arguments: "Sequence[str]") -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C."""
    streams.prepare()
    # A stopped service cleans up like an interrupted person.
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _terminate)
    debug = False
    try:
        try:
            args = make_parser().parse_args(_understood(arguments))
            debug = args.debug
            _check_output(args)
            _prepare_warnings()
            return int(_module(args.command).run(args))
        finally:
            sys.stdout.flush()
    except NsmcError as error:
        if debug:
            import traceback

            traceback.print_exc()
        print(f"nsmc: {shown(error)}", file=sys.stderr)
        return error.exit_status
    except ModuleNotFoundError as error:
        package = (error.name or "nsmc").partition(".")[0]
        if args.debug or package == "nsmc":
            raise
        extra = EXTRAS.get(package)
        line = f'"nsmc[{extra}]"' if extra else DISTRIBUTIONS.get(package, package)
        from nsmc.cli.common import say

        say(
            "{command} needs {package}, which is not installed here; pip install {line}",
            command=args.command,
            package=package,
            line=line,
        )
        return 1
    except KeyboardInterrupt:
        print(f"nsmc: {tr('interrupted')}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`| head`).
        streams.drop_output()
        return 0
    except OSError as error:
        import errno

        if error.errno == errno.ENAMETOOLONG:  # of any file that is only looked for
            words = tr(
                "expected the name of a file, found one longer than this system's may be: "
                "{name}…; comments stand without an option: nsmc predict COMMENT",
                name=str(error.filename)[:40],
            )
        elif error.filename and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            words = tr(
                "cannot use {file}: {reason}; give this user the right to it, or name another "
                "place",
                file=error.filename,
                reason=error.strerror,
            )
        elif error.errno in (errno.ENOSPC, errno.EBADF, errno.EIO):
            streams.drop_output()
            words = tr(
                "cannot write to standard output: {reason}; free some space or send it elsewhere, "
                "then run the command again",
                reason=error.strerror,
            )
        else:
            raise
        print(f"nsmc: {printable(words)}", file=sys.stderr)
        return 1


def make_parser(*, whole: bool = False) -> argparse.ArgumentParser:
    """Build the parser of all commands; each learns its options once it is chosen, or at once."""
    parser = _Parser(
        prog="nsmc",
        description="Korean movie-review sentiment: 긍정 or 부정, with its probability.",
        epilog=EPILOG,
        formatter_class=_Help,
    )
    parser.add_argument("-V", "--version", action="version", version=f"nsmc {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=purpose,
            formatter_class=_Help,
        )
        command.command = name
        if whole:
            command._learn_options(_module(name))
    return parser


def _module(command: str) -> "ModuleType":
    import importlib

    return importlib.import_module(f"nsmc.cli.{command.replace('-', '_')}")


def _understood(arguments: "Sequence[str]") -> list[str]:
    """The arguments with `nsmc` alone and `nsmc help COMMAND` as what is meant by them."""
    if not arguments or arguments[0] == "help":
        return [*arguments[1:2], "--help"]
    return list(arguments)


def _check_output(args: argparse.Namespace) -> None:
    """Refuse before the work what would print its results to a closed standard output.

    Raises:
        NsmcError: the results would be lost.
    """
    to_file = args.command in KEEP_FILES or getattr(args, "output", None) is not None
    if streams.closed_output and not to_file:
        raise NsmcError(
            "standard output is closed, so the results would be lost; send it to a file"
        )


def _prepare_warnings() -> None:
    import warnings

    warnings.showwarning = _show_warning


def _terminate(number: int, frame: "FrameType | None") -> "NoReturn":
    raise SystemExit(TERMINATED)


def _show_warning(message: "Warning | str", *_: "Any", **__: "Any") -> None:
    print(f"nsmc: {tr('warning')}: {shown(message)}", file=sys.stderr)
