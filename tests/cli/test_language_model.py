"""`nsmc score-text` and `nsmc complete`, as a person and as a program meet them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here, Result, Terminal
    from tests.conftest import Untrained


@pytest.fixture
def score(here: Here, hihello: Path) -> Callable[..., Result]:
    return lambda *args: here("score-text", "--model", hihello, *args)


@pytest.fixture
def complete(here: Here, hihello: Path) -> Callable[..., Result]:
    return lambda *args: here("complete", "--model", hihello, *args)


def test_surprise_and_perplexity_are_shown_and_the_odd_one_named(
    score: Callable[..., Result],
) -> None:
    done = score("hihello", "hihlelo", "")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "perplexity      1.0  hihello"
    units = lines[1].split()
    assert [unit[:3] for unit in units[::2]] == [*"hihello", "</s"]
    assert all(float(bits) < 0.3 for bits in units[1::2])
    assert lines[3].endswith("  hihlelo")
    assert "!" in lines[4] and lines[4].split("  ")[-1].startswith("</s> ")
    assert lines[-2].strip() == "perplexity        —"
    assert lines[-1] == "the odd one: hihlelo"
    assert "\x1b" not in done.out
    assert "odd" not in score("hihello").out  # a single text is not


def test_unknown_units_are_marked(score: Callable[..., Result]) -> None:
    done = score("hiz")
    assert "z " in done.out and "?" in done.out
    assert "; 1 unknown" in done.out


def test_json_has_the_spans_and_null_for_nothing(hihello: Path, here: Here) -> None:
    done = here("score-text", "--model", hihello, "-", "--json", stdin=b"hi\n\nhihello\n")
    first, nothing, last = done.objects()
    spans = [(u["unit"], u["start"], u["end"]) for u in first["units"]]
    assert spans == [("h", 0, 1), ("i", 1, 2), ("</s>", 2, 2)]
    assert first["units"][2]["bits"] > 5  # never the end after hi
    assert first["bits"] == pytest.approx(sum(u["bits"] for u in first["units"]), abs=1e-3)
    assert nothing["perplexity"] is None and nothing["units"] == []
    assert last["perplexity"] == pytest.approx(1, abs=0.05)


def test_what_surprises_is_red_on_a_terminal(
    hihello: Path, terminal: Callable[..., Terminal]
) -> None:
    shown = terminal("score-text", "--model", hihello, "hzh")
    assert shown.finish() == 0
    assert "\x1b[31m" in shown.shown or "\x1b[1;31m" in shown.shown


def test_a_table_gains_columns(score: Callable[..., Result], tmp_path: Path) -> None:
    table, scored = tmp_path / "texts.csv", tmp_path / "scored.csv"
    table.write_text("id,document,units\n1,hihello,a\n2,hihlelo,b\n3,,c\n", encoding="utf-8")
    done = score("--input", table, "--output", scored)
    assert done.code == 0
    assert "3 rows scored" in done.err and "perplexity of all together" in done.err
    with scored.open(encoding="utf-8", newline="") as file:
        first, second, empty = csv.DictReader(file)
    assert list(first) == [
        *("id", "document", "units"),
        *("perplexity", "bits", "bits_per_character", "predicted_units", "unknown"),
    ]
    assert (first["units"], first["predicted_units"], first["unknown"]) == ("a", "8", "0")
    assert float(first["perplexity"]) < 1.1 < 3 < float(second["perplexity"])
    assert empty["perplexity"] == empty["unknown"] == ""
    score("--input", table).check_refusal(2, "--output FILE go together")


@pytest.mark.slow
def test_workers_score_a_table_as_this_process_does(hihello: Path, tmp_path: Path) -> None:
    from nsmc import load_language_model, score_texts

    table = tmp_path / "texts.csv"
    rows = "".join(f"{'hihello'[: i % 8]}{i % 3}\n" for i in range(5000))
    table.write_text(f"document\n{rows}", encoding="utf-8")
    model = load_language_model(hihello)
    outputs = [tmp_path / f"{workers}.csv" for workers in (1, 2)]
    result = [score_texts(model, table, o, workers=w) for o, w in zip(outputs, (1, 2), strict=True)]
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert result[0] == result[1]


def test_hello_follows_h(hihello: Path, command: Command, complete: Callable[..., Result]) -> None:
    done = command("complete", "--model", hihello, "h", "--temperature", "0")
    assert (done.code, done.out, done.err) == (0, "hihello\n", "")
    cut = complete("hi", "--temperature", "0", "--units", "2", "--json").object()
    assert cut == {"prefix": "hi", "text": "hihe", "units": ["h", "e"], "ended": False}


def test_a_seed_repeats_several_completions(complete: Callable[..., Result]) -> None:
    options = ("--count", "6", "--temperature", "4", "--top-p", "1", "--seed")
    first, again, other = (complete("", *options, seed).out for seed in "778")
    assert first == again != other
    assert len(first.splitlines()) == 6 and len(set(first.splitlines())) > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("complete", "h", "--temperature", "-1"), "expected a temperature of 0 or more, found -1"),
        (("complete", "h", "--top-p", "0"), "expected a top-p above 0 and at most 1, found 0"),
        (("complete", "h", "--units", "0"), "expected 1 to 1,000 units to add, found 0"),
        (("complete", "h", "--count", "0"), "expected --count of 1 or more, found 0"),
        (("complete", "h", "--seed", "-1"), "expected --seed of 0 or more, found -1"),
        (("score-text", "-", "h"), "- reads standard input and stands alone"),
    ],
)
def test_wrong_numbers_are_wrong_usage(
    arguments: tuple[str, ...], message: str, hihello: Path, here: Here
) -> None:
    here(arguments[0], "--model", hihello, *arguments[1:]).check_refusal(2, message)


@pytest.mark.parametrize("name", ["score-text", "complete"])
def test_a_model_must_be_named_and_be_of_the_right_kind(
    name: str, hihello: Path, small_model: Path, here: Here
) -> None:
    here(name, "h").check_refusal(2, "--model")
    words = "labels comments; use nsmc predict or nsmc evaluate"
    here(name, "--model", small_model, "재밌다").check_refusal(1, words)
    words = "is a language model; use nsmc score-text or nsmc complete"
    here("predict", "--model", hihello, "재밌다").check_refusal(1, words)


def test_morphemes_are_written_apart_and_that_is_said(untrained: Untrained, here: Here) -> None:
    model = untrained(
        "task=language-model",
        "training.adversarial_norm=0",
        vocabulary=["<unk>", "</s>", "재밌", "다"],
    )
    done = here("complete", "--model", model, "이 영화는", "--units", "3", "--seed", "1")
    assert done.code == 0
    assert "doesn't know where spaces stand" in done.err
    assert done.out.startswith("이 영화는")
    assert set(done.out.removeprefix("이 영화는").split()) <= {"재밌", "다"}
