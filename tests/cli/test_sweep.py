"""`nsmc train --seeds` and `--sweep`: several trainings, each once, and what they are together."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

import pytest

from nsmc.config.schema import Config
from nsmc.errors import UsageError
from nsmc.training.variants import variants

if TYPE_CHECKING:
    from tests.cli.conftest import Here

TINY = (
    *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "training.epochs=1"),
    *("model.embedding_size=4", "model.hidden_size=4", "model.subword_buckets=16"),
    *("training.adversarial_norm=0", "training.batch_size=8"),
)
WORDS = (("최악이다", "지루하다"), ("최고다", "멋지다"))


@pytest.fixture
def train(tmp_path: Path) -> list[str]:
    """A command that trains a tiny network."""
    rows = [
        f"{noun} {word}\t{label}"
        for noun in ("배우", "연기", "대사", "음악", "결말")
        for label, words in enumerate(WORDS)
        for word in words
    ]
    data = tmp_path / "data.tsv"
    data.write_text("\n".join(["document\tlabel", *rows, ""]), "utf-8")
    fields = [part for field in TINY for part in ("--set", field)]
    output = str(tmp_path / "out")
    return ["train", "--data", str(data), "--device", "cpu", *fields, "--output", output]


@pytest.mark.slow
def test_seeds_are_trained_once_and_summed_up(here: Here, train: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = here(*train, "--seeds", "1", "2", "1")
    assert (first.code, first.out) == (0, f"{out}\n"), first.err
    weights = (out / "seed-1" / "model" / "weights.safetensors").read_bytes()
    assert weights != (out / "seed-2" / "model" / "weights.safetensors").read_bytes()
    again = here(*train, "--seeds", "1", "2", "3")
    assert "nsmc: 1 of 3, seed-1: trained already\n" in again.err
    assert "nsmc: 3 of 3, seed-3\n" in again.err
    assert (out / "seed-1" / "model" / "weights.safetensors").read_bytes() == weights
    listed = here("runs", out, "--json").objects()
    losses = [one["loss"] for one in listed]
    assert [one["config"]["training"]["seed"] for one in listed] == [1, 2, 3]
    last = here("runs", out).out.splitlines()[-1]
    assert last.startswith("3 seeds: accuracy ")
    assert last.endswith(f"loss {mean(losses):.4f} ± {stdev(losses):.4f}")
    other = here(*train, "--set", "model.cell=lstm", "--seeds", "1")
    other.check_refusal(2, "seed-1 was trained with another config")
    here(*train, "--seeds", "1", "--resume").check_refusal(2, "leave --resume out")


def test_a_grid_has_every_combination(tmp_path: Path) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text("[model]\ncell = ['gru', 'lstm']\nhidden_size = [4, 8]\n", "utf-8")
    found = variants(Config(), [7, 8], grid)
    assert len(found) == 8
    one = found["model.cell=lstm,model.hidden_size=4/seed-8"]
    assert (one.model.cell, one.model.hidden_size, one.training.seed) == ("lstm", 4, 8)
    assert variants(Config(), [], grid)["model.cell=gru,model.hidden_size=8"].training.seed == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[model]\ncell = 'gru'", "model.cell: expected a list"),
        ("[model]\ncell = []", "model.cell: expected a list"),
        ("[model]\ncell = ['gro']", "model.cell"),
        ("[modle]\ncell = ['gru']", "modle"),
        ("model", "is not a TOML configuration"),
    ],
)
def test_a_grid_that_is_none(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=words):
        variants(Config(), [], tmp_path / "grid.toml")


@pytest.mark.slow
def test_a_sweep(here: Here, train: list[str], tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text("model.cell = ['gru', 'lstm']", "utf-8")
    done = here(*train, "--sweep", tmp_path / "grid.toml")
    assert done.code == 0, done.err
    for cell in ("gru", "lstm"):
        recipe = tmp_path / "out" / f"model.cell={cell}" / "recipe.json"
        assert json.loads(recipe.read_text("utf-8"))["config"]["model"]["cell"] == cell
