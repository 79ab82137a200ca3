"""`nsmc predict` on comments: every way in, every way out, and how it ends."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.inference.classifier import load
from nsmc.text.width import display_width

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here, Result, Start, Terminal
    from tests.conftest import Untrained

KEYS = ["text", "label", "label_ko", "score", "confidence"]
UNFAMILIAR = "  (unfamiliar)"
COMMENTS = ["정말 재미있게 봤어요", "시간이 아까운 영화", "ㅋㅋㅋ 최고!!", "배우들의 연기가 좋았다"]


@pytest.fixture
def predict(here: Here, small_model: Path) -> Callable[..., Result]:
    """`nsmc predict` with the small model, in this process."""
    return lambda *args, **options: here("predict", "--model", small_model, *args, **options)


@pytest.fixture
def process(command: Command, small_model: Path) -> Callable[..., Result]:
    """`nsmc predict` with the small model, as a process."""
    return lambda *args, **options: command("predict", "--model", small_model, *args, **options)


def test_comments_score_alike_as_arguments_and_as_lines(
    predict: Callable[..., Result], process: Callable[..., Result], small_model: Path
) -> None:
    classifier = load(small_model)
    alone = [classifier.predict(comment).score for comment in COMMENTS]
    assert len(set(alone)) == len(COMMENTS)
    lines = [COMMENTS[0], "", "  ", *COMMENTS[1:]]
    unix = "\n".join(lines).encode()
    windows = ("\ufeff" + "".join(f"{line}\r\n" for line in lines)).encode()
    for result in (
        predict("--json", *lines),
        process("--json", "-", stdin=unix),
        predict("--json", stdin=windows),
    ):
        results = result.objects()
        assert result.err == ""
        assert [one["text"] for one in results] == lines  # a blank line keeps its place
        assert [one["label"] is None for one in results] == [False, True, True, *[False] * 3]
        scores = [one["score"] for one in results if one["label"]]
        assert scores == pytest.approx(alone, abs=2e-6)


def test_json_has_the_keys_of_the_contract(predict: Callable[..., Result]) -> None:
    result = predict("--json", *COMMENTS, "", "\u3000\t")
    results = result.objects()
    assert [list(one) for one in results] == [KEYS] * 6
    assert [one["text"] for one in results] == [*COMMENTS, "", "\u3000\t"]
    for one in results[:4]:
        positive = one["score"] >= 0.5
        assert one["label"] == ("positive" if positive else "negative")
        assert one["label_ko"] == ("긍정" if positive else "부정")
        certain = one["score"] if positive else 1 - one["score"]
        assert one["confidence"] == pytest.approx(certain, abs=2e-6)
    assert [[one[key] for key in KEYS[1:]] for one in results[4:]] == [[None] * 4] * 2
    assert COMMENTS[0] in result.out  # Hangul readable, not \uXXXX


def test_a_line_for_a_person(predict: Callable[..., Result]) -> None:
    scores = predict("--json", *COMMENTS).objects()
    lines = predict(*COMMENTS, "두 줄\n댓글", "").out.splitlines()
    for line, one in zip(lines, scores, strict=False):
        assert line == f"{one['label_ko']} {one['confidence']:6.1%}  {one['text']}"
    assert lines[4].endswith("%  두 줄 댓글")
    assert lines[5].split() == ["—", "—"]


def test_no_lines_are_no_error(predict: Callable[..., Result]) -> None:
    result = predict(stdin=b"")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_cp949_lines_are_read_and_that_is_said_once(predict: Callable[..., Result]) -> None:
    result = predict("--json", "-", stdin="\n".join(["ok", *COMMENTS]).encode("cp949"))
    assert [one["text"] for one in result.objects()] == ["ok", *COMMENTS]
    assert result.err == "nsmc: line 2 of standard input isn't UTF-8 and was read as CP949\n"


def test_utf16_and_lines_without_an_end(predict: Callable[..., Result]) -> None:
    result = predict("--json", "-", stdin="\r\n".join(COMMENTS).encode("utf-16"))
    assert [one["text"] for one in result.objects()] == COMMENTS
    assert result.err == ""
    result = predict("--json", "-", stdin="좋다\n".encode() + b"x" * (1 << 22))
    assert result.code == 1
    assert json.loads(result.out)["text"] == "좋다"
    assert result.err.startswith("nsmc: line 2 of standard input is longer than 262,144 characters")


def test_bytes_of_no_encoding_name_their_line(start: Start, small_model: Path) -> None:
    process = start("predict", "--model", small_model, "-")
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write("좋다\n".encode() + b"\xff\xff\n")
    process.stdin.flush()
    # Standard input stays open: a thread that waits in it must not make Python abort.
    assert process.wait(60) == 1
    assert "  좋다" in process.stdout.read().decode()  # what came before is scored
    assert process.stderr.read().decode() == (
        "nsmc: line 2 of standard input is neither UTF-8 nor CP949 text; "
        "expected one comment a line\n"
    )


def test_streams_are_utf8_whatever_the_environment_says(process: Callable[..., Result]) -> None:
    comment = "뷁쀍 좋다 🎬"
    for encoding, stdin, args in (
        ("cp949", comment.encode(), ["-"]),
        ("ascii", b"", [comment]),
    ):
        result = process(*args, stdin=stdin, env={"PYTHONIOENCODING": encoding})
        assert (result.code, result.err) == (0, "")
        assert result.out.endswith(f"%  {comment}\n")
        assert "\x1b" not in result.out  # no colour where nobody looks


def test_an_argument_of_another_encoding(process: Callable[..., Result]) -> None:
    given = "재밌다".encode("cp949").decode("utf-8", "surrogateescape")
    result = process("--json", "최고", given)
    assert [json.loads(line)["text"] for line in result.out.splitlines()] == ["최고", "재밌다"]
    assert result.err == "nsmc: comment 2 isn't UTF-8 and was read as CP949\n"


def test_a_broken_argument_is_shown_escaped(process: Callable[..., Result]) -> None:
    result = process("\udcff good")  # the byte FF
    assert result.code == 0
    assert result.out.endswith(f"%  \\udcff good{UNFAMILIAR}\n")


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_on_a_terminal(
    env: dict[str, str],
    coloured: bool,
    terminal: Callable[..., Terminal],
    predict: Callable[..., Result],
    small_model: Path,
) -> None:
    one = predict("--json", COMMENTS[0]).object()
    screen = terminal("predict", "--model", small_model, COMMENTS[0], env=env)
    assert screen.finish() == 0
    colour = {"positive": 32, "negative": 31}[one["label"]]
    words = f"{one['label_ko']} {one['confidence']:6.1%}"
    painted = f"\x1b[{colour}m{words}\x1b[0m" if coloured else words
    assert screen.shown == f"{painted}  {COMMENTS[0]}\r\n"


def test_the_prompt_scores_every_line_until_ctrl_d(
    terminal: Callable[..., Terminal], small_model: Path
) -> None:
    screen = terminal("predict", "--model", small_model, env={"NO_COLOR": "1"})
    screen.wait_for("Ctrl-D ends")
    screen.wait_for("> ")
    screen.type("재밌다\n")
    screen.wait_for("%  재밌다")
    screen.wait_for_prompt()
    screen.type("\n")  # an empty line is no comment
    screen.wait_for_prompt()
    screen.type("\x1b[A\n")  # ↑ brings back the last one
    while screen.shown.count("%  재밌다") < 2:
        assert screen._read()
    screen.wait_for_prompt()
    screen.type("노잼\n")
    screen.wait_for("%  노잼")
    screen.wait_for_prompt()
    screen.type("\x04")
    assert screen.finish() == 0
    assert screen.shown.count("%") == 3
    assert "Traceback" not in screen.shown


def test_the_prompt_is_no_result(terminal: Callable[..., Terminal], small_model: Path) -> None:
    screen = terminal("predict", "--model", small_model, "--json", out_to_pipe=True)
    screen.wait_for("> ")
    screen.type("재밌다\n")
    assert screen.process.stdout
    line = screen.process.stdout.readline()
    screen.type("\x04")
    assert screen.finish() == 0
    assert json.loads(line)["text"] == "재밌다"
    assert screen.process.stdout.read() == b""


def test_ctrl_c_at_the_prompt(terminal: Callable[..., Terminal], small_model: Path) -> None:
    screen = terminal("predict", "--model", small_model)
    screen.wait_for("> ")
    # A signal between the prompt and the system's read is noticed at the next one only, so do as a
    # person does: press again.
    for _ in range(5):
        screen.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            screen.process.wait(5)
            break
    assert screen.finish() == 130
    assert "nsmc: interrupted" in screen.shown
    assert "Traceback" not in screen.shown


@pytest.mark.parametrize(
    ("number", "status", "message"),
    [(signal.SIGINT, 130, "nsmc: interrupted\n"), (signal.SIGTERM, 143, "")],
)
def test_a_result_comes_at_once_and_a_signal_ends_the_wait_for_a_line(
    number: signal.Signals, status: int, message: str, start: Start, small_model: Path
) -> None:
    process = start("predict", "--model", small_model, "--json")
    assert process.stdin and process.stdout and process.stderr
    for comment in COMMENTS:
        process.stdin.write(f"{comment}\n".encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["text"] == comment
    process.send_signal(number)
    assert process.wait(60) == status
    assert process.stderr.read().decode() == message


def test_head_ends_it_quietly(
    shell: Callable[..., Result], small_model: Path, tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    lines.write_text("".join(f"재밌다 {i}\n" for i in range(20_000)), encoding="utf-8")
    line = 'cat "$2" | { $nsmc predict --model "$1" -; echo rc $? >&2; } | head -1'
    done = shell(line, small_model, lines)
    assert done.out.endswith("%  재밌다 0\n")
    assert done.err == "rc 0\n"


def test_streams_that_are_full_or_closed(shell: Callable[..., Result], small_model: Path) -> None:
    full = shell('$nsmc predict --model "$1" 좋다 >/dev/full', small_model)
    full.check_refusal(1)
    assert full.err.startswith(
        "nsmc: cannot write to standard output: No space left on device; free"
    )
    assert len(full.err.splitlines()) == 1
    closed = shell('$nsmc predict --model "$1" <&-', small_model)
    closed.check_refusal(2, "standard input closed; give some as arguments")
    # What would be printed is refused before the work; what goes to a file isn't.
    closed = shell('$nsmc predict --model "$1" 좋다 >&-', small_model)
    closed.check_refusal(1, "standard output is closed, so the results would be lost")
    for line in ("2>&-", "2>/dev/full"):
        done = shell(f'echo 좋다 | $nsmc predict --model "$1" --json - {line}', small_model)
        assert (done.code, done.err) == (0, "")
        assert done.object()["text"] == "좋다"
    # Neither is a message: the status stays that of the error.
    assert shell("$nsmc predict --nonsense 2>/dev/full").code == 2
    shell("$nsmc --version >/dev/full").check_refusal(1, "No space left on device")


def test_standard_input_that_cannot_be_read_ends_it(
    shell: Callable[..., Result], untrained: Untrained, tmp_path: Path
) -> None:
    # Opened for writing alone.
    done = shell('$nsmc predict --model "$1" - 0>"$2"', untrained(), tmp_path / "file")
    done.check_refusal(1, "standard input can't be read after line 0: Bad file descriptor")
    table = '$nsmc predict --model "$1" --input - --format csv --output - 0>"$2"'
    done = shell(table, untrained(), tmp_path / "file")
    done.check_refusal(1, "standard input can't be read: Bad file descriptor; name a file")


def test_the_threshold_is_inclusive(predict: Callable[..., Result], small_model: Path) -> None:
    for threshold, label in (("0", "positive"), ("1", "negative")):
        results = predict("--json", "--threshold", threshold, *COMMENTS).objects()
        assert {one["label"] for one in results} == {label}
    (exact,) = load(small_model).predict(COMMENTS[:1])
    one = predict("--json", "--threshold", repr(exact.score), COMMENTS[0]).object()
    assert one["label"] == "positive"


TABLE = ["--input", "a.csv", "--output", "b.csv"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--input", "a.csv"], "--input FILE and --output FILE go together"),
        (["--output", "a.csv"], "--input FILE and --output FILE go together"),
        (["--column", "x", "좋다"], "--column names a column of a table; give --input"),
        ([*TABLE, "좋다"], "either comments or --input FILE"),
        ([*TABLE, "--json"], "give --output a name in .jsonl"),
        (["-", "좋다"], "- reads standard input and stands alone"),
        (["--probabilities", "좋다"], "--probabilities adds columns to a table; give --input FILE"),
        (["--top", "3", "--json", "좋다"], "--json has every class's probability, and so has a"),
        (["--top", "3", *TABLE], "a table with --probabilities"),
        (["--top", "0", "좋다"], "must be at least 1, found 0"),
        (["--top", "two", "좋다"], "invalid int value: 'two'"),
        (["--threshold", "nan", "좋다"], "expected a threshold from 0 to 1, found nan"),
        (["--threshold", "half", "좋다"], "invalid float value: 'half'"),
        (["--theshold=1", "좋다"], "--theshold=1. Did you mean '--threshold'?"),
        (["-_-"], "What begins with - and is no option goes after --."),
        (["--html", "x.html", "좋다"], "--html FILE writes explanations; give --explain as well"),
        (["--explain", *TABLE], "for comments, not tables"),
        (["--top", "2", "좋다"], "--top is for models of own classes; the task of"),
    ],
)
def test_wrong_usage(args: list[str], words: str, here: Here) -> None:
    # No model is named: wrong usage is reported before one is looked for.
    here("predict", *args).check_refusal(2, words)


def test_a_line_of_classes_is_in_columns(here: Here, untrained: Untrained) -> None:
    classes = ["경제", "IT", "생활/문화", "スポーツ"]
    asked = ("predict", "--model", untrained("task=classes", classes=classes))
    shares = [one["probabilities"] for one in here(*asked, "--json", *COMMENTS).objects()]
    result = here(*asked, *COMMENTS, "")
    assert (result.code, result.err) == (0, "")
    # The networks here have learnt nothing, so no comment is familiar to them.
    lines = [line.removesuffix(UNFAMILIAR) for line in result.out.splitlines()]
    for line, comment, share in zip(lines, COMMENTS, shares, strict=False):
        best = max(classes, key=lambda name: share[name])
        assert line.split(None, 2) == [best, f"{share[best]:.1%}", comment]
    assert lines[4].split() == ["—", "—"]
    # As wide as the widest class, on a terminal, whichever it is.
    starts = {display_width(line[: line.index("%") + 1]) for line in lines[:4]}
    assert starts == {9 + 1 + 6}
    assert display_width(lines[4]) == 9 + 1 + 6 + 2
    ranked = sorted(shares[0].items(), key=lambda item: -item[1])
    for count in (1, 2, 3, 9):
        words = [word for name, share in ranked[:count] for word in (name, f"{share:.1%}")]
        shown = here(*asked, COMMENTS[0], "--top", str(count)).out.replace(UNFAMILIAR, "")
        assert shown.split() == [*words, *COMMENTS[0].split()]
        assert count > 1 or shown == f"{lines[0]}\n"


def test_a_line_of_stars(here: Here, untrained: Untrained) -> None:
    asked = ("predict", "--model", untrained("task=stars"), *COMMENTS, "")
    *stars, none = [one["stars"] for one in here(*asked, "--json").objects()]
    assert none is None
    *lines, last = here(*asked).out.replace(UNFAMILIAR, "").splitlines()
    assert lines == [f"★{n:.1f}  {comment}" for n, comment in zip(stars, COMMENTS, strict=True)]
    assert last.split() == ["—"]


def test_a_line_of_both(here: Here, untrained: Untrained) -> None:
    asked = ("predict", "--model", untrained("task=sentiment+stars"), *COMMENTS)
    results = here(*asked, "--json").objects()
    notes = {"unfamiliar", "unknown"}
    assert [[key for key in one if key not in notes] for one in results] == [
        [*KEYS, "stars"]
    ] * len(COMMENTS)
    assert here(*asked).out.replace(UNFAMILIAR, "").splitlines() == [
        f"{one['label_ko']} {one['confidence']:6.1%}  ★{one['stars']:.1f}  {one['text']}"
        for one in results
    ]


def test_a_comment_that_begins_with_a_dash(predict: Callable[..., Result]) -> None:
    result = predict("--", "-_-")
    assert result.code == 0
    assert result.out.endswith(f"  -_-{UNFAMILIAR}\n")
