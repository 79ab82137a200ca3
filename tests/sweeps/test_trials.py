"""Several trainings below one directory: the time that they may take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nsmc.training.several import Budget, BudgetSpent, Outcome, best_of, train_one

from nsmc.config.schema import Config, load_config
from nsmc.training.api import train
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.training.run import Event, Listener
    from nsmc.training.state import TrainingState

TINY = load_config(
    None,
    [
        *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "training.epochs=2"),
        *("model.embedding_size=4", "model.hidden_size=4", "model.subword_buckets=16"),
        *("training.adversarial_norm=0", "training.batch_size=4"),
    ],
)
DATA = (
    [f"{noun} {word}" for noun in ("배우", "연기", "대사", "음악") for word in ("최고", "최악")],
    [1, 0] * 4,
)


def test_a_training_that_the_time_ends_goes_on_from_its_last_step(tmp_path: Path) -> None:
    """It has the weights of one that nothing ended."""
    said: list[str] = []
    now = 0.0

    def trained(place: Path, minutes: float) -> None:
        nonlocal now
        now = 0.0
        budget = Budget(minutes, lambda: now)

        def run(config: Config, path: Path, resume: bool, listen: Listener) -> None:
            def hear(event: Event, state: TrainingState) -> None:
                nonlocal now
                now = 60.0 * state.counters.step
                listen(event, state)

            given = None if resume else config
            train(given, data=DATA, output=path, device="cpu", resume=resume, listen=hear)

        train_one(TINY, OutputDirectory(place), budget, run, said.append, place.name)

    trained(tmp_path / "whole", 9)
    with pytest.raises(BudgetSpent):
        trained(tmp_path / "cut", 3)
    cut = OutputDirectory(tmp_path / "cut")
    assert max(path.name for path in cut.checkpoints.iterdir()) == "step-00000003"
    trained(cut.path, 0)
    name = Path("model", "weights.safetensors")
    assert (cut.path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    over = Budget(1e-9, lambda: now)
    now = 1.0
    train_one(TINY, cut, over, lambda *_: None, said.append, "cut")  # what is done takes no time
    assert said == ["whole", "cut", "cut", "cut: trained already"]


@pytest.mark.parametrize(
    ("field", "task", "best"),
    [
        ("model.cell", "sentiment", "b"),
        ("text.unit", "sentiment", "b"),
        ("text.unit", "language-model", None),
        ("data.min_freq", "language-model", None),
        ("data.validation", "sentiment", None),
    ],
)
def test_the_best_is_named_where_losses_compare(field: str, task: str, best: str | None) -> None:
    outcomes = [
        Outcome(name, {field: name}, histories)
        for name, histories in {
            "a": [[{"validation_loss": 0.5}, {"validation_loss": 0.4}], [{"validation_loss": 0.6}]],
            "b": [[{"validation_loss": 0.1}, {"validation_loss": 0.4}], [{"validation_loss": 0.8}]],
            "failed": [],
        }.items()
    ]
    found = best_of(outcomes, task)
    assert (found and found.name) == best
    assert [round(one.loss, 9) for one in outcomes[:2]] == [0.5, 0.45]
