"""Each defect of a model directory has its words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.bundle import writing_bundle
from nsmc.errors import ModelError, NsmcError
from nsmc.runtime.classifier import Classifier, load
from nsmc.runtime.directory import KIND, NGRAMS, SCHEMA, WORDS, open_model, write_model
from nsmc.runtime.network import OnnxNetwork

FILES = ["model.json", "vocabulary.txt", "weights.safetensors", "network.onnx", "metrics.json"]


@pytest.fixture
def model(small_model: Path, tmp_path: Path) -> Path:
    """A copy of the small model, to be damaged."""
    return Path(shutil.copytree(small_model / "model", tmp_path / "model"))


def edit_manifest(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = model / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def sealed_again(model: Path, name: str, content: bytes | None) -> Path:
    """The model with one file other (or gone), under a manifest that vouches for it."""
    place = model.with_name("sealed")
    with writing_bundle(place, KIND, SCHEMA) as directory:
        for file in FILES:
            if file != name:
                shutil.copy(model / file, directory / file)
            elif content is not None:
                (directory / file).write_bytes(content)
    return place


def test_holds_what_training_wrote(small_model: Path) -> None:
    model = open_model(small_model / "model")
    assert open_model(small_model).path == model.path == small_model / "model"
    assert model.vocabulary[0] == "<unk>"
    assert model.threshold == 0.5
    words, ngrams = model.tables()
    assert ngrams is not None
    assert words.dtype == ngrams.dtype == np.float16
    assert words.shape == (len(model.vocabulary), 16)
    assert ngrams.shape == (500, 16)
    weights = model.weights()
    assert {v.dtype for k, v in weights.items() if k not in (WORDS, NGRAMS)} == {
        np.dtype(np.float32)
    }
    assert model.metrics["parameters"] == sum(v.size for v in weights.values())
    assert model.config["model"]["hidden_size"] == 16
    assert set(model.identity) >= {"tokenizer", "normalizer", "binding", "dictionary", "wrapper"}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"expected a model directory at .*none, found nothing there"
    ):
        open_model(tmp_path / "none")


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match=r"expected a model directory at .*, found a file there"):
        open_model(tmp_path / "file")


def test_another_directory(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError,
        match=r"is not a model directory: it has no manifest\.json\. Give the directory that",
    ):
        open_model(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 0x20
    (model / name).write_bytes(content)
    with pytest.raises(
        ModelError,
        match=rf"{name} is damaged: expected SHA-256 \w{{12}}…, found \w{{12}}…; copy the "
        "directory again from where it was whole, or train it again",
    ):
        open_model(model)


@pytest.mark.parametrize("name", FILES)
def test_a_shortened_file(model: Path, name: str) -> None:
    content = (model / name).read_bytes()
    (model / name).write_bytes(content[:-1])
    words = f"{name} is damaged: expected {len(content):,} bytes, found {len(content) - 1:,}; copy"
    with pytest.raises(ModelError, match=words):
        open_model(model)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(ModelError, match=f"lacks its file {name}; copy the directory again"):
        open_model(model)


@pytest.mark.parametrize("content", ["", "{", "[]", '"a"', '{"kind": "model"}', "null"])
def test_a_damaged_manifest(model: Path, content: str) -> None:
    (model / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json is damaged \(.*; copy the directory"):
        open_model(model)


def test_a_newer_schema(model: Path) -> None:
    edit_manifest(model, lambda content: content.update(schema=SCHEMA + 1))
    words = f"has schema version {SCHEMA + 1}, newer than the {SCHEMA} this nsmc reads; upgrade"
    with pytest.raises(ModelError, match=words):
        open_model(model)


def test_an_older_schema(model: Path) -> None:
    edit_manifest(model, lambda content: content.update(schema=SCHEMA - 1))
    words = f"schema version {SCHEMA - 1}, older than the {SCHEMA} .*train it again with this vers"
    with pytest.raises(ModelError, match=words):
        open_model(model)


def test_another_kind(model: Path) -> None:
    edit_manifest(model, lambda content: content.update(kind="corpus"))
    words = "expected a model directory, found a corpus directory at"
    with pytest.raises(ModelError, match=words):
        open_model(model)


@pytest.mark.parametrize("content", [b"[]", b"{}", b"\xff", b'{"config": {}, "identity": {}}'])
def test_an_intact_file_with_other_content(model: Path, content: bytes) -> None:
    place = sealed_again(model, "model.json", content)
    with pytest.raises(ModelError, match=r"doesn't hold what a model directory should .*; train"):
        open_model(place)


def test_a_file_that_was_never_written(model: Path) -> None:
    with pytest.raises(ModelError, match=r"doesn't hold what a model directory should .*; train"):
        open_model(sealed_again(model, "vocabulary.txt", None))


def test_a_vocabulary_that_does_not_fit_its_table(model: Path) -> None:
    rows = len(open_model(model).vocabulary)
    place = sealed_again(model, "vocabulary.txt", "<unk>\n가\n나".encode())
    opened = open_model(place)
    with pytest.raises(
        ModelError,
        match=rf"doesn't fit together: 3 morphemes in its vocabulary, {rows} rows in its table; tr",
    ):
        Classifier(opened)


def test_weights_without_a_table(model: Path) -> None:
    from safetensors.numpy import load_file, save

    weights: dict[str, NDArray[Any]] = load_file(model / "weights.safetensors")
    del weights[WORDS]
    place = sealed_again(model, "weights.safetensors", save(weights))
    with pytest.raises(ModelError, match="morphemes in its vocabulary, 0 rows in its table"):
        load(place)


def test_a_graph_that_does_not_run(model: Path) -> None:
    place = sealed_again(model, "network.onnx", b"no graph")
    with pytest.raises(ModelError, match=r"ONNX Runtime can't run .*network\.onnx: .*; train"):
        load(place)
    with pytest.raises(ModelError, match="ONNX Runtime can't run"):
        OnnxNetwork(place / "network.onnx", threads=1)


def parts(**changes: Any) -> dict[str, Any]:
    return {
        "config": {"text": {}},
        "identity": {"tokenizer": "mecab-ko"},
        "threshold": 0.4,
        "vocabulary": ["<unk>", "가", "나"],
        "weights": {WORDS: np.ones((3, 2), np.float16), "head.bias": np.zeros(1, np.float32)},
        "graph": b"graph",
        "metrics": {"seconds": 1.5},
        **changes,
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_model(tmp_path / "m", **parts())
    model = open_model(tmp_path / "m")
    assert (model.config, model.identity) == ({"text": {}}, {"tokenizer": "mecab-ko"})
    assert (model.threshold, model.vocabulary) == (0.4, ["<unk>", "가", "나"])
    assert model.metrics == {"seconds": 1.5}
    assert model.graph.read_bytes() == b"graph"
    words, ngrams = model.tables()
    assert words.tolist() == [[1, 1]] * 3
    assert ngrams is None
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_not_written(tmp_path: Path, value: float) -> None:
    write_model(tmp_path / "m", **parts())
    before = (tmp_path / "m" / "manifest.json").read_bytes()
    weights = {WORDS: np.ones((3, 2), np.float16), "head.bias": np.array([value], np.float32)}
    with pytest.raises(
        ModelError,
        match=r"the weight head\.bias holds values that aren't numbers, so no model was written; "
        r"train again with a lower training\.learning_rate",
    ):
        write_model(tmp_path / "m", **parts(weights=weights))
    assert (tmp_path / "m" / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NsmcError, match=r"cannot write .*: "):
        write_model(tmp_path / "file" / "m", **parts())
