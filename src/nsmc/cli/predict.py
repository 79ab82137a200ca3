"""`nsmc predict`: comments to 긍정/부정, to classes of one's own or to stars."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.comments import add_comment_options, check_comment_options, score_comments
from nsmc.cli.common import (
    add_exact_option,
    add_model_option,
    add_threshold_option,
    one_line,
    paint,
    print_json,
    say,
    say_about_table,
)
from nsmc.cli.reading import add_reading_options, reading_options
from nsmc.cli.tables import TABLES, read_options, table_streams, where, write_options
from nsmc.errors import UsageError, printable
from nsmc.messages.translate import language

if TYPE_CHECKING:
    from nsmc.inference.classifier import Classifier
    from nsmc.pipeline.staging import Place
    from nsmc.tasks.predictions import Prediction
    from nsmc.tasks.task import Task

EPILOG = f"""examples:
  nsmc predict "재밌다" "노잼"
  cat comments.txt | nsmc predict - --json
  nsmc predict --input comments.csv --output scored.csv
  nsmc predict --input "in/*.csv" --output scored      (a directory, or a pattern in quotes)
  nsmc predict --input s3://shop/in --output s3://shop/scored        (or in an object store)
  nsmc predict --explain "연기는 좋은데 지루하다" --html why.html

The task decides the prediction: 긍정 or 부정, one of the classes, or stars. An empty comment gets
none: --json shows null, a table has empty cells.
A table gains the columns label, label_ko and score; for classes label and confidence; for stars
stars. A column that is there keeps its values; the new one is named predicted_label and so on.
Of a directory or a pattern each file is scored into a file of its name, on all cores. Where that
was cut short, the same command goes on; at the end _SUCCESS has rows and checksums.

