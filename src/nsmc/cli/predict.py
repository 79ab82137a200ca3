"""`nsmc predict`: comments to 긍정/부정."""

import argparse
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import add_model_options, is_terminal, paint, progress_bar, say
from nsmc.errors import NsmcError, UsageError

if TYPE_CHECKING:
    from nsmc.runtime.classifier import Classifier, Prediction

EPILOG = """examples:
  nsmc predict "재밌다" "노잼"
  cat comments.txt | nsmc predict - --json
  nsmc predict --input comments.csv --output scored.csv
  nsmc predict --explain "연기는 좋은데 지루하다" --html why.html

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
    parser.add_argument(
        "--explain",
        action="store_true",
        help="what each morpheme did to the score, in log odds; some 50 comments a second",
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="with --explain: a page of the comments as well"
    )
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
    elif args.explain:
        with _explaining(classifier, args.json, args.html) as show:
            _score_comments(args.text, show)
    else:
        _score_comments(args.text, lambda texts: _show(classifier.predict(texts), args.json))
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
    if args.input is not None and args.explain:
        raise UsageError(
            "--explain is for comments, not tables: give them as arguments, or one a line on "
            "standard input; --json makes spans for programs"
        )
    if args.html is not None and not args.explain:
        raise UsageError("--html FILE writes explanations; give --explain as well")
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


def _score_comments(texts: list[str], show: Callable[[list[str]], None]) -> None:
    """Show what the arguments, the prompt or standard input give."""
    if texts and texts != ["-"]:
        show(texts)
    elif not texts and is_terminal(sys.stdin):
        _prompt(show)
    else:
        for lines in _available_lines():
            show(lines)


def _prompt(show: Callable[[list[str]], None]) -> None:
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
            show([line])


def _available_lines() -> Iterator[list[str]]:
    """Lines of standard input, as many at once as have arrived: no pipe is kept waiting."""
    if sys.stdin is None:  # `<&-`, or a service without one
        raise UsageError("expected comments, found standard input closed; give some as arguments")
    import queue

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
            json.dumps(prediction.to_dict(), ensure_ascii=False)
            if as_json
            else _line(prediction, " ".join(prediction.text.split()))
        )
    sys.stdout.flush()


def _line(prediction: "Prediction", comment: str) -> str:
    if not prediction.label:
        return f"  —       —  {comment}"
    colour = "green" if prediction.label == "positive" else "red"
    label = paint(prediction.label_ko, colour, sys.stdout)
    return f"{label} {prediction.confidence:6.1%}  {comment}"


@contextlib.contextmanager
def _explaining(
    classifier: "Classifier", as_json: bool, html: Path | None
) -> Iterator[Callable[[list[str]], None]]:
    """Give what shows explanations; with ``html`` the page appears when the block ends well."""
    from nsmc.cli.explained import coloured_comment, explained_lines
    from nsmc.files import whole_file
    from nsmc.presentation.explained_page import PAGE_END, page_article, page_start

    with contextlib.ExitStack() as stack:
        page = None
        if html is not None:
            temporary = stack.enter_context(whole_file(html))
            page = stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n"))
            page.write(page_start(classifier.baseline))

        def show(texts: list[str]) -> None:
            for text in texts:
                explanation = classifier.explain(text)
                if as_json:
                    print(json.dumps(explanation.to_dict(), ensure_ascii=False))
                else:
                    print(_line(explanation.prediction, coloured_comment(explanation)))
                    for line in explained_lines(explanation):
                        print(line)
                sys.stdout.flush()
                if page is not None:
                    page.write(page_article(explanation))

        yield show
        if page is not None:
            page.write(PAGE_END)
    if html is not None:
        say(f"the explanations are in {html}")
