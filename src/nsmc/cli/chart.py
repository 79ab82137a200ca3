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
    finite = [
        Curve([p for p in curve.points if math.isfinite(p[1])], curve.marker) for curve in curves
    ]
    low, high = _range([y for curve in finite for _, y in curve.points])

    def dot(point: Point) -> tuple[int, int]:
        x = (point[0] - ends[0]) / (ends[1] - ends[0]) * (2 * columns - 1)
        y = (high - point[1]) / (high - low) * (4 * rows - 1)
        return min(max(round(x), 0), 2 * columns - 1), round(y)

    patterns = [[BLANK] * columns for _ in range(rows)]  # [H][W]
    for curve in finite:
        places = [dot(point) for point in curve.points]
        for start, end in zip(places, places[1:] or places, strict=False):
            for x, y in _line(start, end):
                patterns[y // 4][x // 2] |= DOTS[y % 4][x % 2]
    plot = [[chr(pattern) if pattern != BLANK else " " for pattern in row] for row in patterns]
    for curve in finite:
        for x, y in map(dot, curve.points if curve.marker else ()):
            plot[y // 4][x // 2] = curve.marker
    values = {0: high, rows - 1: low}
    lines = [
        f"{label(values[row]) if row in values else '':>{LABEL - 1}} |{''.join(cells)}"
        for row, cells in enumerate(plot)
    ]
    axis, numbers = _axis(ends, columns)
    margin = " " * LABEL
    return [
        line[:width].ljust(width)
        for line in (title, *lines, f"{margin}+{axis}", f"{margin} {numbers}")
    ]


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the y axis: those of the values, a little apart if they are one."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if high - low > 1e-9 * max(1.0, abs(high)):
        return low, high
    margin = 0.01 * max(1.0, abs(high))
    return low - margin, high + margin


def _line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from one to another."""
    (x0, y0), (x1, y1) = start, end
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    return [
        (round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps))
        for i in range(steps + 1)
    ]


def _axis(ends: Point, columns: int) -> tuple[str, str]:
    """The x axis with a tick at whole numbers, and these, as far as there is room."""
    axis, numbers = ["-"] * columns, [" "] * columns
    first, last = math.ceil(ends[0]), math.floor(ends[1])
    # Four columns a number; 1, 2, 5, 10, … apart.
    room = max(1, columns // 5)
    step = next(
        unit * factor
        for factor in (10**power for power in range(12))
        for unit in (1, 2, 5)
        if (last - first) // (unit * factor) <= room
    )
    for number in range(first, last + 1, step):
        place = round((number - ends[0]) / (ends[1] - ends[0]) * (columns - 1))
        axis[place] = "+"
        text = str(number)
        start = min(place, columns - len(text))
        numbers[start : start + len(text)] = text
    return "".join(axis), "".join(numbers)
