"""`nsmc predict --explain`: on a terminal, in a pipe, as JSON and as a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import pytest

from nsmc.text.width import display_width

if TYPE_CHECKING:
    from tests.cli.conftest import Here, Result, Terminal
    from tests.conftest import Untrained

COMMENTS = ["재밌다", "배우는 좋은데 이야기가 뻔하고 결말이 허무해서 정말 돈이 아까웠다"]
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def test_the_usual_line_comes_first_then_signed_bars(here: Here) -> None:
    plain = here("predict", "--exact", *COMMENTS).out.splitlines()
    result = here("predict", "--explain", *COMMENTS)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == plain
    one, _ = here("predict", "--explain", "--json", *COMMENTS).objects()
    most = f"{one['parts'][0]['contribution']:+.2f}"
    assert lines[1].split() == [most.replace("+", "-"), "부정", "|", "긍정", most]
    assert lines[2].split() == ["재밌", most, "|" + "⣿" * 12]
    ends = [f"{one[name]:+.2f}" for name in ("baseline", "logit")]
    sure = f"긍정 {one['score']:.1%}"
    assert lines[4] == f"  log odds {ends[0]} without morphemes, with all {ends[1]}: {sure}"
    assert "\x1b" not in result.out


def test_the_bars_stand_on_one_axis_whatever_the_width_of_letters(here: Here) -> None:
    comment = "ok 재밌다!! OK 근데 별로였던점은ㅋㅋ최악임 👍🏽 ŝo"
    lines = here("predict", "--explain", comment).out.splitlines()[1:-1]
    assert len(lines) > 5
    assert len({display_width(line.partition("|")[0]) for line in lines}) == 1
    # Two columns wide on terminals set up for Korean.
    assert not [c for line in lines for c in line if east_asian_width(c) == "A"]
    numbers = [re.search(r"[+-]\d\.\d\d", line) for line in lines[1:]]
    for line, number in zip(lines[1:], numbers, strict=True):
        assert number is not None
        left, _, right = line.partition("|")
        assert ("⣿" in right or "⡇" in right) <= (number[0][0] == "+")
        assert ("⣿" in left or "⢸" in left) <= (number[0][0] == "-")


def test_the_lines_sum_to_the_score(here: Here) -> None:
    lines = here("predict", "--explain", COMMENTS[1]).out.splitlines()
    listed = [re.search(r"[+-]\d+\.\d\d", line) for line in lines[2:-1]]
    total = sum(float(results[0]) for results in listed if results)
    assert "others" in lines[-2]
    ends = [float(x) for x in re.findall(r"[+-]\d+\.\d\d", lines[-1])]
    assert total == pytest.approx(ends[1] - ends[0], abs=0.06)


def test_json_gives_spans(here: Here) -> None:
    plain = here("predict", "--json", "--exact", *COMMENTS, "").objects()
    results = here("predict", "--json", "--explain", *COMMENTS, "").objects()
    for one, usual in zip(results, plain, strict=True):
        assert {key: one[key] for key in usual} == pytest.approx(usual, abs=2e-6)
        assert list(one) == [*usual, "of", "unit", "value", "logit", "baseline", "parts"]
    one = results[1]
    words = [one["text"][part["start"] : part["end"]] for part in one["parts"]]
    assert words == [part["morpheme"] for part in one["parts"]]
    total = sum(part["contribution"] for part in one["parts"])
    assert total == pytest.approx(one["logit"] - one["baseline"], abs=1e-4)
    assert (results[2]["logit"], results[2]["parts"]) == (None, [])


def test_lines_of_standard_input(here: Here) -> None:
    stdin = f"{COMMENTS[0]}\n\n{COMMENTS[1]}\n".encode()
    results = here("predict", "--explain", "--json", "-", stdin=stdin).objects()
    assert [len(one["parts"]) > 0 for one in results] == [True, False, True]
    assert here("predict", "--explain", stdin=b"\n").out.split() == ["—", "—"]


def test_the_comment_is_coloured_on_a_terminal(
    terminal: Callable[..., Terminal], here: Here
) -> None:
    plain = here("predict", "--explain", *COMMENTS).out
    screen = terminal("predict", "--explain", *COMMENTS)
    assert screen.finish() == 0
    assert COLOUR.sub("", screen.shown).replace("\r\n", "\n") == plain
    assert "%\x1b[0m  \x1b[1;32m재밌\x1b[0m" in screen.shown
    assert "\x1b[32m⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿\x1b[0m" in screen.shown
    assert re.search("\x1b\\[(1;)?31m[가-힣]+\x1b\\[0m", screen.shown)


def test_the_prompt_explains(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("predict", "--explain", env={"NO_COLOR": "1"})
    screen.wait_for("> ")
    screen.type("노잼\n")
    screen.wait_for("without morphemes")
    screen.wait_for_prompt()
    screen.type("\x04")
    assert screen.finish() == 0


def test_a_page_of_several_comments(here: Here, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    result = here("predict", "--explain", *COMMENTS, "", "<script>", "--html", page)
    assert result.code == 0
    assert result.err == f"nsmc: the explanations are in {page}\n"
    assert result.out == here("predict", "--explain", *COMMENTS, "", "<script>").out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>\n")
    assert text.count("<article>") == 4
    assert "<script>" not in text
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_appears_whole_or_not_at_all(here: Here, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    page.write_text("before", encoding="utf-8")
    stdin = "재밌다\n".encode() + b"\xff\xff\n"
    result = here("predict", "--explain", "--html", page, "-", stdin=stdin)
    assert result.code == 1
    assert "neither UTF-8 nor CP949" in result.err
    assert page.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [page]
    result = here("predict", "--explain", "--html", tmp_path / "no" / "why.html", "재밌다")
    result.check_refusal(1, f"there is no directory {tmp_path / 'no'}; create it first")


def test_head_ends_it_quietly_without_a_page(shell: Callable[..., Result], tmp_path: Path) -> None:
    lines, page = tmp_path / "lines", tmp_path / "why.html"
    lines.write_text("재밌다\n" * 20_000, encoding="utf-8")
    line = '{ $nsmc predict --explain --html "$1" - <"$2"; echo rc $? >&2; } | head -1'
    assert shell(line, page, lines).err == "rc 0\n"
    assert [path.name for path in tmp_path.iterdir()] == ["lines"]


def test_a_class_is_named_and_stars_are_in_stars(
    here: Here, untrained: Untrained, tmp_path: Path
) -> None:
    page = tmp_path / "why.html"
    for task, sides, unit in (
        ("classes", "another class | its class", "log odds"),
        ("stars", "fewer stars | more stars", "stars"),
        ("sentiment+stars", "부정 | 긍정", "log odds"),
    ):
        classes = ["경제", "<b>생활</b>"] if task == "classes" else []
        asked = ("predict", "--model", untrained(f"task={task}", classes=classes), "--explain")
        result = here(*asked, "재밌다", "--html", page)
        assert result.code == 0
        lines = result.out.splitlines()
        assert sides in lines[1]
        assert lines[-1].startswith(f"  {unit} ")
        one = here(*asked, "재밌다", "--json").object()
        assert one["unit"] == unit
        result_of = {"classes": one["of"], "stars": "★", "sentiment+stars": "긍정"}[task]
        assert f": {result_of}" in lines[-1]
        shown = page.read_text(encoding="utf-8")
        above = sides.partition(" | ")[2]
        assert f"strongly for {above}" in shown
        assert f"above 0 they speak for {above}, below for" in " ".join(shown.split())
        assert re.search(rf'<th>(<span class="en" lang="en">)?{unit}<', shown)
        assert "<b>생활</b>" not in shown


def test_a_broken_argument_is_explained_all_the_same(here: Here, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    one = here("predict", "--explain", "--json", "영화\udcff 별로", "--html", page).object()
    assert [(p["start"], p["end"]) for p in one["parts"]] == [(0, 3), (4, 6)]
    assert "별로" in page.read_text(encoding="utf-8")


def test_the_documentation_shows_what_is_printed(here: Here) -> None:
    page = Path(__file__).parents[2] / "docs" / "explaining.md"
    _, _, shown = page.read_text(encoding="utf-8").partition("```\n$ nsmc predict --explain ")
    comment, _, example = shown.partition("```")[0].partition("\n")
    assert here("predict", "--explain", comment.strip('"')).out == example
