"""The record of a training as JSON lines, as a table and as a picture."""

import csv
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from nsmc.storage.files import atomic_write
from nsmc.tasks.metrics import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

HANGUL_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo")
LEGEND_WIDTH = 120
"""Characters of a legend's line."""


def write_history(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Write one JSON object per epoch; errors are those of `atomic_write`."""
    with atomic_write(path) as temporary:
        temporary.write_text("".join(json.dumps(r) + "\n" for r in history), encoding="utf-8")


def write_table(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write records as CSV, a column for every key of any; errors are those of `atomic_write`."""
    columns = list(dict.fromkeys(key for record in records for key in record))
    with (
        atomic_write(path) as temporary,
        # A directory's name may be no UTF-8.
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def draw_curves(history: Sequence[dict[str, Any]], metric: Metric, path: Path) -> None:
    """Draw the loss and the task's metric over the epochs, for training and validation.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    figure = _new_figure(9, 3.6)
    epochs = [record["epoch"] for record in history]
    best = min(history, key=lambda record: record["validation_loss"])["epoch"]
    for axes, name, scale in _panels(figure, metric):
        for part, colour in (("train", "tab:gray"), ("validation", "tab:blue")):
            values = [record[f"{part}_{name}"] * scale for record in history]
            axes.plot(epochs, values, "o-", color=colour, label=part)
        axes.axvline(best, color="tab:green", linestyle=":", label=f"best: epoch {best}")
        axes.legend()
    _save(figure, path)


def draw_together(
    histories: Mapping[str, Sequence[dict[str, Any]]], metric: Metric, path: Path
) -> None:
    """Draw the validation curves of several trainings in one picture, training curves behind.

    Args:
        histories: from a training's title to its records, at least one each.
        metric: their task's.
        path: .png, .svg or .pdf.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    from matplotlib import rc_context
    from matplotlib.font_manager import get_font_names

    # Matplotlib's own font has no Hangul, which names of directories and data may have.
    families = ["DejaVu Sans", *(name for name in HANGUL_FONTS if name in get_font_names())]
    titles = [fill(title, LEGEND_WIDTH) for title in histories]
    rows = sum(title.count("\n") + 1 for title in titles)
    with rc_context({"font.family": families}), warnings.catch_warnings():
        # On a system without any font of Hangul its letters are boxes; the rest is legible.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = _new_figure(9, 3.6 + 0.4 + 0.2 * rows)
        lines: list[Line2D] = []
        for axes, name, scale in _panels(figure, metric):
            for index, history in enumerate(histories.values()):
                # Marker and colour together repeat after 70; one alone tells them apart in grey.
                colour, marker = f"C{index % 10}", "os^Dv*P"[index % 7]
                epochs = [record["epoch"] for record in history]
                train, validation = (
                    [record[f"{part}_{name}"] * scale for record in history]
                    for part in ("train", "validation")
                )
                axes.plot(epochs, train, "--", color=colour, linewidth=0.8, alpha=0.6)
                lines += axes.plot(epochs, validation, f"{marker}-", color=colour)
        figure.legend(
            lines[: len(titles)],
            titles,
            title="solid: validation, dashed: training",
            loc="outside lower left",
            fontsize="small",
        )
        _save(figure, path)


def _new_figure(width: float, height: float) -> "Figure":
    # The object interface: pyplot would look for a display and keep every figure.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _panels(figure: "Figure", metric: Metric) -> "Iterator[tuple[Axes, str, float]]":
    """Axes of the loss and of the metric, each with its name in a record and its scale."""
    from matplotlib.ticker import MaxNLocator

    panels = [("loss", "loss", 1.0), (metric.name, metric.title, metric.scale)]
    for axes, (name, label, scale) in zip(figure.subplots(1, 2), panels, strict=True):
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
        yield axes, name, scale


def _save(figure: "Figure", path: Path) -> None:
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format=path.suffix.removeprefix(".").lower())
