"""A training's record: JSON lines to read by machine, a table for a spreadsheet, a picture."""

import csv
import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from nsmc.storage.files import atomic_write
from nsmc.tasks.metrics import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D

HANGUL_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo")
SECONDS_BETWEEN_PICTURES = 60
LEGEND_WIDTH = 120
"""Characters of a legend's line."""


def write_history(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Write one JSON object per epoch.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    with atomic_write(path) as temporary:
        temporary.write_text("".join(json.dumps(r) + "\n" for r in history), encoding="utf-8")


def write_table(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write records as CSV, with a column for every key that any of them has.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    columns = list(dict.fromkeys(key for record in records for key in record))
    with (
        atomic_write(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


class CurvesPicture:
    """The picture of a running training, drawn anew at most every `SECONDS_BETWEEN_PICTURES`.

    Drawing takes longer than an epoch of a small network.

    Args:
        path: the picture.
        metric: of the task.
        clock: seconds that only rise.
    """

    def __init__(
        self, path: Path, metric: Metric, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._metric, self._clock = path, metric, clock
        self._drawn_at = clock()

    def update(self, history: Sequence[dict[str, Any]]) -> None:
        """Draw the curves if it is time.

        Raises:
            NsmcError: the place is not writable or the disk is full.
        """
        if self._clock() - self._drawn_at >= SECONDS_BETWEEN_PICTURES:
            self.draw(history)

    def draw(self, history: Sequence[dict[str, Any]]) -> None:
        """Draw the curves, as at the end; errors are those of `update`."""
        draw_curves(history, self._metric, self._path)
        self._drawn_at = self._clock()


def draw_curves(history: Sequence[dict[str, Any]], metric: Metric, path: Path) -> None:
    """Draw the loss and the task's figure over the epochs, training and validation, as a picture.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    canvas = _figure(9, 3.6)
    epochs = [record["epoch"] for record in history]
    best = min(history, key=lambda record: record["validation_loss"])["epoch"]
    for axes, name, scale in _panels(canvas, metric):
        for part, colour in (("train", "tab:gray"), ("validation", "tab:blue")):
            values = [record[f"{part}_{name}"] * scale for record in history]
            axes.plot(epochs, values, "o-", color=colour, label=part)
        axes.axvline(best, color="tab:green", linestyle=":", label=f"best: epoch {best}")
        axes.legend()
    _save(canvas, path)


def draw_together(
    histories: Mapping[str, Sequence[dict[str, Any]]], metric: Metric, path: Path
) -> None:
    """Lay the validation curves of several trainings over one another, with training ones behind.

    Args:
        histories: what each is called to its records, at least one each.
        metric: what all of them were followed by.
        path: .png, .svg or .pdf.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    from matplotlib import rc_context
    from matplotlib.font_manager import get_font_names

    # Matplotlib's own font has no Hangul, which stands in the names of directories and data.
    families = ["DejaVu Sans", *(name for name in HANGUL_FONTS if name in get_font_names())]
    titles = [fill(title, LEGEND_WIDTH) for title in histories]
    rows = sum(title.count("\n") + 1 for title in titles)
    with rc_context({"font.family": families}), warnings.catch_warnings():
        # On a system without any font of Hangul its letters are boxes; the rest is legible.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        canvas = _figure(9, 3.6 + 0.4 + 0.2 * rows)
        lines: list[Line2D] = []
        for axes, name, scale in _panels(canvas, metric):
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
        canvas.legend(
            lines[: len(titles)],
            titles,
            title="solid: validation, dashed: training",
            loc="outside lower left",
            fontsize="small",
        )
        _save(canvas, path)


def _figure(width: float, height: float) -> "Canvas":
    # The object interface: pyplot would look for a display and keep every figure.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas


def _panels(canvas: "Canvas", metric: Metric) -> "Iterator[tuple[Axes, str, float]]":
    """Axes for the loss and for the figure, the name of each in a record, and what it is times."""
    from matplotlib.ticker import MaxNLocator

    panels = [("loss", "loss", 1.0), (metric.name, metric.title, metric.scale)]
    for axes, (name, label, scale) in zip(canvas.subplots(1, 2), panels, strict=True):
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        yield axes, name, scale


def _save(canvas: "Canvas", path: Path) -> None:
    with atomic_write(path) as temporary:
        canvas.savefig(temporary, dpi=120, format=path.suffix.removeprefix(".").lower())
