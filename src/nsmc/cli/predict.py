"""`nsmc predict`: comments to 긍정/부정."""

import argparse
import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import add_model_options, is_terminal, paint, progress_bar, say
from nsmc.errors import NsmcError, UsageError

if TYPE_CHECKING:
    from nsmc.runtime.classifier import Classifier, Prediction

HELP = "score comments: arguments, standard input, a prompt or a whole table"
EPILOG = """examples:
  nsmc predict "재밌다" "노잼"
  cat comments.txt | nsmc predict - --json
  nsmc predict --input comments.csv --output scored.csv

An empty comment gets no label and no score: --json shows null, a table leaves the cells empty.
A table gains the columns label, label_ko and score; one it has already keeps its values, and the
new one is called predicted_label and so on.

Tables: .csv .tsv .txt .jsonl .parquet, the text formats also .gz."""
LINES_AT_ONCE = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help="comments; - reads one a line from standard input; none, on a terminal, prompts",
    )
    parser.add_argument("--input", type=Path, metavar="FILE", help="a table to score")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the scored table goes")
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="the table's text column (default: document, else the only text column)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Score what the arguments name.

    Raises:
        UsageError: options that don't go together.
        NsmcError: the model or the input can't be used.
    """
    _check(args)
    from nsmc.runtime.classifier import load

    classifier = load(args.model, threshold=args.threshold)
    if args.input is not None:
        _score_table(classifier, args)
    elif args.text and args.text != ["-"]:
        _show(classifier.predict(args.text), args.json)
    elif not args.text and is_terminal(sys.stdin):
        _prompt(classifier, args.json)
    else:
        for lines in _available_lines():
            _show(classifier.predict(lines), args.json)
    return 0


def _check(args: argparse.Namespace) -> None:
    if (args.input is None) != (args.output is None):
        raise UsageError("--input FILE and --output FILE go together")
    if args.input is None and args.column is not None:
        raise UsageError("--column names a column of a table; give --input FILE as well")
    if args.input is not None and args.text:
        raise UsageError("give either comments or --input FILE, not both")
    if args.input is not None and args.json:
        raise UsageError("a table's format is its name's: for JSON give --output a name in .jsonl")
    if "-" in args.text and len(args.text) > 1:
        raise UsageError("- reads standard input and stands alone")


def _score_table(classifier: "Classifier", args: argparse.Namespace) -> None:
    from nsmc.scoring import score_table

    with progress_bar(unit="B", unit_scale=True, desc=args.input.name) as bar:

        def advance(done: int, total: int, rows: int) -> None:
            bar.total = total
            bar.set_postfix_str(f"{rows:,} rows", refresh=False)
            bar.update(done - bar.n)

        result = score_table(
            classifier, args.input, args.output, column=args.column, progress=advance
        )
    for note in result.notes:
        say(note)
    say(f"{result.rows:,} rows scored into {args.output} ({result.positive:,} positive)")


def _prompt(classifier: "Classifier", as_json: bool) -> None:
    say("type a comment, Enter scores it, Ctrl-D ends")
    while True:
        try:
            # Not input("> "), which writes that to standard output, where only results go.
            print("> ", end="", file=sys.stderr, flush=True)
            line = input()
        except EOFError:
            print(file=sys.stderr)
            return
        if line.strip():
            _show([classifier.predict(line)], as_json)


def _available_lines() -> Iterator[list[str]]:
    """Lines of standard input, as many at once as have arrived: no pipe is kept waiting."""
    if sys.stdin is None:  # `<&-`, or a service without one
        raise UsageError("expected comments, found standard input closed; give some as arguments")
    descriptor = sys.stdin.fileno()
    arrived: queue.Queue[bytes | None] = queue.Queue(4 * LINES_AT_ONCE)

    def read() -> None:
        # A reader of its own: Python closes sys.stdin when it exits early, at Ctrl-C for one, and
        # aborts if a thread is waiting in it.
        for line in os.fdopen(descriptor, "rb", closefd=False):
            arrived.put(line)
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    decode = _Decoder()
    ended = False
    while not ended:
        lines = [arrived.get()]
        while lines[-1] is not None and len(lines) < LINES_AT_ONCE and not arrived.empty():
            lines.append(arrived.get())
        ended = lines[-1] is None
        if texts := [decode(line) for line in lines if line is not None]:
            yield texts


class _Decoder:
    """Bytes of a line to text: UTF-8, or CP949 for a line that isn't, which is said once."""

    def __init__(self) -> None:
        self._lines = 0
        self._told = False

    def __call__(self, line: bytes) -> str:
        self._lines += 1
        if self._lines == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            try:
                text = line.decode("cp949")
            except UnicodeDecodeError as error:
                raise NsmcError(
                    f"line {self._lines} of standard input is neither UTF-8 nor CP949 text; "
                    "expected one comment a line"
                ) from error
            if not self._told:
                say(f"line {self._lines} of standard input isn't UTF-8 and was read as CP949")
                self._told = True
        return text.rstrip("\r\n")


def _show(predictions: "list[Prediction]", as_json: bool) -> None:
    for prediction in predictions:
        print(
            json.dumps(prediction.to_dict(), ensure_ascii=False) if as_json else _line(prediction)
        )
    sys.stdout.flush()


def _line(prediction: "Prediction") -> str:
    text = " ".join(prediction.text.split())
    if not prediction.label:
        return f"  —       —  {text}"
    colour = "green" if prediction.label == "positive" else "red"
    return f"{paint(prediction.label_ko, colour, sys.stdout)} {prediction.confidence:6.1%}  {text}"
