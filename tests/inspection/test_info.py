"""What a model directory says of itself, against the network it was made from."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import nsmc
from nsmc.config.schema import Config
from nsmc.errors import ModelError
from nsmc.inference.directory import KIND, SCHEMA, open_model
from nsmc.inspection.card import model_card
from nsmc.inspection.info import ModelInfo, info, network_name
from nsmc.messages.translate import in_language
from nsmc.storage.bundle import read_json, writing_bundle
from tests.nsmc_files import read_nsmc


@pytest.fixture(scope="module")
def about(small_model: Path) -> ModelInfo:
    return info(small_model)


def test_shapes_and_numbers_are_those_of_the_network(
    about: ModelInfo, small_config: Config
) -> None:
    from nsmc.model.network import RecurrentNetwork, describe
    from nsmc.tasks.registry import make_task

    network = RecurrentNetwork(
        about.vocabulary["morphemes"], small_config.model, make_task(small_config)
    )
    expected = {name: (list(shape), count) for name, shape, count in describe(network)}
    assert {t["name"]: (t["shape"], t["parameters"]) for t in about.tensors} == expected
    assert about.parameters == sum(p.numel() for p in network.parameters())
    types = {t["name"]: t["dtype"] for t in about.tensors}
    assert types["embedding.words.weight"] == "F16"
    assert types["head.weight"] == "F32"


def test_files_are_those_on_disk(about: ModelInfo, small_model: Path) -> None:
    sizes = {f.name: f.stat().st_size for f in (small_model / "model").iterdir()}
    sizes.pop("manifest.json")
    assert {f["name"]: f["bytes"] for f in about.files} == sizes
    assert about.bytes == sum(sizes.values())


def test_the_coverage_is_that_of_the_validation_part(
    about: ModelInfo, small_model: Path, small_config: Config, sample: Path
) -> None:
    from nsmc.data.splits import split_rows
    from nsmc.text.tokenizer import make_tokenizer

    comments = [text for text, _ in read_nsmc(sample / "ratings_train.txt")]
    _, rows = split_rows(len(comments), small_config.data.validation, 0)
    tokenizer = make_tokenizer(small_config.text)
    morphemes = [m for row in rows for m in tokenizer(comments[row])]
    known = set(open_model(small_model).vocabulary[1:])
    share = sum(m in known for m in morphemes) / len(morphemes)
    assert 0.5 < share < 1
    assert about.vocabulary["coverage"] == pytest.approx(share)


def test_what_differs_from_the_default_recipe(about: ModelInfo) -> None:
    changed = {name: (c["default"], c["value"]) for name, c in about.changes.items()}
    assert changed["model.hidden_size"] == (128, 16)
    assert changed["training.epochs"] == (5, 6)
    assert "model.cell" not in changed
    assert about.network == about.recipe["model"]


def test_the_rest_is_what_was_recorded(about: ModelInfo, small_model: Path) -> None:
    metrics = read_json(small_model / "model" / "metrics.json")
    assert about.validation == metrics["validation"]
    assert about.training["best_epoch"] == metrics["best_epoch"]
    assert about.history == metrics["history"]
    assert about.data["reviews"] == 600
    assert about.tokenizer["binding"].startswith("mecab-ko ")
    assert (about.threshold, about.shipped) == (0.5, False)
    shipped = nsmc.info()
    assert shipped == info(None) and shipped.shipped
    assert repr(shipped).startswith("<nsmc.ModelInfo of /") and len(repr(shipped)) < 300
    assert json.loads(json.dumps(about.to_dict())) == about.to_dict()


def older(model: Path, path: Path, metrics: str) -> Path:
    with writing_bundle(path, KIND, SCHEMA) as directory:
        shutil.copytree(model / "model", directory, dirs_exist_ok=True)
        (directory / "metrics.json").write_text(metrics, encoding="utf-8")
        (directory / "manifest.json").unlink()
    return path


def numbers(card: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:[.,]\d+)*", card))


def test_a_model_of_which_nothing_was_recorded(small_model: Path, tmp_path: Path) -> None:
    bare = info(older(small_model, tmp_path / "bare", "{}"))
    assert bare.vocabulary["coverage"] is None
    assert bare.temperature is None
    card = model_card(bare)
    assert "- **Trained on**: not recorded." in card
    assert "None were recorded; `nsmc evaluate` measures it." in card
    with in_language("ko"):
        korean = model_card(bare)
    assert "기록된 것이 없습니다" in korean
    assert numbers(korean) == numbers(card)


def test_a_damaged_model_is_refused(small_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small_model / "model", copy)
    weights = copy / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=r"weights\.safetensors is damaged"):
        info(copy)


def test_the_card_tells_the_metrics(about: ModelInfo, small_model: Path) -> None:
    card = model_card(about)
    assert card.startswith(f"# Model card: the model {small_model / 'model'}\n\n- **What it does**")
    assert f"{about.parameters:,} parameters" in card
    assert f"accuracy **{about.validation['accuracy']:.2%}**" in card
    assert f"{about.vocabulary['coverage']:.1%} of the validation part's morphemes" in card
    assert "`model.hidden_size = 16`" in card
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + about.training["epochs"]
    assert "\n\n\n" not in card and card.endswith("\n") and not card.endswith("\n\n")
    with in_language("ko"):
        korean = model_card(about)
    assert korean.startswith("# 모델 카드: ") and "- **신경망**: 16차원 형태소 벡터" in korean
    assert numbers(korean) == numbers(card)
    other = model_card(
        about, title="T", note="N", data_name="D", facts=["F"], metrics="## X", limits=["L"]
    )
    assert other.startswith("# T\n\nN\n\n- ")
    assert "600 labelled reviews of D (`ratings_train.txt`" in other
    assert "\n- F\n\n## X\n\n## Limits\n\n- " in other and other.endswith("\n- L\n")


def test_own_classes_with_their_sizes(untrained: Callable[..., Path]) -> None:
    model = untrained("task=classes", "text.unit=syllable", classes=["경제", "문화"])
    about = info(model)
    assert (about.task, about.head, about.has_threshold) == ("classes", "pooled", False)
    assert about.task_state["classes"] == ["경제", "문화"]
    assert (about.vocabulary["unit"], about.vocabulary["morphemes"]) == ("syllable", 3)
    about.task_state["reviews"] = [1200, 34]
    about = replace(about, validation={"reviews": 60, "accuracy": 0.5, "loss": 0.7})
    card = model_card(about)
    assert "gives the probability of each of 2 classes (경제, 문화)" in card
    assert "- **Classes**, with the reviews of each: 경제 1,200, 문화 34." in card
    assert "- **Vocabulary**: 3 syllables" in card
    assert "accuracy **50.00%**, loss 0.7000. These reviews chose the best epoch, so" in card


def test_stars_are_reported_by_their_error(untrained: Callable[..., Path]) -> None:
    about = info(untrained("task=stars", "stars.high=5"))
    record = {"epoch": 1, "train_loss": 0.3, "validation_loss": 0.2}
    about = replace(
        about,
        validation={"reviews": 60, "absolute_error": 0.75, "loss": 0.2},
        history=[{**record, "train_absolute_error": 0.8, "validation_absolute_error": 0.75}],
    )
    card = model_card(about)
    assert "gives a Korean comment stars, from 1 to 5." in card
    assert "absolute error **0.75 stars**, loss 0.2000" in card
    assert "| 1 | 0.3000 | 0.80 stars | 0.2000 | 0.75 stars |" in card


def test_a_language_model_is_no_classifier(hihello: Path) -> None:
    about = info(hihello)
    assert (about.task, about.head) == ("language-model", "next-unit")
    card = model_card(about)
    assert "tells how likely a Korean text is" in card
    assert "labelled" not in card
    assert "perplexity **" in card


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ({"layers": 1, "bidirectional": True, "cell": "gru", "hidden_size": 128}, "BiGRU 128"),
        ({"layers": 2, "bidirectional": False, "cell": "lstm", "hidden_size": 64}, "2 × LSTM 64"),
    ],
)
def test_networks_have_their_usual_names(network: dict[str, Any], name: str) -> None:
    conv = {"filters": 32, "kernel": 5, "pooling": 1}
    assert network_name({**network, "conv": {**conv, "filters": 0}}) == name
    assert network_name({**network, "conv": conv}) == f"Conv 32×5 → {name}"
    assert (
        network_name({**network, "conv": {**conv, "pooling": 2}}) == f"Conv 32×5 → max 2 → {name}"
    )
