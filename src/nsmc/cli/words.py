"""`nsmc words`: one's own table of new words, and what tables do to comments."""

import argparse
from pathlib import Path

from nsmc.cli.common import add_model_option, say
from nsmc.errors import DataError, UsageError, printable
from nsmc.messages.translate import tr

EPILOG = """examples:
  nsmc words add 띵작 명작
  nsmc words add 갓겜
  nsmc words list
  nsmc words check my-words.txt

add writes into your own table, which nsmc predict reads: a new word and what it means in known
words, or a word alone, which is then never corrected. A word that ends in ~ takes any ending:
"폼 미쳤~" "정말 훌륭했". check shows for each word of a table (default: your own) the probability
of 긍정 before and after. nsmc predict --words FILE reads another table over yours."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("action", choices=("add", "list", "check"))
    parser.add_argument(
        "arguments", nargs="*", metavar="WORD [MEANING] | FILE", help="of add; of list and check"
    )
    parser.add_argument("--all", action="store_true", help="with list: the package's words as well")
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    from nsmc.data.paths import user_words_file

    own = user_words_file()
    if args.action == "add":
        _add(args.arguments, own)
        return 0
    if len(args.arguments) > 1:
        raise UsageError(
            "nsmc words {action} takes one FILE, found {count}",
            action=args.action,
            count=len(args.arguments),
        )
    file = Path(args.arguments[0]) if args.arguments else own
    if args.action == "list":
        _list(file, own, everything=args.all)
    else:
        _check(file, args)
    return 0


def _add(arguments: list[str], own: Path) -> None:
    from nsmc.storage.files import atomic_write, real_path
    from nsmc.text.new_words import parse_line, read_words, words_line

    if not 1 <= len(arguments) <= 2:
        raise UsageError(
            "nsmc words add takes a WORD and its MEANING, found {count}; put what holds spaces "
            'in quotes: nsmc words add "폼 미쳤~" "정말 훌륭했"',
            count=len(arguments),
        )
    try:
        word, meaning = parse_line(" → ".join(arguments))
    except ValueError as error:
        raise UsageError(str(error)) from error
    before = read_words(own).meanings if own.exists() else {}
    lines = own.read_text(encoding="utf-8-sig").splitlines() if own.exists() else []
    if word in before:
        lines = [line for line in lines if not _is_of(line, word)]
    target = real_path(own)  # a link among one's settings stays one
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as temporary:
        temporary.write_text("\n".join([*lines, words_line(word, meaning), ""]), "utf-8")
    say(
        "{line} is in {file}; it was {before}" if word in before else "{line} is in {file}",
        line=words_line(word, meaning),
        file=own,
        before=words_line(word, before.get(word, "")),
    )


def _is_of(line: str, word: str) -> bool:
    from nsmc.text.new_words import parse_line

    return bool(line.strip()) and line.lstrip()[0] != "#" and parse_line(line)[0] == word


def _list(file: Path, own: Path, *, everything: bool) -> None:
    from nsmc.text.new_words import NewWords, read_words, shipped_words, words_line

    words = read_words(file) if file != own or own.exists() else NewWords({})
    if everything:
        words = shipped_words() | words
    for word, meaning in words.meanings.items():
        print(printable(words_line(word, meaning)))
    say(
        "{count:,} words; yours are in {file}"
        if own.exists()
        else "{count:,} words; yours are in {file}, which isn't there yet",
        count=len(words.meanings),
        file=own,
    )


def _check(file: Path, args: argparse.Namespace) -> None:
    from nsmc.inference.classifier import load
    from nsmc.text.new_words import STEM, NewWords, read_words, words_line

    own_is_missing = not args.arguments and not file.exists()
    meanings = {} if own_is_missing else read_words(file).meanings
    if not meanings:
        raise DataError(
            "{file}: expected new words, found none; nsmc words add WORD MEANING", file=file
        )
    classifier = load(args.model, exact=True)
    protected = classifier.with_options(words=NewWords(dict.fromkeys(meanings, "")))
    positive = classifier.task.has_threshold
    idle = 0
    for word, meaning in meanings.items():
        shown = word.removesuffix(STEM)
        read = meaning or shown
        before, after = protected.predict(shown), protected.predict(read)
        notes = [] if meaning else [tr("protected")]
        if positive:
            notes.append(f"긍정 {before.score:.0%}" + (f" → {after.score:.0%}" if meaning else ""))
        if meaning and after.unfamiliar:
            notes.append(tr("the model doesn't know the meaning either"))
        idle += positive and bool(meaning) and before.label == after.label
        print(printable(f"{words_line(word, meaning)}  ({', '.join(notes)})"))
    say(
        "{count:,} words; {idle:,} of them change no label" if positive else "{count:,} words",
        count=len(meanings),
        idle=idle,
    )
