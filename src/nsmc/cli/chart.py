"""Small line charts for a terminal.

Braille patterns give four dots to a line's height and two to a column's width. Everything else is
ASCII: box drawing and round bullets are as wide as two columns on terminals set up for Korean.

Shapes: W columns and H rows of characters in the plot, X = 2 W and Y = 4 H dots.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
BLANK = 0x2800
# The bit of each dot in a braille character, by row and column (Unicode 16, section 21.1).
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
LABEL = 7
"""Columns of the values beside the plot."""


@dataclass(frozen=True)
class Curve:
    """Points joined by a line, in the order of their x."""

    points: Sequence[Point]
    marker: str = ""
    """What is drawn over the line at each point; empty for the line alone."""


def draw(
    title: str,
    curves: Sequence[Curve],
    *,
    width: int,
    height: int,
    ends: Point,
    label: Callable[[float], str],
) -> list[str]:
    """Draw curves over one another as ``height`` lines of exactly ``width`` columns.

    Args:
        title: the first line; cut where it is too long.
        curves: later ones are drawn over earlier ones; points that aren't finite are left out.
        width: columns, `LABEL` and more.
        height: lines, 5 and more: the title, the plot, the x axis and its values.
        ends: the least and the greatest x.
        label: a value of y in at most `LABEL` - 1 characters.
    """
    columns, rows = width - LABEL - 1, height - 3
    finite = [[p for p in curve.points if math.isfinite(p[1])] for curve in curves]
    low, high = _range([y for points in finite for _, y in points])

    def column_of(x: float, last: int) -> int:
        return min(max(round((x - ends[0]) / (ends[1] - ends[0]) * last), 0), last)

    patterns = [[BLANK] * columns for _ in range(rows)]  # [H][W]
    markers: dict[tuple[int, int], str] = {}
    for curve, points in zip(curves, finite, strict=True):
        dots = [
            (column_of(x, 2 * columns - 1), round((high - y) / (high - low) * (4 * rows - 1)))
            for x, y in points
        ]
        for start, end in zip(dots, dots[1:] or dots, strict=False):
            for x, y in _line(start, end):
                patterns[y // 4][x // 2] |= DOTS[y % 4][x % 2]
        if curve.marker:
            markers |= {(y // 4, x // 2): curve.marker for x, y in dots}
    cells = [[" " if code == BLANK else chr(code) for code in row] for row in patterns]
    for (row, column), marker in markers.items():
        cells[row][column] = marker
    values = {0: label(high), rows - 1: label(low)}
    plot = [f"{values.get(y, ''):>{LABEL - 1}} |{''.join(row)}" for y, row in enumerate(cells)]

    axis, numbers = ["-"] * columns, [" "] * columns
    for number in _ticks(math.ceil(ends[0]), math.floor(ends[1]), max(1, columns // 5)):
        column, text = column_of(number, columns - 1), str(number)
        axis[column] = "+"
        start_of_text = min(column, columns - len(text))
        numbers[start_of_text : start_of_text + len(text)] = text
    margin = " " * LABEL
    lines = [title, *plot, f"{margin}+{''.join(axis)}", f"{margin} {''.join(numbers)}"]
    return [line[:width].ljust(width) for line in lines]


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the y axis: those of the values, a little apart if they are one."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    size = max(1.0, abs(high))
    margin = 0.0 if high - low > 1e-9 * size else 0.01 * size
    return low - margin, high + margin


def _line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from one to another."""
    (x0, y0), (x1, y1) = start, end
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    return [
        (round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps))
        for i in range(steps + 1)
    ]


def _ticks(first: int, last: int, room: int) -> range:
    """Whole numbers 1, 2, 5, 10, … apart: about ``room`` of them at most."""
    steps = (unit * 10**power for power in range(12) for unit in (1, 2, 5))
    return range(first, last + 1, next(step for step in steps if (last - first) // step <= room))
