"""What a terminal shows of texts that would take it over, and the first things that people type."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.cli.main import COMMANDS

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here
    from tests.conftest import Untrained

HOSTILE = {
    "clears the screen": "가\x1b[2J나",
    "names the window": "가\x1b]0;title\x07나",
    "a link": "\x1b]8;;http://example.org\x1b\\\\가",
    "C1": "가\x9b31m나",
    "DEL": "가\x7f나",
    "turns the direction": "가\u202e나\u2066다",
    "a lone surrogate": "가\udc80나",
    "ends the line": "가\r나\u2028다",
}


def raw(text: str) -> list[str]:
    """The characters of a text that no terminal may get."""
    return [c for c in text if (c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f" or c in BIDI]


BIDI = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_comment(text: str, here: Here, untrained: Untrained, tmp_path: Path) -> None:
    model = untrained()
    for options in ((), ("--explain",), ("--json",)):
        result = here("predict", "--model", model, *options, text)
        assert result.code == 0
        assert raw(result.out + result.err) == []
    # As the name of a file that isn't there, of a column, and of a command.
    named = here("predict", "--model", model, "--input", f"{text}.csv", "--output", "b.csv")
    table = tmp_path / "a.csv"
    table.write_text("document,b\n가,나\n", encoding="utf-8")
    output = ("--output", tmp_path / "b.csv")
    column = here("predict", "--model", model, "--input", table, *output, "--column", text)
    for refused in (named, column, here(text), here("predict", f"--{text}")):
        assert refused.code in (1, 2)
        assert raw(refused.err) == [], refused.err


def test_a_hostile_model(here: Here, untrained: Untrained) -> None:
    model = untrained("task=classes", "data.label_column=\x1b[2J", classes=["\x1b[2J가", "\x9b나"])
    for args in (["predict", "--model", model, "--top", "2", "재밌다"], ["info", model]):
        result = here(*args)
        assert result.code == 0
        assert raw(result.out + result.err) == []
    assert "\\x1b[2J가" in here("predict", "--model", model, "--top", "2", "재밌다").out


def test_nsmc_alone_shows_its_help(here: Here) -> None:
    alone = here()
    assert (alone.code, alone.err) == (0, "")
    assert alone == here("help") == here("--help")
    assert alone.out.count("\n  nsmc ") == 3  # examples
    assert here("help", "predict").out == here("predict", "--help").out
    assert here("-V").out == here("--version").out
    assert all(f"    {command}" in alone.out for command in COMMANDS)


def test_a_comment_in_place_of_a_command_is_pointed_to_predict(here: Here) -> None:
    here("재밌다").check_refusal(2, "there is no command '재밌다'", 'nsmc predict "재밌다"')
    here("predcit").check_refusal(2, "there is no command 'predcit'. Did you mean 'predict'?")
    here("zzz").check_refusal(2, f"Known are: {', '.join(COMMANDS)}")
    mistyped = here("evaluate", "--modle", "x")
    mistyped.check_refusal(2, "Did you mean '--model'?")
    assert mistyped.err.startswith("usage: nsmc evaluate")


def test_hangul_where_the_locale_knows_none(command: Command, untrained: Untrained) -> None:
    bare = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = command("predict", "--model", untrained(), "--json", "재밌다", env=bare)
    assert done.object()["text"] == "재밌다"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(shell: str, here: Here, tmp_path: Path) -> None:
    script = here("completion", shell)
    assert (script.code, script.err) == (0, "")
    assert all(command in script.out for command in COMMANDS)
    assert "--threshold" in script.out
    if shell != "bash" or not shutil.which("bash"):
        return
    file = tmp_path / "nsmc"
    file.write_text(script.out, encoding="utf-8")
    ask = '. "$1"; COMP_WORDS=(nsmc predict --thr); COMP_CWORD=2; _shtab_nsmc; echo "$COMPREPLY"'
    done = subprocess.run(
        ["bash", "-c", ask, "bash", str(file)], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "--threshold\n"
