"""The report's figures as Plotly charts: plain dictionaries of ``data`` and ``layout``.

Every series differs from its neighbours in dash or marker as well as in colour, so a grey print
and a colour-blind reader lose nothing. The colours are those of Okabe and Ito, "Color universal
design", 2008.
"""

from html import escape
from typing import Any

from nsmc.report.fonts import FAMILY

Chart = dict[str, Any]
Table = dict[str, list[Any]]

INK, MUTED, GRID = "#1b2430", "#5b6776", "#e3e8ee"
BLUE, SKY, ORANGE = "#0072b2", "#56b4e9", "#e69f00"
POSITIVE, NEGATIVE = "#009e73", "#d55e00"
BARS = {"color": "#b9c6d3", "line": {"color": MUTED, "width": 0.5}}
SHARE = ".0%"
UNKNOWN = (
    "By the share of a comment's {units} that are not in the model's vocabulary: misspellings, new "
    "coinages, names."
)


def roc_chart(table: Table, auc: float) -> Chart:
    """True against false positive rate."""
    curve = {
        "x": table["false_positive_rate"],
        "y": table["true_positive_rate"],
        "customdata": table["threshold"],
        "mode": "lines",
        "line": {"color": BLUE, "width": 2.5},
        "name": f"the model (area {auc:.4f})",
        "hovertemplate": "threshold %{customdata:.3f}<br>긍정 found: %{y:.1%}<br>"
        "부정 called 긍정: %{x:.1%}<extra></extra>",
    }
    guess = line([0, 1], [0, 1], "guessing (area 0.5)", MUTED, "dot")
    drawn = layout("share of 부정 called 긍정 (%)", "share of 긍정 found (%)", square=True)
    return {"data": [curve, guess], "layout": drawn}


def precision_recall_chart(table: Table, average: float, positive: float) -> Chart:
    """Precision against recall of the positive class."""
    curve = {
        "x": table["recall"],
        "y": table["precision"],
        "customdata": table["threshold"],
        "mode": "lines",
        "line": {"color": BLUE, "width": 2.5},
        "name": f"the model (average precision {average:.4f})",
        "hovertemplate": "threshold %{customdata:.3f}<br>recall %{x:.1%}<br>"
        "precision %{y:.1%}<extra></extra>",
    }
    guess = line([0, 1], [positive] * 2, f"guessing ({positive:.1%})", MUTED, "dot")
    drawn = layout("recall of 긍정 (%)", "precision of 긍정 (%)", square=True)
    return {"data": [curve, guess], "layout": drawn}


def reliability_chart(
    after: Table,
    before: Table | None,
    *,
    columns: tuple[str, str] = ("mean_score", "positive_share"),
    titles: tuple[str, str] = ("probability of 긍정 promised (%)", "share that is 긍정 (%)"),
) -> Chart:
    """What was found against the probability promised, and how many comments there are.

    Args:
        after: of the model as it is.
        before: of the one before calibration, if that can be told.
        columns: of the promise and of what was found.
        titles: of both.
    """
    spread = interval(after[columns[1]], after["share_low"], after["share_high"])
    data = [
        line([0, 1], [0, 1], "promises kept", MUTED, "dot"),
        _promised(after, columns, "the model as it is", BLUE, "circle", "solid")
        | {"error_y": spread | {"thickness": 1, "width": 3}},
    ]
    if before is not None:
        data.insert(
            1, _promised(before, columns, "before calibration", ORANGE, "square-open", "dash")
        )
    widths = differences(after["high"], after["low"])
    data.append(
        {
            "type": "bar",
            "x": [low + width / 2 for low, width in zip(after["low"], widths, strict=True)],
            "y": after["examples"],
            "width": [width * 0.92 for width in widths],
            "yaxis": "y2",
            "marker": BARS,
            "name": "comments",
            "showlegend": False,
            "hovertemplate": "%{y:,} comments<extra></extra>",
        }
    )
    drawn = layout(*titles)
    drawn["yaxis"] |= {"domain": [0.3, 1], "range": [-0.02, 1.04], "tickformat": SHARE}
    drawn["xaxis"] |= {"range": [-0.02, 1.02], "tickformat": SHARE, "anchor": "y2"}
    drawn["yaxis2"] = axis("comments") | {"domain": [0, 0.2], "nticks": 3}
    drawn["height"] = 460
    return {"data": data, "layout": drawn}