{TABLES}"""
LABELS_SHOWN = 5
"""Labels of a scored table whose rows are counted in the last line, at most."""
COLOURS = {"positive": "green", "negative": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_comment_options(parser, tables="a table to score, a directory, a pattern in quotes, or -")
    parser.add_argument(
        "--top",
        type=int,
        metavar="N",
        help="with a model of own classes: the N likeliest of them (--json has all)",
    )
    parser.add_argument(
        "--probabilities",
        action="store_true",
        help="with --input and a model of own classes: a column for each class as well",
    )
    parser.add_argument(
        "--notes",
        action="store_true",
        help="with --input: also columns unfamiliar, unknown, truncated, corrections and exact",
    )
    parser.add_argument(
        "--engine",
        choices=["ray"],
        help="with a directory: score its files by Ray, at RAY_ADDRESS or on this machine",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="what each morpheme did to the result; some dozens of comments a second",
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="with --explain: a page of the comments as well"
    )
    add_model_option(parser)
    add_threshold_option(parser)
    add_exact_option(parser)
    add_reading_options(parser)


def run(args: argparse.Namespace) -> int:
    """Score what the arguments name."""
    _check(args)
    from nsmc.inference.classifier import load

    reading = reading_options(args, tell=args.input is not None)
    classifier = load(args.model, threshold=args.threshold, exact=args.exact, **reading)
    if args.top is not None and not classifier.task.classes:
        raise UsageError(
            "--top is for models of own classes; the task of {path} is {task!r}, so leave it out",
            path=classifier.model.path,
            task=classifier.task.name,
        )
    if args.input is not None:
        _score_table(classifier, args)
    elif args.explain:
        with _explaining(classifier, args) as show:
            score_comments(args.text, show)
    else:
        score_comments(args.text, lambda texts: _show(classifier, texts, args))
    return 0


def _check(args: argparse.Namespace) -> None:
    check_comment_options(args)
    if args.input is not None and args.explain:
        raise UsageError(
            "--explain is for comments, not tables: give them as arguments, or one a line on "
            "standard input; --json makes spans for programs"
        )
    if args.input is None and args.probabilities:
        raise UsageError(
            "--probabilities adds columns to a table; give --input FILE as well, or take "
            "--json, which has them all"
        )
    if args.input is None and args.notes:
        raise UsageError(
            "--notes adds columns to a table; give --input FILE as well, or take --json, which "
            "has each where it says something"
        )
    if args.engine and args.input is None:
        raise UsageError("--engine scores the files of a directory; give --input DIR as well")
    if args.top is not None and (args.json or args.input is not None):
        raise UsageError(
            "--top is for lines that a person reads: --json has every class's probability, and "
            "so has a table with --probabilities"
        )
    if args.top is not None and args.top < 1:
        raise UsageError(
            "--top counts classes, so it must be at least 1, found {count}", count=args.top
        )
    if args.html is not None and not args.explain:
        raise UsageError("--html FILE writes explanations; give --explain as well")


def _score_table(classifier: "Classifier", args: argparse.Namespace) -> None:
    from nsmc.pipeline.score_table import score_table
    from nsmc.pipeline.source_files import is_many

    if is_many(args.input):
        _score_files(classifier, args)
        return
    if args.engine:
        raise UsageError(
            "--engine scores the files of a directory, and {file} is one file, which all cores "
            "of this machine score without it; leave it out, or name a directory",
            file=args.input,
        )
    with table_streams(args) as (source, target, reading, writing), _telling_of_scores(target):
        result = score_table(
            classifier,
            source,
            target,
            column=args.column,
            reading=reading,
            writing=writing,
            probabilities=args.probabilities,
            notes=args.notes,
            resume=str(args.output) != "-",
        )
    say_about_table(result)
    say(
        "{rows:,} rows scored into {place}{counts}",
        rows=result.rows,
        place=where(args.output),
        counts=_by_label(result.labels, classifier.task),
    )


def _score_files(classifier: "Classifier", args: argparse.Namespace) -> None:
    from nsmc.pipeline.score_files import score_files

    if str(args.output) == "-":
        raise UsageError(
            "{input} may be several files; name an --output directory for them", input=args.input
        )
    engine = None
    if args.engine:
        from nsmc.ray import map_files

        engine = map_files
    try:
        result = score_files(
            classifier,
            args.input,
            args.output,
            column=args.column,
            reading=read_options(args),
            writing=write_options(args),
            probabilities=args.probabilities,
            notes=args.notes,
            engine=engine,
        )
    except (KeyboardInterrupt, SystemExit):
        say("what is done stays in {place}; the same command goes on there", place=args.output)
        raise
    say_about_table(result)
    if result.done_before:
        say("{files:,} files had been scored by an earlier run", files=result.done_before)
    say(
        "{rows:,} rows of {files:,} files scored into {place}{counts}",
        rows=result.rows,
        files=result.files,
        place=args.output,
        counts=_by_label(result.labels, classifier.task),
    )


def _by_label(labels: dict[str, int], task: "Task") -> str:
    from nsmc.tasks.sentiment import KOREAN

    words = KOREAN if task.has_threshold and language() == "ko" else {}
    counts = [f"{count:,} {words.get(label, label)}" for label, count in labels.items()]
    if len(counts) > LABELS_SHOWN:
        counts = [*counts[: LABELS_SHOWN - 1], "…"]
    return f" ({', '.join(counts)})" if counts else ""


@contextlib.contextmanager
def _telling_of_scores(target: "Place") -> Iterator[None]:
    """Say where scores stay that a table of many rows had when it was cut short."""
    from nsmc.pipeline.score_table import scores_beside

    try:
        yield
    finally:
        if isinstance(target, Path) and (kept := scores_beside(target)).exists():
            say("the scores so far are in {place}; the same command goes on there", place=kept)


def _show(classifier: "Classifier", texts: list[str], args: argparse.Namespace) -> None:
    for prediction in classifier.predict(texts, verbose=False):
        if args.json:
            print_json(prediction.to_dict())
        else:
            print(_line(prediction, one_line(prediction.text), args))
    sys.stdout.flush()


def _line(prediction: "Prediction", comment: str, args: argparse.Namespace) -> str:
    from nsmc.report.display import display_text, notes_text

    shown = display_text(prediction, args.top or 1)
    colour, words = COLOURS.get(shown.tone), printable(shown.words)
    notes = f"  ({printable(noted)})" if (noted := notes_text(prediction)) else ""
    return f"{paint(words, colour, sys.stdout) if colour else words}  {comment}{notes}"


@contextlib.contextmanager
def _explaining(
    classifier: "Classifier", args: argparse.Namespace
) -> Iterator[Callable[[list[str]], None]]:
    """Give what shows explanations; with ``--html`` the page appears when the block ends well."""
    from nsmc.cli.explained import coloured_comment, explained_lines
    from nsmc.pipeline.classify import explain_each
    from nsmc.report.explanation_page import page_article, page_frame
    from nsmc.storage.files import atomic_write

    with contextlib.ExitStack() as stack:
        page, page_end = None, ""
        if args.html is not None:
            page_start, page_end = page_frame(classifier.task.explains, classifier.explained_units)
            temporary = stack.enter_context(atomic_write(args.html))
            page = stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n"))
            page.write(page_start)

        def show(texts: list[str]) -> None:
            for explanation in explain_each(texts, classifier):
                if args.json:
                    print_json(explanation.to_dict())
                else:
                    line = _line(explanation.prediction, coloured_comment(explanation), args)
                    print("\n".join([line, *explained_lines(explanation)]))
                sys.stdout.flush()
                if page is not None:
                    page.write(page_article(explanation))

        yield show
        if page is not None:
            page.write(page_end)
    if args.html is not None:
        say("the explanations are in {place}", place=args.html)
