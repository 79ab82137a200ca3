"""A training's record: JSON lines to read by machine, a picture to look at."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsmc.files import whole_file


def write_history(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Write one JSON object per epoch.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    with whole_file(path) as temporary:
        temporary.write_text("".join(json.dumps(r) + "\n" for r in history), encoding="utf-8")


def draw_curves(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw loss and accuracy over the epochs, training and validation, as a PNG.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    # The object interface: pyplot would look for a display and keep every figure.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [record["epoch"] for record in history]
    best = min(history, key=lambda record: record["validation_loss"])["epoch"]
    panels = [("loss", "cross-entropy (nats)", 1), ("accuracy", "accuracy (%)", 100)]
    for axes, (name, label, scale) in zip(figure.subplots(1, 2), panels, strict=True):
        for part, colour in (("train", "tab:gray"), ("validation", "tab:blue")):
            values = [record[f"{part}_{name}"] * scale for record in history]
            axes.plot(epochs, values, "o-", color=colour, label=part)
        axes.axvline(best, color="tab:green", linestyle=":", label=f"best: epoch {best}")
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
        axes.grid(alpha=0.3)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
