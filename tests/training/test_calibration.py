"""A known temperature is found again, and dividing by it changes no decision at 0.5."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from nsmc.evaluation.metrics import expected_calibration_error
from nsmc.training.calibration import apply_temperature, fit_temperature


def calibrated(count: int = 20_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that mean what they say, and labels drawn by them."""
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(count, generator=generator)
    labels = (torch.rand(count, generator=generator) < torch.sigmoid(logits)).float()
    return logits, labels


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_finds_a_known_temperature_again(temperature: float) -> None:
    logits, labels = calibrated()
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_is_where_the_loss_is_lowest() -> None:
    logits, labels = calibrated(500)
    found = fit_temperature(3 * logits, labels)

    def loss(temperature: float) -> float:
        scaled = 3 * logits.double() / temperature
        return float(binary_cross_entropy_with_logits(scaled, labels.double()))

    assert all(loss(found) <= loss(found * factor) for factor in (0.9, 0.99, 1.01, 1.1))


def test_makes_the_calibration_error_fall_and_changes_no_decision() -> None:
    logits, labels = calibrated()
    logits = 4 * logits  # overconfident
    temperature = fit_temperature(logits, labels)
    before, after = (torch.sigmoid(z.double()).numpy() for z in (logits, logits / temperature))
    truth = labels.numpy().astype(np.int8)
    errors = [expected_calibration_error(truth, scores) for scores in (before, after)]
    assert errors[0] > 0.1
    assert errors[1] < 0.02
    assert ((before >= 0.5) == (after >= 0.5)).all()


def test_is_bounded() -> None:
    logits = torch.tensor([-2.0, -1.0, 1.0, 2.0])
    right = torch.tensor([0.0, 0.0, 1.0, 1.0])
    assert fit_temperature(logits, right) == pytest.approx(0.05)
    assert fit_temperature(logits, 1 - right) == pytest.approx(20.0)
    # Nothing to choose between: any temperature does, as long as it is one.
    assert 0.05 <= fit_temperature(torch.zeros(4), right) <= 20.0


def test_huge_logits_are_safe() -> None:
    logits = torch.tensor([1e30, -1e30, 1e30])
    assert 0.05 <= fit_temperature(logits, torch.tensor([1.0, 0.0, 0.0])) <= 20.001


def test_applies_to_the_head_for_good() -> None:
    torch.manual_seed(1)
    head = torch.nn.Linear(5, 1)
    inputs = torch.randn(7, 5)
    with torch.no_grad():
        before = head(inputs)
        apply_temperature(head, 2.5)
        torch.testing.assert_close(head(inputs), before / 2.5)
    assert head.weight.requires_grad
