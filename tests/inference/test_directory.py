"""Each defect of a model directory has its words."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.config.schema import load_config
from nsmc.config.text import TextConfig
from nsmc.errors import DivergedError, ModelError
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import KIND, SCHEMA, open_model, write_again, write_model
from nsmc.inference.parameters import expected_shapes
from nsmc.inference.quantized import NGRAMS, WORDS
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.storage.bundle import writing_bundle
from nsmc.tasks.registry import make_task
from nsmc.text.tokenizer import declared_identity

if TYPE_CHECKING:
    from tests.conftest import Untrained

FILES = ["model.json", "vocabulary.txt", "weights.safetensors", "metrics.json"]


@pytest.fixture
def model(small_model: Path, tmp_path: Path) -> Path:
    """A copy of the small model, to be damaged."""
    return Path(shutil.copytree(small_model / "model", tmp_path / "model"))


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


Change = Callable[[NDArray[Any]], NDArray[Any]] | None


def with_weight(model: Path, name: str, change: Change) -> Path:
    """The model with one weight changed, or None for gone."""
    from safetensors.numpy import load_file, save

    weights: dict[str, NDArray[Any]] = load_file(model / "weights.safetensors")
    values = weights.pop(name)
    if change is not None:
        weights[name] = np.ascontiguousarray(change(values))
    return sealed_again(model, "weights.safetensors", save(weights))


def test_holds_what_training_wrote(small_model: Path) -> None:
    model = open_model(small_model / "model")
    assert open_model(small_model).path == model.path == small_model / "model"
    assert model.vocabulary[0] == "<unk>"
    assert model.threshold == 0.5
    weights = model.weights()
    words, ngrams = model.tables(weights)
    assert ngrams is not None
    assert words.values.dtype == ngrams.values.dtype == np.float16
    assert words.scales is ngrams.scales is None
    assert words.values.shape == (len(model.vocabulary), 16)
    assert ngrams.values.shape == (500, 16)
    assert {v.dtype for k, v in weights.items() if k not in (WORDS, NGRAMS)} == {
        np.dtype(np.float32)
    }
    assert model.metrics["parameters"] == sum(v.size for v in weights.values())
    assert model.config.model.hidden_size == 16
    assert set(model.identity) >= {"tokenizer", "normalizer", "binding", "dictionary", "wrapper"}


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


def test_an_older_schema(model: Path) -> None:
    content = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    older = json.dumps({**content, "schema": SCHEMA - 1})
    (model / "manifest.json").write_text(older, encoding="utf-8")
    words = f"schema version {SCHEMA - 1}, older than the {SCHEMA} .*train it again with this vers"
    with pytest.raises(ModelError, match=words):
        open_model(model)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("model.json", data) for data in (b"[]", b"{}", b"\xff", b"[" * 100_000)),
        ("model.json", b'{"config": {}}'),
        ("model.json", b'{"threshold": 0.1, "threshold": 0.5}'),
        *(("vocabulary.txt", data) for data in (b"a\nb\na", b"a\r\nb")),
        *(("metrics.json", data) for data in (b"[]", b'{"data": [1]}', b'{"epochs": 3}')),
        ("metrics.json", b'{"temperature": "1"}'),
        *(("weights.safetensors", data) for data in (b"", b"\xff" * 8, b"\x02" + bytes(7) + b"{}")),
    ],
)
def test_an_intact_file_with_other_content(model: Path, name: str, content: bytes) -> None:
    place = sealed_again(model, name, content)
    with pytest.raises(ModelError, match=r"doesn't .*; train"):
        open_model(place)


@pytest.mark.parametrize("value", ["NaN", "-0.1", "true", '"0.5"', "1e999", "null", "[]"])
def test_a_threshold_that_is_none(model: Path, value: str) -> None:
    content = (model / "model.json").read_text(encoding="utf-8")
    changed = re.sub(r'"threshold": [0-9.]+', f'"threshold": {value}', content)
    with pytest.raises(ModelError, match="threshold: expected a number from 0 to 1, found"):
        open_model(sealed_again(model, "model.json", changed.encode()))


def test_a_vocabulary_that_does_not_fit_its_table(model: Path) -> None:
    rows = len(open_model(model).vocabulary)
    place = sealed_again(model, "vocabulary.txt", "<unk>\n가\n나".encode())
    words = rf"{WORDS}: expected \(3, 16\), found \({rows}, 16\)\); train again"
    with pytest.raises(ModelError, match=words):
        load(place)


@pytest.mark.parametrize(
    ("name", "change", "reported"),
    [
        (WORDS, None, r"expected \(\d+, 16\), found nothing"),
        (NGRAMS, None, r"expected \(500, 16\), found nothing"),
        ("head.weight", None, r"expected \(1, 64\), found nothing"),
        ("encoder.weight_hh_l0", None, r"expected \(48, 16\), found nothing"),
        ("encoder.bias_ih_l0_reverse", None, r"expected \(48,\), found nothing"),
        ("head.weight", lambda v: v[:, :-1], r"expected \(1, 64\), found \(1, 63\)"),
        ("head.weight", lambda v: v.T, r"expected \(1, 64\), found \(64, 1\)"),
        ("encoder.weight_ih_l0", lambda v: v[:, :-1], r"expected \(48, 16\), found \(48, 15\)"),
        ("encoder.bias_hh_l0", lambda v: v[:32], r"expected \(48,\), found \(32,\)"),
        ("head.bias", lambda v: v * np.nan, "expected finite numbers up to 65,504, found others"),
        ("head.bias", lambda v: v + np.float32(1e38), "expected finite numbers up to 65,504"),
        (WORDS, lambda v: v + np.float16(np.inf), "expected finite numbers"),
        ("head.bias", lambda v: v.astype(np.float64), "expected float16 or float32, found float64"),
        ("head.bias", lambda v: v.astype(np.int8), "expected float16 or float32, found int8"),
        (WORDS, lambda v: v.astype(np.int8), r"scale: expected \(\d+,\), found nothing"),
    ],
)
def test_weights_that_are_not_those_of_the_recipe(
    model: Path, name: str, change: Change, reported: str
) -> None:
    place = with_weight(model, name, change)
    layer = name.rpartition(".")[0]
    words = rf"fit together: its weights aren't those of its config \({layer}.*{reported}.*; train"
    with pytest.raises(ModelError, match=words):
        load(place)


def test_a_weight_too_many(model: Path) -> None:
    from safetensors.numpy import load_file, save

    weights = load_file(model / "weights.safetensors") | {"more": np.zeros(1, np.float32)}
    with pytest.raises(ModelError, match=r"'more': expected no such weight\); train again"):
        load(sealed_again(model, "weights.safetensors", save(weights)))


@pytest.mark.parametrize(
    ("field", "value"), [("cell", "lstm"), ("cell", "rnn"), ("layers", 2), ("conv", {"filters": 4})]
)
def test_a_recipe_of_another_network(model: Path, field: str, value: object) -> None:
    content = json.loads((model / "model.json").read_text(encoding="utf-8"))
    content["config"]["model"][field] = value
    place = sealed_again(model, "model.json", json.dumps(content).encode())
    with pytest.raises(ModelError, match="its weights aren't those of its config"):
        load(place)


def parts(**changes: Any) -> dict[str, Any]:
    config = load_config(None, ["task=classes", "model.subword_buckets=0", "model.hidden_size=2"])
    state = {"classes": ["경제", "사회"]}
    shapes = expected_shapes(config.model, make_task(config, state), 3)
    return {
        "config": config,
        "task_state": state,
        "identity": {"tokenizer": "mecab-ko"},
        "threshold": 0.4,
        "vocabulary": ["<unk>", "가", "나"],
        "weights": {name: np.ones(shape, np.float32) for name, shape in shapes},
        "metrics": {"seconds": 1.5},
        **changes,
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_model(tmp_path / "m", **parts())
    model = open_model(tmp_path / "m")
    assert model.config == parts()["config"]
    assert model.identity == {"tokenizer": "mecab-ko"}
    assert model.task_state == {"classes": ["경제", "사회"]}
    assert model.task is model.label_task
    assert model.label_task.classes == ["경제", "사회"]
    assert model.learned is None
    assert (model.threshold, model.vocabulary) == (0.4, ["<unk>", "가", "나"])
    assert model.metrics == {"seconds": 1.5}
    weights = model.weights()
    assert weights.keys() == parts()["weights"].keys()
    for name, values in parts()["weights"].items():
        np.testing.assert_array_equal(weights[name], values, strict=True)
    words, ngrams = model.tables(weights)
    assert words.rows([2, 0]).tolist() == [[1] * 128] * 2
    assert ngrams is None
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_what_the_tokenizer_learnt_is_kept(tmp_path: Path) -> None:
    write_model(tmp_path / "m", **parts(learned=b"\0\xffpieces"))
    assert open_model(tmp_path / "m").learned == b"\0\xffpieces"
    (tmp_path / "m" / "units.model").write_bytes(b"\0\xfepieces")
    with pytest.raises(ModelError, match=r"units\.model is damaged"):
        open_model(tmp_path / "m")


def test_learnt_units_that_are_not_there(untrained: Untrained) -> None:
    model = open_model(untrained())
    text = TextConfig(unit="bpe")
    config = dataclasses.replace(model.config, text=text)
    without = dataclasses.replace(model, config=config, identity=declared_identity(text))
    with pytest.raises(ModelError, match="units that are learnt, and it holds none; train again"):
        Classifier(without)


@pytest.mark.parametrize(
    ("config", "reported"),
    [
        ({"task": "topic"}, "task: expected one of sentiment, .*, found 'topic'"),
        ({"task": []}, r"task: expected one of sentiment, .*, found \[\]"),
        ({"stars": {"low": "1"}}, "stars.low: expected a number, found '1'"),
        ({"stars": {"low": 11.0}}, "stars: low must be below high, found 11.0 and 10.0"),
        ({"model": {"attention": 4}}, "there is no field 'model.attention'"),
        ({"model": 4}, "model: expected a section, found 4"),
        ({"task": "language-model", "model": {"conv": {"filters": 4}}}, "conv.filters = 0"),
        ([], ""),
    ],
)
def test_a_config_that_is_none(model: Path, config: object, reported: str) -> None:
    content = json.loads((model / "model.json").read_text(encoding="utf-8"))
    place = sealed_again(model, "model.json", json.dumps({**content, "config": config}).encode())
    with pytest.raises(ModelError, match=rf"doesn't hold what a model .*{reported}.*; train again"):
        open_model(place)


@pytest.mark.parametrize("state", [{}, {"classes": ["가"]}, {"classes": ["가", "나", "다"]}])
def test_other_classes_than_the_head_has(untrained: Untrained, state: dict[str, Any]) -> None:
    model = open_model(untrained("task=classes", classes=["가", "나"]))
    count = len(state.get("classes", []))
    words = rf"head.weight: expected \({count}, 32\), found \(2, 32\)"
    with pytest.raises(ModelError, match=words):
        dataclasses.replace(model, task_state=state)


@pytest.mark.parametrize(
    "state",
    [
        {"classes": ["가", 1]},
        {"classes": ["가", "가"]},
        {"classes": ["가", "나"], "reviews": [1]},
        {"classes": ["가", "나"], "reviews": [1, -1]},
    ],
)
def test_classes_that_are_none(state: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="classes: expected"):
        make_task(parts()["config"], state)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_not_written(tmp_path: Path, value: float) -> None:
    write_model(tmp_path / "m", **parts())
    before = (tmp_path / "m" / "manifest.json").read_bytes()
    weights = parts()["weights"] | {"head.bias": np.array([0, value], np.float32)}
    words = (
        r"the weight head\.bias holds values that aren't numbers, or above 65,504, so no model was "
        r"written; "
        r"train again with a lower training\.learning_rate"
    )
    with pytest.raises(DivergedError, match=words):
        write_model(tmp_path / "m", **parts(weights=weights))
    assert (tmp_path / "m" / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_what_a_model_has_seen_is_kept_and_can_be_added_to(model: Path) -> None:
    before = {file.name: file.read_bytes() for file in model.iterdir()}
    seen = open_model(model).training_texts
    assert seen is not None
    assert seen.texts == 600
    more = TrainingTexts.from_units([["새", "글"]])
    write_again(open_model(model), model, seen=seen.union(more).to_bytes())
    after = open_model(model).training_texts
    assert after is not None
    assert after.contains([["새글"], ["옛글"]]).tolist() == [True, False]
    assert after.texts == 601
    changed = {name for name, data in before.items() if (model / name).read_bytes() != data}
    assert changed == {"seen.bin", "manifest.json"}
    assert [path.name for path in model.parent.iterdir()] == ["model"]
    write_again(open_model(model), model, seen=None)
    assert open_model(model).training_texts is None
    assert {file.name for file in model.iterdir()} == before.keys() - {"seen.bin"}
    write_again(open_model(model), model, seen=seen.to_bytes())
    assert {file.name: file.read_bytes() for file in model.iterdir()} == before
    (model / "seen.bin").write_bytes(seen.to_bytes()[:-1] + b"\xff")
    with pytest.raises(ModelError, match=r"seen\.bin is damaged: expected"):
        open_model(model)


def test_a_set_of_seen_texts_that_is_none(model: Path) -> None:
    place = sealed_again(model, "metrics.json", (model / "metrics.json").read_bytes())
    assert open_model(place).training_texts is None
    with writing_bundle(model, KIND, SCHEMA) as directory:
        for file in FILES:
            shutil.copy(place / file, directory / file)
        (directory / "seen.bin").write_bytes(b"\0\1")
    with pytest.raises(ModelError, match=r"set of training texts can't be read: expected"):
        _ = open_model(model).training_texts
    # Whoever scores a comment never asks for it.
    assert load(model).predict("재밌다").label


def test_scoring_a_comment_does_not_read_the_set(small_model: Path) -> None:
    program = (
        "import sys, nsmc\n"
        "classifier = nsmc.load(sys.argv[1])\n"
        "assert classifier.predict('재밌다').label\n"
        "assert 'nsmc.inference.train_overlap' not in sys.modules\n"
        "assert classifier.model.training_texts.texts == 600\n"
        "assert 'nsmc.inference.train_overlap' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(small_model)], check=True, timeout=60)
