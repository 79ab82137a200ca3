"""What the report's Plotly charts share: plain dictionaries of ``data`` and ``layout``.

Every series differs from its neighbours in dash or marker as well as in colour, so a grey print
and a colour-blind reader lose nothing. The colours are those of Okabe and Ito, "Color universal
design", 2008.
"""

from html import escape
from typing import Any

from nsmc.messages.translate import mark, tr
from nsmc.report.fonts import FAMILY
from nsmc.text.width import display_width

Chart = dict[str, Any]
Columns = dict[str, list[Any]]

INK, MUTED, GRID = "#1b2430", "#5b6776", "#e3e8ee"
BLUE, SKY, ORANGE = "#0072b2", "#56b4e9", "#e69f00"
POSITIVE, NEGATIVE = "#009e73", "#d55e00"
BARS = {"color": "#b9c6d3", "line": {"color": MUTED, "width": 0.5}}
NAMED = (mark("none"), mark("to 50"))
"""Groups of comments whose names are in words."""
SHARE = ".0%"
ROW = 28
"""Pixels between the groups of a slice chart."""


def slice_chart(
    slices: Columns,
    title: str,
    overall: float,
    *,
    metric: str = "accuracy",
    name: str = "",
    form: str = ".2%",
) -> Chart:
    """A metric with its interval in each group of comments, a row each, so that the names of the
    groups fit on a telephone; the metric of all comments is a line.

    Args:
        slices: ``bin``, ``examples``, the metric, ``low`` and ``high``.
        title: of the groups.
        overall: the metric of all comments.
        metric, name, form: its column, its title with the unit, its format for d3 and Python.
    """
    name = name or tr("accuracy (%)")
    names = [
        f"{tr(group)}  <span style='font-size:11px;color:{MUTED}'>{count:,}</span>"
        for group, count in zip(slices["bin"], slices["examples"], strict=True)
    ]
    points = {
        "x": slices[metric],
        "y": names,
        "customdata": slices["examples"],
        "mode": "markers",
        "marker": {"color": BLUE, "size": 9},
        "error_x": interval(slices[metric], slices["low"], slices["high"]),
        "name": tr("in the group, with its 95% interval"),
        "hovertemplate": f"%{{x:{form}}}, %{{customdata:,}} {tr('comments')}<extra></extra>",
    }
    chart = layout(name, tr("{title}<br>and comments", title=title))
    chart["yaxis"] |= {"type": "category", "autorange": "reversed", "showgrid": False}
    # Plotly's own margins never settle in a narrow chart of such names.
    chart["yaxis"]["automargin"] = chart["xaxis"]["automargin"] = False
    chart["xaxis"] |= {"nticks": 6}
    if form.endswith("%"):
        floor = min([*slices["low"], 0.5]) - 0.03
        chart["xaxis"] |= {"tickformat": SHARE, "range": [floor, 1.02]}
    else:
        chart["xaxis"] |= {"rangemode": "tozero"}
    # On the side of its line with the most room: in the middle it would be cut off at an end.
    ends = [high for high in [*slices["high"], overall] if high is not None]
    first, last = chart["xaxis"].get("range", (0, max(ends)))
    chart["shapes"] = [rule("x", overall)]
    chart["annotations"] = [
        {
            "text": tr("all {value}", value=format(overall, form.replace(".2%", ".1%"))),
            "x": overall,
            "xanchor": "right" if 2 * overall > first + last else "left",
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12, "color": MUTED},
        }
    ]
    chart |= {"showlegend": False, "height": 90 + ROW * max(6, len(names))}
    longest = max(8 * display_width(tr(group)) for group in slices["bin"])  # pixels
    longest += max(7 * len(f"{count:,}") for count in slices["examples"])
    chart["margin"] |= {"l": 60 + longest, "t": 26}
    return {"data": [points], "layout": chart}


def scatter(
    points: Columns,
    places: list[int],
    facts: list[tuple[Any, ...]],
    note: str,
    marker: dict[str, Any],
    name: str,
) -> dict[str, Any]:
    """Marks of the comments at some places of a picture; hovering shows the row, a note with the
    ``facts`` of each, which are its ``customdata`` from 1 on, and the comment.
    """
    return {
        "x": [round(points["x"][i], 4) for i in places],
        "y": [round(points["y"][i], 4) for i in places],
        "text": [wrapped(points["document"][i]) for i in places],
        "customdata": [[points["row"][i], *facts[i]] for i in places],
        "mode": "markers",
        "marker": marker,
        "name": name,
        "hovertemplate": tr("row %{customdata[0]:,}") + f", {note}<br>%{{text}}<extra></extra>",
    }


