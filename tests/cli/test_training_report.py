"""What a training shows on a real terminal, as an emulator draws it: bars, epochs, one chart."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyte
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal

EPOCHS = 2


@pytest.fixture
def train(
    terminal: Callable[..., Terminal], sample: Path, tmp_path: Path
) -> Callable[..., Terminal]:
    """A training of steps enough for a few redraws, on a terminal."""
    sizes = ("embedding_size=8", "hidden_size=8", "subword_buckets=100")
    settings = [f"model.{size}" for size in sizes]
    settings += ["training.batch_size=2", "training.adversarial_norm=0"]

    def call(columns: int, reviews: int = 600, **env: str) -> Terminal:
        data = tmp_path / "reviews.txt"
        lines = (sample / "ratings_train.txt").read_text(encoding="utf-8").splitlines(keepends=True)
        data.write_text("".join(lines[: 1 + reviews]), encoding="utf-8")
        return terminal(
            *("train", "--data", data, "--device", "cpu", "--epochs", str(EPOCHS)),
            *("--output", tmp_path / "run"),
            *(part for setting in settings for part in ("--set", setting)),
            columns=columns,
            env=env,
        )

    return call


def emulated(*parts: tuple[int, str]) -> list[str]:
    """All lines, scrolled away ones too, after each part was shown at its width."""
    screen = pyte.HistoryScreen(parts[0][0], 40, history=10_000)
    stream = pyte.Stream(screen)
    for columns, text in parts:
        screen.resize(40, columns)
        stream.feed(text)
    away = ["".join(row[x].data for x in range(screen.columns)) for row in screen.history.top]
    return [line.rstrip() for line in (*away, *screen.display)]


def check_reported_once(lines: list[str]) -> None:
    for epoch in range(1, EPOCHS + 1):
        assert sum(line.startswith(f"epoch {epoch}/{EPOCHS}  loss 0.") for line in lines) == 1
    assert sum(line.startswith("nsmc: best epoch") for line in lines) == 1


@pytest.mark.slow
def test_one_chart_is_left_and_no_bar(train: Callable[..., Terminal]) -> None:
    screen = train(40)
    assert screen.finish() == 0
    assert screen.shown.count("loss: line training") > EPOCHS  # redrawn within epochs too
    lines = emulated((40, screen.shown))
    check_reported_once(lines)
    (at,) = (n for n, line in enumerate(lines) if line.startswith("loss: line training"))
    charts = lines[at : at + 16]
    assert [line for line in charts if ":" in line] == [
        *("loss: line training, o validation", "accuracy: line training, o validation"),
    ]
    plots = [line.partition("|")[2] for line in charts]
    assert sum(plot.count("o") for plot in plots) >= 2 * (EPOCHS - 1)
    assert re.search("[\u2801-\u28ff]", "".join(plots))
    # The charts come after the last epoch's line and before what is said at the end.
    assert lines[at - 1].strip().endswith(("best", *"0123456789"))
    assert lines[at + 16].startswith("nsmc: best epoch")
    assert not any(re.match(r"epoch \d/\d: ", line) for line in lines)  # no bar is left behind


@pytest.mark.slow
def test_a_window_made_narrower_as_it_trains(train: Callable[..., Terminal]) -> None:
    screen = train(200, 300)
    screen.wait_for(f"epoch 2/{EPOCHS}: ")
    before = screen.shown
    assert re.search("loss: line training.*accuracy: line training", before)
    screen.resize(60)
    assert screen.finish() == 0
    after = screen.shown[len(before) :]
    lines = emulated((200, before), (60, after))
    check_reported_once(lines)
    # What stood there when the window changed may stay, and so may a drawing for the wide window
    # that was on its way then; below them there is one, and it fits.
    assert 1 <= sum(line.startswith("loss: line training") for line in lines) <= 3
    drawn = [line for line in after.splitlines() if re.match(r".{7}\|", line)]
    assert len(drawn[-1]) < 60


@pytest.mark.slow
def test_a_dumb_terminal_gets_bars_alone(train: Callable[..., Terminal], tmp_path: Path) -> None:
    screen = train(120, 120, TERM="dumb", NSMC_CACHE=str(tmp_path / "cache"))
    assert screen.finish() == 0
    assert re.search(r"tokenizing: +100%\|.*120/120", screen.shown)
    assert re.search(r"loss 0\.\d{4}, accuracy \d\d\.\d\d%, \d:\d\d left in all", screen.shown)
    assert screen.shown.rstrip().endswith(f"{tmp_path / 'run' / 'model'}")
    assert "\x1b" not in screen.shown
    assert not re.search("[\u2801-\u28ff]", screen.shown)
    assert f"epoch {EPOCHS}/{EPOCHS}: " in screen.shown
    assert re.search(rf"^epoch {EPOCHS}/{EPOCHS}  loss 0\.", screen.shown, re.MULTILINE)
