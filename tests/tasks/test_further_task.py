"""A task that none of the shipped ones is needs its own file and a name in the registry alone."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

import nsmc
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.tasks.metrics import ACCURACY
from nsmc.tasks.predictions import Prediction
from nsmc.tasks.registry import TASKS
from nsmc.tasks.sentiment import probabilities
from nsmc.tasks.task import Floats, LabelTask, Value, rounded

QUESTIONS = ("positive", "short")


@dataclass(frozen=True)
class Answers(Prediction):
    """Yes or no to each question."""

    yes: tuple[float, ...]

    @property
    def legible(self) -> bool:
        return not np.isnan(self.yes[0])

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, **dict(zip(QUESTIONS, self.yes, strict=True))}


class Questions(LabelTask):
    """Several yes-or-no questions about one comment, a logit each."""

    name = "questions"
    metric = ACCURACY
    outputs = len(QUESTIONS)
    prediction = Answers
    results: ClassVar = dict.fromkeys(QUESTIONS, "number")

    def label_columns(self) -> list[LabelColumnSpec]:
        return [LabelColumnSpec(name) for name in QUESTIONS]

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        result = [columns[name].numbers()[columns[name].codes] for name in QUESTIONS]
        return np.stack(result, axis=1).astype(np.float32)  # [R, 2]

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(outputs, targets)

    def metric_values(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return ((outputs > 0) == (targets > 0.5)).float().mean(dim=1)

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        return {q: rounded(probabilities(outputs[:, i])) for i, q in enumerate(QUESTIONS)}

    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        shares = probabilities(outputs).tolist()
        return [Answers(text, tuple(yes)) for text, yes in zip(texts, shares, strict=True)]

    def explained(self, outputs: Floats) -> tuple[str, Value]:
        def value(result: Floats) -> NDArray[np.float64]:
            return result[:, 0].astype(np.float64)

        return QUESTIONS[0], value

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        right = (outputs > 0) == (targets > 0.5)  # [R, 2]
        return {"examples": len(right), "accuracy": float(right.mean())}


@pytest.fixture
def asked(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample reviews with two columns to learn, and the task that learns them, registered."""
    monkeypatch.setitem(TASKS, "questions", f"{__name__}:Questions")  # type: ignore[misc]
    names = Literal["questions", "sentiment"]
    monkeypatch.setitem(nsmc.Config.__annotations__, "task", names)
    reviews = pd.read_csv(sample / "ratings_train.txt", sep="\t", quoting=3)
    lengths = reviews["document"].str.len()
    table = pd.DataFrame(
        {
            "document": reviews["document"],
            "positive": reviews["label"],
            "short": (lengths < lengths.median()).astype(int),
        }
    )
    path = tmp_path / "asked.csv"
    table.to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_a_further_task_goes_all_the_way(
    asked: Path, tmp_path: Path, small_config: nsmc.Config
) -> None:
    config = dataclasses.replace(
        small_config,
        task="questions",  # type: ignore[arg-type]
        training=dataclasses.replace(small_config.training, epochs=8),
    )
    trained = nsmc.train(config, data=asked, output=tmp_path / "run", device="cpu")
    assert trained.metrics["task"] == "questions"
    assert trained.metrics["validation"]["accuracy"] > 0.7
    assert (tmp_path / "run" / "curves.png").stat().st_size > 1000

    classifier = nsmc.load(trained.model)
    short, long = classifier.predict(
        ["재밌다", "정말 오랜만에 끝까지 집중해서 본 훌륭한 영화였습니다"]
    )
    assert isinstance(short, Answers)
    assert isinstance(long, Answers)
    assert short.yes[1] > long.yes[1]
    explanation = classifier.explain("재밌다")
    total = explanation.baseline + sum(part.contribution for part in explanation.parts)
    assert total == pytest.approx(explanation.logit)

    metric_values = nsmc.evaluate(asked, trained.model).to_dict()
    assert metric_values["accuracy"] > 0.75
    json.dumps(metric_values)
    scored = tmp_path / "scored.csv"
    nsmc.score_table(classifier, asked, scored)
    table = pd.read_csv(scored)
    # The table has columns of these names already.
    assert list(table.columns[-2:]) == ["predicted_positive", "predicted_short"]
    assert ((table["predicted_short"] > 0.5) == table["short"]).mean() > 0.7
    (run,) = nsmc.runs([tmp_path / "run"])
    assert (run.config.task, run.metric.name) == ("questions", "accuracy")
