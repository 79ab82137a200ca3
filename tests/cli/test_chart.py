"""Charts of braille dots: what stands where."""

from itertools import pairwise

import pytest

from nsmc.cli.chart import LABEL, Curve, Point, draw

WIDTH, HEIGHT = 30, 8


def chart(*curves: Curve, ends: Point = (0, 4), width: int = WIDTH) -> list[str]:
    return draw("title", curves, width=width, height=HEIGHT, ends=ends, label="{:.2f}".format)


def plot(lines: list[str]) -> list[str]:
    """The cells of the plot alone."""
    return [line[LABEL + 1 :] for line in lines[1:-2]]


def dots(lines: list[str]) -> set[tuple[int, int]]:
    """Column and row of every dot, read from the braille characters by Unicode's numbering."""
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    return {
        (2 * column + x, 4 * row + y)
        for row, cells in enumerate(plot(lines))
        for column, cell in enumerate(cells)
        if "\u2800" <= cell <= "\u28ff"
        for bit, (x, y) in enumerate(places)
        if (ord(cell) - 0x2800) >> bit & 1
    }


def test_every_line_is_as_wide_as_asked_and_of_braille_and_ascii() -> None:
    for width in (20, 39, 100):
        lines = chart(Curve([(0, 1), (4, 2)]), Curve([(2, 1.5)], "o"), width=width)
        assert [len(line) for line in lines] == [width] * HEIGHT
        # Box drawing and round bullets are two columns wide on terminals set up for Korean.
        assert all(c.isascii() or "\u2800" <= c <= "\u28ff" for c in "".join(lines))


def test_a_rising_line_goes_from_corner_to_corner() -> None:
    lines = chart(Curve([(0, 1), (4, 3)]))
    columns, rows = 2 * (WIDTH - LABEL - 1), 4 * (HEIGHT - 3)
    result = dots(lines)
    assert {(0, rows - 1), (columns - 1, 0)} <= result
    assert {x for x, _ in result} == set(range(columns))  # without a gap
    heights = [min(y for at, y in result if at == x) for x in range(columns)]
    assert heights == sorted(heights, reverse=True)


def test_the_ends_of_both_axes_are_named() -> None:
    lines = chart(Curve([(0, 1), (4, 3)]))
    assert lines[0] == "title".ljust(WIDTH)
    assert lines[1].startswith("  3.00 |")
    assert lines[-3].startswith("  1.00 |")
    assert lines[-2].startswith("       ++") and lines[-2].rstrip().endswith("+")
    assert lines[-1].split() == ["0", "1", "2", "3", "4"]
    assert lines[-1].rstrip()[-1] == "4" and len(lines[-1].rstrip()) == WIDTH


def test_a_marker_is_over_the_line() -> None:
    cells = plot(chart(Curve([(0, 1), (4, 3)]), Curve([(0, 3), (4, 1)], "o")))
    assert (cells[0][0], cells[-1][-1]) == ("o", "o")
    assert sum(row.count("o") for row in cells) == 2


@pytest.mark.parametrize(("epochs", "numbers"), [(1, 2), (7, 4), (37, 4), (100, 3), (5000, 3)])
def test_numbers_below_have_room(epochs: int, numbers: int) -> None:
    shown = chart(Curve([(0, 1)]), ends=(0, epochs))[-1].split()
    assert len(shown) == numbers
    steps = {int(b) - int(a) for a, b in pairwise(shown)}
    assert len(steps) == 1


def test_what_has_no_place_is_left_out() -> None:
    assert not dots(chart(Curve([])))
    spoilt = [(0.0, 1.0), (1.0, float("nan")), (2.0, float("inf")), (4.0, 2.0)]
    assert dots(chart(Curve(spoilt))) == dots(chart(Curve([(0, 1), (4, 2)])))
    assert not dots(chart(Curve([(1, float("nan"))], "o")))


def test_a_value_that_never_changes_is_in_the_middle() -> None:
    lines = chart(Curve([(0, 0.5), (4, 0.5)]))
    assert {y for _, y in dots(lines)} <= {9, 10}
    assert lines[1].startswith("  0.51 |") and lines[-3].startswith("  0.49 |")
