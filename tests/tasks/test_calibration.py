"""A known temperature comes out again, for two classes and for many, and no label changes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from nsmc.config.model import ModelConfig, WideConfig
from nsmc.data.fields import MorphemeBatch
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.calibration import fit_temperature
from nsmc.tasks.metrics import expected_calibration_error
from nsmc.tasks.sentiment import binary_cross_entropy, probabilities
from nsmc.text.character_ngrams import character_ngrams


def calibrated(count: int = 20_000) -> tuple[Any, Any]:
    """Logits [R] that mean what they say, and labels [R] drawn by them."""
    random = np.random.default_rng(1)
    logits = 2 * random.standard_normal(count)
    return logits, (random.random(count) < probabilities(logits)).astype(np.float32)


def temperature_of(logits: Any, labels: Any) -> float:
    return fit_temperature(lambda t: binary_cross_entropy(logits / t, labels))


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_finds_a_known_temperature_again(temperature: float) -> None:
    logits, labels = calibrated()
    assert temperature_of(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("temperature", [0.3, 4.0])
def test_finds_one_of_many_classes_again(temperature: float, task_of: Callable[..., Any]) -> None:
    task = task_of("classes", state={"classes": list("가나다라마")})
    random = np.random.default_rng(2)
    logits = random.standard_normal((20_000, 5)) * 1.5
    drawn = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)  # by their softmax
    outputs = (logits * temperature).astype(np.float32)
    record, scales = task.calibration(outputs, drawn[:, None].astype(np.float32))
    assert record["temperature"] == pytest.approx(temperature, rel=0.05)
    assert scales.tolist() == pytest.approx([1 / record["temperature"]] * 5)
    assert ((outputs * scales).argmax(axis=1) == outputs.argmax(axis=1)).all()


def test_makes_the_calibration_error_fall_and_changes_no_decision() -> None:
    logits, labels = calibrated()
    logits = 4 * logits  # overconfident
    temperature = temperature_of(logits, labels)
    before, after = probabilities(logits), probabilities(logits / temperature)
    errors = [expected_calibration_error(labels > 0.5, scores) for scores in (before, after)]
    assert errors[0] > 0.1
    assert errors[1] < 0.02
    assert ((before >= 0.5) == (after >= 0.5)).all()


def test_is_bounded() -> None:
    logits, right = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0])
    assert temperature_of(logits, right) == pytest.approx(0.05)
    assert temperature_of(logits, 1 - right) == pytest.approx(20.0)
    huge = np.array([1e30, -1e30, 1e30])
    assert 0.05 <= temperature_of(huge, np.array([1.0, 0.0, 0.0])) <= 20.001
    # Nothing to choose between: any temperature does, as long as it is one.
    assert 0.05 <= temperature_of(np.zeros(4), right) <= 20.0


def test_soft_labels_ask_for_the_temperature_of_what_they_say() -> None:
    logits, _ = calibrated()
    assert temperature_of(3 * logits, probabilities(logits)) == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "divided"),
    [("sentiment", [True]), ("sentiment+stars", [True, False]), ("stars", [False])],
)
@pytest.mark.parametrize("buckets", [0, 64])
def test_it_goes_into_the_weights_for_good(
    name: str, divided: list[bool], buckets: int, task_of: Callable[..., Any]
) -> None:
    shape = ModelConfig(
        embedding_size=4, hidden_size=5, subword_buckets=0, wide=WideConfig(buckets=buckets)
    )

    class Batch:
        """Comments of three units, of which there are nine, and drawn targets."""

        def __init__(self, rows: int) -> None:
            units = torch.randint(9, (3, rows))  # [T, B]
            letters = [[str(unit) for unit in column] for column in units.T.tolist()]
            grams, counts = map(torch.from_numpy, character_ngrams(letters, 3, 64))
            nothing = torch.empty(0, dtype=torch.int64)
            self.text = MorphemeBatch(
                torch.arange(9), nothing, torch.zeros(9, dtype=torch.int64), units, grams, counts
            )
            drawn = (torch.rand(rows, 1) < 0.5).float()
            given = {"sentiment": drawn, "stars": 1 + 9 * drawn}
            parts = [given[kind] for kind in name.split("+")]
            self.label = torch.cat(parts, dim=1)  # [B, K]

    torch.manual_seed(1)
    task = task_of(name)
    network = RecurrentNetwork(9, shape, task).eval()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    batches = [Batch(7), Batch(3)]
    with torch.no_grad():
        before = network(batches[0].text)  # [B, O]
        record = task.finish(network, batches)
        after = network(batches[0].text)  # [B, O]
    temperature = record.get("temperature", 1.0)
    assert (temperature != 1) == any(divided)
    scales = torch.tensor([temperature if one else 1.0 for one in divided])
    torch.testing.assert_close(after, before / scales)
    assert all(parameter.requires_grad for parameter in network.parameters())