def space_layout(shares: list[float]) -> dict[str, Any]:
    """The layout of a picture whose two dimensions have these shares of the variance."""
    chart = layout(
        tr("first component (no unit),<br>{share:.0%} of the variance", share=shares[0]),
        tr("second component (no unit),<br>{share:.0%} of the variance", share=shares[1]),
    )
    chart["height"] = 560
    chart["hovermode"] = "closest"
    for name in ("xaxis", "yaxis"):
        chart[name] |= {"showticklabels": False, "zeroline": False}
    return chart


def layout(x: str, y: str, *, square: bool = False) -> dict[str, Any]:
    """What all charts have in common, with the titles of both axes."""
    chart: dict[str, Any] = {
        "font": {"family": FAMILY, "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 62, "r": 16, "t": 12, "b": 56},
        "height": 380,
        "xaxis": axis(x),
        "yaxis": axis(y),
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {"font": {"family": FAMILY, "size": 13}, "align": "left"},
    }
    if square:
        for name in ("xaxis", "yaxis"):
            chart[name] |= {"range": [-0.01, 1.01], "tickformat": SHARE}
    return chart


def axis(title: str) -> dict[str, Any]:
    """An axis with its title."""
    return {
        "title": {"text": title, "standoff": 8},
        "gridcolor": GRID,
        "linecolor": MUTED,
        "showline": True,
        "ticks": "outside",
        "tickcolor": MUTED,
        "zeroline": False,
        "automargin": True,
    }


def line(
    x: list[Any],
    y: list[Any],
    name: str,
    colour: str,
    dash: str,
    hover: str = "",
    about: list[Any] | None = None,
) -> dict[str, Any]:
    """A line; what ``hover`` says of each point may use the numbers ``about`` it."""
    label = {"hovertemplate": f"{hover}<extra></extra>"} if hover else {"hoverinfo": "skip"}
    return {
        "x": x,
        "y": y,
        "customdata": about,
        "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": 2},
        "name": name,
        **label,
    }


def interval(middle: list[Any], low: list[Any], high: list[Any]) -> dict[str, Any]:
    """Error bars from low to high; none where an end is None."""
    return {
        "type": "data",
        "symmetric": False,
        "array": differences(high, middle),
        "arrayminus": differences(middle, low),
        "thickness": 1.5,
        "width": 5,
        "color": BLUE,
    }


def bars(low: list[float], high: list[float], counts: list[int]) -> dict[str, Any]:
    """A histogram of comments with the bounds of its bins."""
    widths = differences(high, low)
    return {
        "type": "bar",
        "x": [start + width / 2 for start, width in zip(low, widths, strict=True)],
        "y": counts,
        "width": [width * 0.92 for width in widths],
        "customdata": list(zip(low, high, strict=True)),
        "marker": BARS,
        "name": tr("comments"),
        "showlegend": False,
        "hovertemplate": f"%{{y:,}} {tr('comments')}<extra></extra>",
    }


def rule(axis: str, value: float) -> dict[str, Any]:
    """A line across the whole chart at one value of an axis."""
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        f"{axis}0": value,
        f"{axis}1": value,
        f"{other}0": 0,
        f"{other}1": 1,
        f"{other}ref": "paper",
        "line": {"color": MUTED, "width": 1.2, "dash": "dashdot"},
    }


def differences(high: list[Any], low: list[Any]) -> list[float]:
    """Element by element; 0 where one of both is None."""
    return [0.0 if None in (h, m) else h - m for h, m in zip(high, low, strict=True)]


def wrapped(text: str, width: int = 36, lines: int = 6) -> str:
    """A comment for Plotly's hover label, which reads some HTML and doesn't break lines."""
    text = " ".join(text.split())
    pieces = [text[start : start + width] for start in range(0, len(text), width)]
    if len(pieces) > lines:
        pieces[lines - 1 :] = [pieces[lines - 1] + " …"]
    return "<br>".join(escape(piece, quote=False) for piece in pieces)
