"""`nsmc predict` on comments: every way in, every way out, and how it ends."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nsmc.text.width import display_width

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here, Start, Terminal
    from tests.conftest import Untrained

KEYS = ["text", "label", "label_ko", "score", "confidence"]
COMMENTS = ["정말 재미있게 봤어요", "시간이 아까운 영화", "ㅋㅋㅋ 최고!!", "배우들의 연기가 좋았다"]


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def by_arguments(command: Command, model: Path, tmp_path: Path) -> list[float]:
    result = command("predict", "--model", model, "--json", *COMMENTS)
    return [found["score"] for found in objects(result.out)]


def by_dash(command: Command, model: Path, tmp_path: Path) -> list[float]:
    lines = "\n".join(COMMENTS).encode()
    result = command("predict", "--model", model, "--json", "-", stdin=lines)
    return [found["score"] for found in objects(result.out)]


def by_pipe(command: Command, model: Path, tmp_path: Path) -> list[float]:
    lines = "\r\n".join(["\ufeff" + COMMENTS[0], *COMMENTS[1:], ""]).encode()
    result = command("predict", "--model", model, "--json", stdin=lines)
    return [found["score"] for found in objects(result.out)]


def by_file(command: Command, model: Path, tmp_path: Path) -> list[float]:
    source, target = tmp_path / "comments.txt", tmp_path / "scored.jsonl"
    source.write_text("\n".join(["document", *COMMENTS]) + "\n", encoding="utf-8")
    result = command("predict", "--model", model, "--input", source, "--output", target)
    assert (result.code, result.out) == (0, "")
    return [found["score"] for found in objects(target.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("way", [by_arguments, by_dash, by_pipe, by_file])
def test_every_way_in_gives_the_same_scores(
    way: Callable[[Command, Path, Path], list[float]],
    command: Command,
    small_model: Path,
    tmp_path: Path,
) -> None:
    from nsmc.inference.classifier import load

    classifier = load(small_model)
    alone = [classifier.predict(comment).score for comment in COMMENTS]
    assert len(set(alone)) == len(COMMENTS)
    assert way(command, small_model, tmp_path) == pytest.approx(alone, abs=2e-6)


def test_json_has_the_keys_of_the_contract(here: Here, small_model: Path) -> None:
    result = here("predict", "--model", small_model, "--json", *COMMENTS, "", "\u3000\t")
    found = objects(result.out)
    assert (result.code, result.err) == (0, "")
    assert [list(one) for one in found] == [KEYS] * 6
    assert [one["text"] for one in found] == [*COMMENTS, "", "\u3000\t"]
    for one in found[:4]:
        positive = one["score"] >= 0.5
        assert one["label"] == ("positive" if positive else "negative")
        assert one["label_ko"] == ("긍정" if positive else "부정")
        certain = one["score"] if positive else 1 - one["score"]
        assert one["confidence"] == pytest.approx(certain, abs=2e-6)
    assert [[one[key] for key in KEYS[1:]] for one in found[4:]] == [[None] * 4] * 2
    assert COMMENTS[0] in result.out  # Hangul readable, not \uXXXX


def test_a_line_for_a_person(here: Here, small_model: Path) -> None:
    scores = objects(here("predict", "--model", small_model, "--json", *COMMENTS).out)
    result = here("predict", "--model", small_model, *COMMENTS, "두 줄\n댓글", "")
    lines = result.out.splitlines()
    for line, one in zip(lines, scores, strict=False):
        assert line == f"{one['label_ko']} {one['confidence']:6.1%}  {one['text']}"
    assert lines[4].endswith("%  두 줄 댓글")
    assert lines[5].split() == ["—", "—"]


def test_a_blank_line_keeps_its_place(command: Command, small_model: Path) -> None:
    stdin = f"{COMMENTS[0]}\n\n  \n{COMMENTS[1]}\n".encode()
    result = command("predict", "--model", small_model, "--json", "-", stdin=stdin)
    found = objects(result.out)
    assert [one["text"] for one in found] == [COMMENTS[0], "", "  ", COMMENTS[1]]
    assert [one["label"] is None for one in found] == [False, True, True, False]


def test_no_lines_are_no_error(command: Command, small_model: Path) -> None:
    result = command("predict", "--model", small_model, stdin=b"")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_cp949_lines_are_read_and_that_is_said_once(command: Command, small_model: Path) -> None:
    stdin = "\n".join(["ok", *COMMENTS]).encode("cp949")
    result = command("predict", "--model", small_model, "--json", "-", stdin=stdin)
    assert [one["text"] for one in objects(result.out)] == ["ok", *COMMENTS]
    assert result.err.splitlines() == [
        "nsmc: line 2 of standard input isn't UTF-8 and was read as CP949"
    ]


def test_bytes_of_no_encoding_name_their_line(start: Start, small_model: Path) -> None:
    process = start("predict", "--model", small_model, "-")
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write("좋다\n".encode() + b"\xff\xff\n")
    process.stdin.flush()
    # Standard input stays open: a thread that waits in it must not make Python abort.
    assert process.wait(60) == 1
    assert process.stderr.read().decode() == (
        "nsmc: line 2 of standard input is neither UTF-8 nor CP949 text; "
        "expected one comment a line\n"
    )


@pytest.mark.parametrize("encoding", ["cp949", "ascii", "latin-1"])
def test_streams_are_utf8_whatever_the_environment_says(
    encoding: str, command: Command, small_model: Path
) -> None:
    comment = "뷁쀍 좋다 🎬"
    env = {"PYTHONIOENCODING": encoding}
    for stdin, args in ((comment.encode(), ["-"]), (b"", [comment])):
        result = command("predict", "--model", small_model, *args, stdin=stdin, env=env)
        assert result.code == 0
        assert result.out.rstrip("\n").endswith(f"%  {comment}")


def test_a_broken_argument_is_shown_escaped(small_model: Path) -> None:
    line = [sys.executable, "-m", "nsmc", "predict", "--model", str(small_model)]
    done = subprocess.run([*line, b"\xff good"], capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.decode().endswith("%  \\udcff good\n")


def test_no_colour_where_nobody_looks(command: Command, small_model: Path) -> None:
    result = command("predict", "--model", small_model, *COMMENTS)
    assert "\x1b" not in result.out + result.err


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_on_a_terminal(
    env: dict[str, str],
    coloured: bool,
    terminal: Callable[..., Terminal],
    here: Here,
    small_model: Path,
) -> None:
    (one,) = objects(here("predict", "--model", small_model, "--json", COMMENTS[0]).out)
    screen = terminal("predict", "--model", small_model, COMMENTS[0], env=env)
    assert screen.finish() == 0
    colour = {"positive": 32, "negative": 31}[one["label"]]
    words = f"{one['label_ko']} {one['confidence']:6.1%}"
    painted = f"\x1b[{colour}m{words}\x1b[0m" if coloured else words
    assert screen.shown == f"{painted}  {COMMENTS[0]}\r\n"
    assert ("\x1b" in screen.shown) is coloured


def test_the_prompt_scores_every_line_until_ctrl_d(
    terminal: Callable[..., Terminal], small_model: Path
) -> None:
    screen = terminal("predict", "--model", small_model, env={"NO_COLOR": "1"})
    screen.wait_for("Ctrl-D ends")
    screen.wait_for("> ")
    screen.type("재밌다\n")
    screen.wait_for("%  재밌다")
    screen.type("\n")  # an empty line is no comment
    screen.type("노잼\n")
    screen.wait_for("%  노잼")
    screen.type("\x04")
    assert screen.finish() == 0
    assert screen.shown.count("%") == 2
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


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_it_waits_for_a_line(
    number: signal.Signals, status: int, start: Start, small_model: Path
) -> None:
    process = start("predict", "--model", small_model, "-")
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write("좋다\n".encode())
    process.stdin.flush()
    assert process.stdout.readline().decode().endswith("좋다\n")
    process.send_signal(number)
    assert process.wait(60) == status
    said = {130: "nsmc: interrupted\n", 143: ""}
    assert process.stderr.read().decode() == said[status]


def test_a_result_comes_before_standard_input_ends(start: Start, small_model: Path) -> None:
    process = start("predict", "--model", small_model, "--json")
    assert process.stdin and process.stdout
    for comment in COMMENTS:
        process.stdin.write(f"{comment}\n".encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["text"] == comment
    process.stdin.close()
    assert process.wait(60) == 0


def test_head_ends_it_quietly(small_model: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("".join(f"재밌다 {i}\n" for i in range(20_000)), encoding="utf-8")
    script = (
        'set -o pipefail; cat "$3" | { "$1" -m nsmc predict --model "$2" -; echo rc $? >&2; }'
        " | head -1"
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, small_model, lines],
        capture_output=True,
        timeout=60,
    )
    assert done.stdout.decode().endswith("%  재밌다 0\n")
    assert done.stderr.decode() == "rc 0\n"


def test_a_full_disk_under_standard_output_is_told(small_model: Path) -> None:
    line = [sys.executable, "-m", "nsmc", "predict", "--model", str(small_model), "좋다"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("nsmc: cannot write: No space left on device; free")
    assert len(done.stderr.splitlines()) == 1


def test_closed_standard_input_is_told(small_model: Path) -> None:
    script = '"$1" -m nsmc predict --model "$2" <&-'
    done = subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, small_model],
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert "standard input closed; give some as arguments" in done.stderr.decode()


def test_the_threshold_is_inclusive(here: Here, small_model: Path) -> None:
    def labels(threshold: str) -> set[str]:
        result = here(
            "predict", "--model", small_model, "--json", "--threshold", threshold, *COMMENTS
        )
        assert result.code == 0
        return {one["label"] for one in objects(result.out)}

    assert labels("0") == {"positive"}
    assert labels("1") == {"negative"}
    from nsmc.inference.classifier import load

    exact = load(small_model).predict(COMMENTS[0]).score
    result = here(
        "predict", "--model", small_model, "--json", "--threshold", repr(exact), COMMENTS[0]
    )
    assert objects(result.out)[0]["label"] == "positive"


@pytest.mark.parametrize("threshold", ["1.01", "-0.1", "nan", "inf"])
def test_a_threshold_that_is_no_probability(threshold: str, here: Here, small_model: Path) -> None:
    result = here("predict", "--model", small_model, f"--threshold={threshold}", "좋다")
    assert (result.code, result.out) == (2, "")
    assert "expected a threshold from 0 to 1, found" in result.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--input", "a.csv"], "--input FILE and --output FILE go together"),
        (["--output", "a.csv"], "--input FILE and --output FILE go together"),
        (["--column", "x", "좋다"], "--column names a column of a table; give --input"),
        (["--input", "a.csv", "--output", "b.csv", "좋다"], "either comments or --input FILE"),
        (["--input", "a.csv", "--output", "b.csv", "--json"], "give --output a name in .jsonl"),
        (["-", "좋다"], "- reads standard input and stands alone"),
        (["--probabilities", "좋다"], "--probabilities adds columns to a table; give --input FILE"),
        (["--top", "3", "--json", "좋다"], "--json has every class's probability, and so has a"),
        (["--top", "3", "--input", "a.csv", "--output", "b.csv"], "a table with --probabilities"),
        (["--top", "0", "좋다"], "must be at least 1, found 0"),
        (["--top", "two", "좋다"], "invalid int value: 'two'"),
        (["--threshold", "half", "좋다"], "invalid float value: 'half'"),
        (["--theshold=1", "좋다"], "--theshold=1. Did you mean '--threshold'?"),
        (["-_-"], "What begins with - and is no option goes after --."),
    ],
)
def test_wrong_usage(args: list[str], words: str, here: Here) -> None:
    # No model is named: wrong usage is told before one is looked for.
    result = here("predict", *args)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_a_line_of_classes_stands_in_columns(here: Here, untrained: Untrained) -> None:
    classes = ["경제", "IT", "생활/문화", "スポーツ"]
    model = untrained("task=classes", classes=classes)
    asked = ("predict", "--model", model)
    shares = [one["probabilities"] for one in objects(here(*asked, "--json", *COMMENTS).out)]
    result = here(*asked, *COMMENTS, "")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    for line, comment, share in zip(lines, COMMENTS, shares, strict=False):
        best = max(classes, key=lambda name: share[name])
        assert line.split(None, 2) == [best, f"{share[best]:.1%}", comment]
    assert lines[4].split() == ["—", "—"]
    # As wide as the widest class, on a terminal, whichever it is.
    starts = {display_width(line[: line.index("%") + 1]) for line in lines[:4]}
    assert starts == {9 + 1 + 6}
    assert display_width(lines[4]) == 9 + 1 + 6 + 2


def test_the_likeliest_classes(here: Here, untrained: Untrained) -> None:
    model = untrained("task=classes", classes=["경제", "IT", "생활/문화"])
    asked = ("predict", "--model", model, COMMENTS[0])
    (one,) = objects(here(*asked, "--json").out)
    ranked = sorted(one["probabilities"].items(), key=lambda item: -item[1])
    for count in (1, 2, 3, 9):
        words = [word for name, share in ranked[:count] for word in (name, f"{share:.1%}")]
        found = here(*asked, "--top", str(count)).out.split()
        assert found == [*words, *COMMENTS[0].split()]
    assert here(*asked, "--top", "1").out == here(*asked).out
    other = here("predict", "--top", "2", COMMENTS[0])
    assert other.code == 2
    assert "--top is for models of own classes; the task of" in other.err


def test_a_line_of_stars(here: Here, untrained: Untrained) -> None:
    asked = ("predict", "--model", untrained("task=stars"))
    stars = [one["stars"] for one in objects(here(*asked, "--json", *COMMENTS, "").out)]
    assert stars[-1] is None
    lines = here(*asked, *COMMENTS, "").out.splitlines()
    assert lines[:-1] == [
        f"★{number:.1f}  {comment}" for number, comment in zip(stars, COMMENTS, strict=False)
    ]
    assert lines[-1].split() == ["—"]


def test_a_line_of_both(here: Here, untrained: Untrained) -> None:
    asked = ("predict", "--model", untrained("task=sentiment+stars"))
    found = objects(here(*asked, "--json", *COMMENTS).out)
    assert [list(one) for one in found] == [[*KEYS, "stars"]] * len(COMMENTS)
    assert here(*asked, *COMMENTS).out.splitlines() == [
        f"{one['label_ko']} {one['confidence']:6.1%}  ★{one['stars']:.1f}  {one['text']}"
        for one in found
    ]


@pytest.mark.parametrize("task", ["classes", "stars"])
def test_no_threshold_where_nothing_is_cut(task: str, here: Here, untrained: Untrained) -> None:
    model = untrained(f"task={task}", classes=["가", "나"] if task == "classes" else ())
    result = here("predict", "--model", model, "--threshold", "0.4", "좋다")
    assert (result.code, result.out) == (2, "")
    assert (
        f"a threshold is for models that tell 긍정 from 부정; the task of {model} is" in result.err
    )


def test_a_comment_that_begins_with_a_dash(here: Here, small_model: Path) -> None:
    result = here("predict", "--model", small_model, "--", "-_-")
    assert result.code == 0
    assert result.out.endswith("  -_-\n")


@pytest.mark.parametrize(
    ("args", "usage", "words"),
    [
        (["predct"], "usage: nsmc ", "Did you mean 'predict'?"),
        (["evalute", "--json"], "usage: nsmc ", "Did you mean 'evaluate'?"),
        (["zzz"], "usage: nsmc ", "invalid choice: 'zzz'"),
        ([], "usage: nsmc ", "COMMAND"),
        (["evaluate", "--modle", "x"], "usage: nsmc evaluate", "Did you mean '--model'?"),
    ],
)
def test_an_unknown_name_shows_the_nearest(
    args: list[str], usage: str, words: str, here: Here
) -> None:
    result = here(*args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(usage)
    assert words in result.err
    assert "Did you mean" in words or "Did you mean" not in result.err
