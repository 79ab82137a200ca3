"""`nsmc evaluate --folds`: the numbers of a cross-validation, as lines and as one object."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Here

FIELDS = (
    *("text.unit=syllable", "data.min_freq=1", "training.epochs=1", "model.embedding_size=4"),
    *("model.hidden_size=4", "model.subword_buckets=16", "training.adversarial_norm=0"),
)


@pytest.mark.slow
def test_the_command(here: Here, tmp_path: Path) -> None:
    nouns = ("배우", "연기", "대사", "음악", "결말", "각본", "연출", "화면")
    rows = [f"{noun} {word}\t{n}" for noun in nouns for n, word in enumerate(("최악", "최고"))]
    data = tmp_path / "t.tsv"
    data.write_text("\n".join(["document\tlabel", *rows, "\t1", ""]), encoding="utf-8")
    fields = [part for field in FIELDS for part in ("--set", field)]
    command = ["evaluate", "--folds", "2", "--data", data, "--work", tmp_path / "w", *fields]
    done = here(*command, "--json")
    value = done.object()
    accuracies = [fold["accuracy"] for fold in value["folds"]]
    assert [fold["examples"] for fold in value["folds"]] == [8, 8]
    assert value["examples"] == 16
    assert value["mean"]["accuracy"] == mean(accuracies)
    assert value["std"]["accuracy"] == stdev(accuracies)
    assert value["config"]["model"]["hidden_size"] == 4
    assert "1 rows with an empty comment were left out" in done.err
    shown = here(*command)
    spread = f"{mean(accuracies):.2%} ± {stdev(accuracies):.2%}"
    line = f"accuracy          {spread}  ({min(accuracies):.2%} – {max(accuracies):.2%})\n"
    assert line in shown.out
    assert json.loads(here(*command, "--json").out)["folds"] == value["folds"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--folds", "3", "--model", "m"], "--folds trains networks, --model is for one"),
        (["--folds", "3", "--report", "r"], "--folds trains networks, --report is for one"),
        (["--set", "model.cell=lstm"], "--set is for networks to be trained; give --folds K"),
        (["--from", "shipped"], "--from is for networks to be trained"),
        (["--folds", "3", "--set", "model.cell=gro"], "Did you mean 'gru'"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], words: str, here: Here) -> None:
    here("evaluate", "--data", "data/sample", *options).check_refusal(2, words)