def slice_chart(
    table: Table,
    title: str,
    overall: float,
    *,
    metric: str = "accuracy",
    name: str = "accuracy (%)",
    form: str = ".2%",
) -> Chart:
    """A figure with its interval in each bin, and that of all comments as a line.

    Args:
        table: ``bin``, ``examples``, the figure, ``low`` and ``high``.
        title: of the bins.
        overall: the figure of all comments.
        metric: its column.
        name: its title, with the unit.
        form: how it is written, as d3 and Python both read it.
    """
    names = [
        f"{name}<br><span style='font-size:11px'>{count:,}</span>"
        for name, count in zip(table["bin"], table["examples"], strict=True)
    ]
    points = {
        "x": names,
        "y": table[metric],
        "customdata": table["examples"],
        "mode": "markers",
        "marker": {"color": BLUE, "size": 9},
        "error_y": interval(table[metric], table["low"], table["high"]),
        "name": "in the bin, with its 95% interval",
        "hovertemplate": f"%{{y:{form}}}, %{{customdata:,}} comments<extra></extra>",
    }
    drawn = layout(title, name)
    drawn["xaxis"] |= {"type": "category", "showgrid": False, "tickangle": 0}
    if form.endswith("%"):
        floor = min([*table["low"], 0.5]) - 0.03
        drawn["yaxis"] |= {"tickformat": SHARE, "range": [floor, 1.02]}
    else:
        drawn["yaxis"] |= {"rangemode": "tozero"}
    drawn["shapes"] = [rule("y", overall)]
    drawn["annotations"] = [
        {
            "text": f"all<br>{format(overall, form.replace('.2%', '.1%'))}",
            "x": 1.01,
            "xref": "paper",
            "xanchor": "left",
            "y": overall,
            "showarrow": False,
            "font": {"size": 12, "color": MUTED},
        }
    ]
    drawn |= {"showlegend": False, "height": 300}
    drawn["margin"] |= {"r": 52}
    return {"data": [points], "layout": drawn}


def accuracy_pictures(
    slices: dict[str, Table], overall: float, units: str
) -> list[tuple[str, str, Chart]]:
    """Keys, captions and charts of the accuracy in groups of comments."""
    return [
        (
            "length",
            "By length of the comment as typed.",
            slice_chart(slices["length"], "length (characters)<br>and comments", overall),
        ),
        (
            "unknown",
            UNKNOWN.format(units=units),
            slice_chart(slices["unknown"], f"unknown {units} (%)<br>and comments", overall),
        ),
        (
            "confidence",
            "By confidence, the probability of the label given. A calibrated model is right in 85 "
            "of 100 comments of 80–90%.",
            slice_chart(slices["confidence"], "confidence (%)<br>and comments", overall),
        ),
    ]


def threshold_chart(table: Table, threshold: float) -> Chart:
    """Precision, recall and accuracy by the threshold; the first shape marks the chosen one."""
    series = (
        ("precision", "precision of 긍정", BLUE, "solid"),
        ("recall", "recall of 긍정", ORANGE, "dash"),
        ("accuracy", "accuracy", INK, "dot"),
    )
    data = [
        line(table["threshold"], table[name], label, colour, dash)
        | {"hovertemplate": label + " %{y:.1%} at %{x:.2f}<extra></extra>"}
        for name, label, colour, dash in series
    ]
    drawn = layout("threshold (probability of 긍정)", "share (%)")
    drawn["xaxis"] |= {"range": [0, 1]}
    drawn["yaxis"] |= {"tickformat": SHARE, "rangemode": "tozero"}
    drawn["shapes"] = [rule("x", threshold)]
    return {"data": data, "layout": drawn}


