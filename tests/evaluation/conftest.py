"""Models of any shape that have learnt nothing, and small labelled tables."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

UntrainedModel = Callable[..., Path]
Labelled = Callable[[Sequence[tuple[str, int]]], Path]


@pytest.fixture
def untrained_model(tmp_path: Path) -> UntrainedModel:
    """Write a real model directory whose network has random weights: (*overrides, metrics=…)."""

    def make(*overrides: str, metrics: dict[str, object] | None = None) -> Path:
        import torch

        from nsmc.config import load_config
        from nsmc.model.network import SentimentNetwork
        from nsmc.runtime.directory import write_model
        from nsmc.text.tokenizer import make_tokenizer
        from nsmc.training.save import stored_weights

        small = ("embedding_size=8", "hidden_size=8", "subword_buckets=50")
        config = load_config(None, [*(f"model.{size}" for size in small), *overrides])
        torch.manual_seed(3)
        path = tmp_path / "untrained"
        write_model(
            path,
            config=config.to_dict(),
            identity=make_tokenizer(config.text).identity(),
            threshold=0.5,
            vocabulary=["<unk>", "재밌", "다"],
            weights=stored_weights(SentimentNetwork(3, config.model)),
            metrics=metrics or {},
        )
        return path

    return make


@pytest.fixture
def labelled(tmp_path: Path) -> Labelled:
    """Write comments with their labels as a table of JSON lines, which holds any text."""

    def make(rows: Sequence[tuple[str, int]]) -> Path:
        import json

        path = tmp_path / "labelled.jsonl"
        lines = [json.dumps({"document": text, "label": label}) for text, label in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make
