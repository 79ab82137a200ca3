"""`nsmc export`: where it went, what then works on it, and the words for what can't be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime
import pytest

from nsmc.inference.directory import open_model

if TYPE_CHECKING:
    from tests.cli.conftest import Here


def test_the_other_commands_work_on_a_small_model(
    here: Here, small_model: Path, sample: Path, tmp_path: Path
) -> None:
    place, comments = tmp_path / "small", ["정말 재밌다", "돈 아까운 쓰레기 영화"]
    export = ("export", "--model", small_model, "--output", place, "--int8")
    result = here(*export)
    assert (result.code, result.out, result.err) == (0, f"{place}\n", "")
    words = f"nsmc: {place} is there already; give another --output, or --overwrite\n"
    here(*export).check_refusal(1, words)
    assert here(*export, "--overwrite").code == 0

    predicted = here("predict", "--model", place, "--json", *comments)
    assert [one["label"] for one in predicted.objects()] == ["positive", "negative"]
    assert predicted.err == ""
    table, scored = tmp_path / "a.csv", tmp_path / "b.csv"
    table.write_text("\n".join(["document", *comments, ""]), encoding="utf-8")
    assert here("predict", "--model", place, "--input", table, "--output", scored).code == 0
    lines = scored.read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[1] for line in lines] == ["label", "positive", "negative"]

    asked = ("evaluate", "--data", sample, "--json", "--model")
    before, after = (here(*asked, model).object() for model in (small_model, place))
    assert after["examples"] == before["examples"]
    assert after["accuracy"] == pytest.approx(before["accuracy"], abs=0.01)

    before, after = (here("info", model, "--json").object() for model in (small_model, place))
    assert after["parameters"] == before["parameters"]
    assert after["bytes"] < before["bytes"]
    types = {tensor["name"]: tensor["dtype"] for tensor in after["tensors"]}
    assert types["embedding.words.weight"] == types["embedding.ngrams.weight"] == "I8"
    assert here("info", place).code == here("info", place, "--card").code == 0


def test_a_graph_of_the_shipped_model(here: Here, tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    result = here("export", "--onnx", file)
    assert (result.code, result.out, result.err) == (0, f"{file}\n", "")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (given, *others), (made,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape) == ("vectors", ["T", "B", 128])
    # With weights of n-grams there is what they come to as well.
    wide = open_model().config.model.wide.buckets > 0
    assert [(one.name, one.shape) for one in others] == [("added", ["B"])] * wide
    assert (made.name, made.shape) == ("logits", ["B"])


def test_wrong_usage(here: Here, tmp_path: Path) -> None:
    missing = "one of the arguments --output --onnx --web is required"
    here("export", "--int8").check_refusal(2, missing)
    mistyped = here("export", "--output", tmp_path / "a", "--int16")
    mistyped.check_refusal(2, "Did you mean '--int8'?")
    directory = here("export", "--onnx", tmp_path / "a")
    directory.check_refusal(2, "--onnx: expected the name of a file in .onnx")
    morphemes = here("export", "--web", tmp_path / "site")
    morphemes.check_refusal(2, "nsmc train --config configs/syllable.toml")
    nowhere = here("export", "--model", tmp_path / "none", "--output", tmp_path / "a")
    nowhere.check_refusal(1, "nsmc: expected a model directory at ")
    assert not list(tmp_path.iterdir())


def test_without_onnx_all_but_the_graph_works(
    here: Here, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)  # as Python says that there is none
    file, place = tmp_path / "network.onnx", tmp_path / "small"
    refused = here("export", "--model", small_model, "--output", file)
    refused.check_refusal(
        1,
        "nsmc: an ONNX graph needs the package onnx, which can't be imported here (import of onnx "
        'halted; None in sys.modules); install it: pip install "nsmc[onnx]"\n',
    )
    assert not file.exists()
    asked = ("export", "--model", small_model, "--int8", "--output", place)
    assert here(*asked).code == 0
    assert here("predict", "--model", place, "정말 재밌다").out.startswith("긍정")