def coverage_chart(table: Table) -> Chart:
    """Accuracy of what is decided against its share; the second series marks the chosen point."""
    points = [
        (share, accuracy, least)
        for share, accuracy, least in zip(
            table["share_decided"], table["accuracy"], table["confidence"], strict=True
        )
        if accuracy is not None
    ]
    shares, accuracies, least = ([*column] for column in zip(*points, strict=True))
    curve = {
        "x": shares,
        "y": accuracies,
        "customdata": least,
        "mode": "lines",
        "line": {"color": BLUE, "width": 2.5},
        "name": "accuracy of the decided",
        "hovertemplate": "confidence at least %{customdata:.2f}<br>%{x:.1%} decided, "
        "%{y:.2%} of them right<extra></extra>",
    }
    chosen = {
        "x": shares[:1],
        "y": accuracies[:1],
        "mode": "markers",
        "marker": {"color": INK, "size": 12, "symbol": "diamond"},
        "name": "chosen",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    drawn = layout("share of comments decided (%)", "accuracy of the decided (%)")
    drawn["xaxis"] |= {"tickformat": SHARE, "range": [0, 1.03]}
    drawn["yaxis"] |= {"tickformat": ".1%", "autorangeoptions": {"maxallowed": 1.003}}
    return {"data": [curve, chosen], "layout": drawn}


def space_chart(table: Table, shares: list[float], threshold: float) -> Chart:
    """Sentence vectors in two dimensions, by label and outcome; hovering shows the comment."""
    groups = (
        (1, True, "긍정, called 긍정", POSITIVE, "circle", 0.45),
        (0, True, "부정, called 부정", NEGATIVE, "square", 0.45),
        (1, False, "긍정, called 부정", POSITIVE, "circle-x-open", 1.0),
        (0, False, "부정, called 긍정", NEGATIVE, "square-x-open", 1.0),
    )
    told = [f"긍정 {score:.1%}" for score in table["score"]]
    data = []
    for label, right, name, colour, symbol, opacity in groups:
        chosen = [
            index
            for index, (given, score) in enumerate(zip(table["label"], table["score"], strict=True))
            if given == label and ((score >= threshold) == bool(label)) == right
        ]
        marker = {
            "color": colour,
            "symbol": symbol,
            "size": 6 if right else 9,
            "opacity": opacity,
            "line": {"width": 0 if right else 1.4, "color": colour},
        }
        data.append(scatter(table, chosen, told, marker, f"{name} ({len(chosen):,})"))
    return {"data": data, "layout": space_layout(shares)}


def scatter(
    table: Table, chosen: list[int], told: list[str], marker: dict[str, Any], name: str
) -> dict[str, Any]:
    """Marks of some comments of a space; hovering shows what is told of each, and the comment."""
    return {
        "x": [round(table["x"][i], 4) for i in chosen],
        "y": [round(table["y"][i], 4) for i in chosen],
        "text": [
            f"row {table['row'][i]:,}, {told[i]}<br>" + wrapped(table["document"][i])
            for i in chosen
        ],
        "mode": "markers",
        "marker": marker,
        "name": name,
        "hovertemplate": "%{text}<extra></extra>",
    }


def space_layout(shares: list[float]) -> dict[str, Any]:
    """The layout of a space whose dimensions hold these shares of the variance."""
    drawn = layout(
        f"first component ({shares[0]:.0%} of the variance, no unit)",
        f"second component ({shares[1]:.0%}, no unit)",
    )
    drawn["height"] = 560
    drawn["hovermode"] = "closest"
    for name in ("xaxis", "yaxis"):
        drawn[name] |= {"showticklabels": False, "zeroline": False}
    return drawn


def layout(x: str, y: str, *, square: bool = False) -> dict[str, Any]:
    """What all charts have in common, with the titles of both axes."""
    drawn: dict[str, Any] = {
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
            drawn[name] |= {"range": [-0.01, 1.01], "tickformat": SHARE}
    return drawn


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


def line(x: list[Any], y: list[Any], name: str, colour: str, dash: str) -> dict[str, Any]:
    """A line that says nothing when it is pointed at."""
    return {
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": 2},
        "name": name,
        "hoverinfo": "skip",
    }


def _promised(
    table: Table, columns: tuple[str, str], name: str, colour: str, symbol: str, dash: str
) -> dict[str, Any]:
    promised, found = columns
    return {
        "x": table[promised],
        "y": table[found],
        "customdata": table["examples"],
        "mode": "lines+markers",
        "line": {"color": colour, "dash": dash, "width": 2},
        "marker": {"color": colour, "symbol": symbol, "size": 8},
        "name": name,
        "hovertemplate": "%{x:.1%} promised, %{y:.1%} found in %{customdata:,} comments"
        "<extra></extra>",
    }


def interval(middle: list[Any], low: list[Any], high: list[Any]) -> dict[str, Any]:
    """Bars from low to high; none where an end is None."""
    return {
        "type": "data",
        "symmetric": False,
        "array": differences(high, middle),
        "arrayminus": differences(middle, low),
        "thickness": 1.5,
        "width": 5,
        "color": BLUE,
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
    """A comment for Plotly's hover label, which knows some HTML and breaks no lines by itself."""
    text = " ".join(text.split())
    pieces = [text[start : start + width] for start in range(0, len(text), width)]
    if len(pieces) > lines:
        pieces[lines - 1 :] = [pieces[lines - 1] + " …"]
    return "<br>".join(escape(piece, quote=False) for piece in pieces)
