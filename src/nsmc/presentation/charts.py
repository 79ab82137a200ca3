"""The report's figures as Plotly charts: plain dictionaries of ``data`` and ``layout``.

Every series differs from its neighbours in dash or marker as well as in colour, so a grey print
and a colour-blind reader lose nothing. The colours are those of Okabe and Ito, "Color universal
design", 2008.
"""

from html import escape
from typing import Any

from nsmc.presentation.fonts import FAMILY

Chart = dict[str, Any]
Table = dict[str, list[Any]]

INK, MUTED, GRID = "#1b2430", "#5b6776", "#e3e8ee"
BLUE, SKY, ORANGE = "#0072b2", "#56b4e9", "#e69f00"
POSITIVE, NEGATIVE = "#009e73", "#d55e00"
SHARE = ".0%"


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
    guess = _line([0, 1], [0, 1], "guessing (area 0.5)", MUTED, "dot")
    layout = _layout("share of 부정 called 긍정 (%)", "share of 긍정 found (%)", square=True)
    return {"data": [curve, guess], "layout": layout}


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
    guess = _line([0, 1], [positive] * 2, f"guessing ({positive:.1%})", MUTED, "dot")
    layout = _layout("recall of 긍정 (%)", "precision of 긍정 (%)", square=True)
    return {"data": [curve, guess], "layout": layout}


def reliability_chart(after: Table, before: Table | None) -> Chart:
    """Share of positive comments against the probability promised, and how many there are."""
    spread = {
        "type": "data",
        "symmetric": False,
        "array": _differences(after["share_high"], after["positive_share"]),
        "arrayminus": _differences(after["positive_share"], after["share_low"]),
        "thickness": 1,
        "width": 3,
        "color": BLUE,
    }
    data = [
        _line([0, 1], [0, 1], "promises kept", MUTED, "dot"),
        _promised(after, "the model as it is", BLUE, "circle", "solid") | {"error_y": spread},
    ]
    if before is not None:
        data.insert(1, _promised(before, "before calibration", ORANGE, "square-open", "dash"))
    widths = _differences(after["high"], after["low"])
    data.append(
        {
            "type": "bar",
            "x": [low + width / 2 for low, width in zip(after["low"], widths, strict=True)],
            "y": after["examples"],
            "width": [width * 0.92 for width in widths],
            "yaxis": "y2",
            "marker": {"color": "#b9c6d3", "line": {"color": MUTED, "width": 0.5}},
            "name": "comments",
            "showlegend": False,
            "hovertemplate": "%{y:,} comments<extra></extra>",
        }
    )
    layout = _layout("probability of 긍정 promised (%)", "share that is 긍정 (%)")
    layout["yaxis"] |= {"domain": [0.3, 1], "range": [-0.02, 1.04], "tickformat": SHARE}
    layout["xaxis"] |= {"range": [-0.02, 1.02], "tickformat": SHARE, "anchor": "y2"}
    layout["yaxis2"] = _axis("comments") | {"domain": [0, 0.2], "nticks": 3}
    layout["height"] = 460
    return {"data": data, "layout": layout}


def slice_chart(table: Table, title: str, overall: float) -> Chart:
    """Accuracy with its interval in each bin, and the accuracy of all comments as a line."""
    names = [
        f"{name}<br><span style='font-size:11px'>{count:,}</span>"
        for name, count in zip(table["bin"], table["examples"], strict=True)
    ]
    points = {
        "x": names,
        "y": table["accuracy"],
        "customdata": table["examples"],
        "mode": "markers",
        "marker": {"color": BLUE, "size": 9},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _differences(table["high"], table["accuracy"]),
            "arrayminus": _differences(table["accuracy"], table["low"]),
            "thickness": 1.5,
            "width": 5,
            "color": BLUE,
        },
        "name": "in the bin, with its 95% interval",
        "hovertemplate": "%{y:.2%} of %{customdata:,} comments<extra></extra>",
    }
    layout = _layout(title, "accuracy (%)")
    layout["xaxis"] |= {"type": "category", "showgrid": False, "tickangle": 0}
    layout["yaxis"] |= {"tickformat": SHARE, "range": [min([*table["low"], 0.5]) - 0.03, 1.02]}
    layout["shapes"] = [_rule("y", overall)]
    layout["annotations"] = [
        {
            "text": f"all<br>{overall:.1%}",
            "x": 1.01,
            "xref": "paper",
            "xanchor": "left",
            "y": overall,
            "showarrow": False,
            "font": {"size": 12, "color": MUTED},
        }
    ]
    layout |= {"showlegend": False, "height": 300}
    layout["margin"] |= {"r": 52}
    return {"data": [points], "layout": layout}


def threshold_chart(table: Table, threshold: float) -> Chart:
    """Precision, recall and accuracy by the threshold; the first shape marks the chosen one."""
    series = (
        ("precision", "precision of 긍정", BLUE, "solid"),
        ("recall", "recall of 긍정", ORANGE, "dash"),
        ("accuracy", "accuracy", INK, "dot"),
    )
    data = [
        _line(table["threshold"], table[name], label, colour, dash)
        | {"hovertemplate": label + " %{y:.1%} at %{x:.2f}<extra></extra>"}
        for name, label, colour, dash in series
    ]
    layout = _layout("threshold (probability of 긍정)", "share (%)")
    layout["xaxis"] |= {"range": [0, 1]}
    layout["yaxis"] |= {"tickformat": SHARE, "rangemode": "tozero"}
    layout["shapes"] = [_rule("x", threshold)]
    return {"data": data, "layout": layout}


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
    layout = _layout("share of comments decided (%)", "accuracy of the decided (%)")
    layout["xaxis"] |= {"tickformat": SHARE, "range": [0, 1.03]}
    layout["yaxis"] |= {"tickformat": ".1%", "autorangeoptions": {"maxallowed": 1.003}}
    return {"data": [curve, chosen], "layout": layout}


def space_chart(table: Table, shares: list[float], threshold: float) -> Chart:
    """Sentence vectors in two dimensions, by label and outcome; hovering shows the comment."""
    groups = (
        (1, True, "긍정, called 긍정", POSITIVE, "circle", 0.45),
        (0, True, "부정, called 부정", NEGATIVE, "square", 0.45),
        (1, False, "긍정, called 부정", POSITIVE, "circle-x-open", 1.0),
        (0, False, "부정, called 긍정", NEGATIVE, "square-x-open", 1.0),
    )
    data = []
    for label, right, name, colour, symbol, opacity in groups:
        chosen = [
            index
            for index, (given, score) in enumerate(zip(table["label"], table["score"], strict=True))
            if given == label and ((score >= threshold) == bool(label)) == right
        ]
        texts = [
            f"row {table['row'][i]:,}, 긍정 {table['score'][i]:.1%}<br>"
            + _wrapped(table["document"][i])
            for i in chosen
        ]
        data.append(
            {
                "x": [round(table["x"][i], 4) for i in chosen],
                "y": [round(table["y"][i], 4) for i in chosen],
                "text": texts,
                "mode": "markers",
                "marker": {
                    "color": colour,
                    "symbol": symbol,
                    "size": 6 if right else 9,
                    "opacity": opacity,
                    "line": {"width": 0 if right else 1.4, "color": colour},
                },
                "name": f"{name} ({len(chosen):,})",
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    layout = _layout(
        f"first component ({shares[0]:.0%} of the variance, no unit)",
        f"second component ({shares[1]:.0%}, no unit)",
    )
    layout["height"] = 560
    layout["hovermode"] = "closest"
    for axis in ("xaxis", "yaxis"):
        layout[axis] |= {"showticklabels": False, "zeroline": False}
    return {"data": data, "layout": layout}


def _layout(x: str, y: str, *, square: bool = False) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "font": {"family": FAMILY, "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 62, "r": 16, "t": 12, "b": 56},
        "height": 380,
        "xaxis": _axis(x),
        "yaxis": _axis(y),
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {"font": {"family": FAMILY, "size": 13}, "align": "left"},
    }
    if square:
        for axis in ("xaxis", "yaxis"):
            layout[axis] |= {"range": [-0.01, 1.01], "tickformat": SHARE}
    return layout


def _axis(title: str) -> dict[str, Any]:
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


def _line(x: list[Any], y: list[Any], name: str, colour: str, dash: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": 2},
        "name": name,
        "hoverinfo": "skip",
    }


def _promised(table: Table, name: str, colour: str, symbol: str, dash: str) -> dict[str, Any]:
    return {
        "x": table["mean_score"],
        "y": table["positive_share"],
        "customdata": table["examples"],
        "mode": "lines+markers",
        "line": {"color": colour, "dash": dash, "width": 2},
        "marker": {"color": colour, "symbol": symbol, "size": 8},
        "name": name,
        "hovertemplate": "%{x:.1%} promised, %{y:.1%} found in %{customdata:,} comments"
        "<extra></extra>",
    }


def _rule(axis: str, value: float) -> dict[str, Any]:
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


def _differences(high: list[float], low: list[float]) -> list[float]:
    return [h - m for h, m in zip(high, low, strict=True)]


def _wrapped(text: str, width: int = 36, lines: int = 6) -> str:
    """A comment for Plotly's hover label, which knows some HTML and breaks no lines by itself."""
    text = " ".join(text.split())
    pieces = [text[start : start + width] for start in range(0, len(text), width)]
    if len(pieces) > lines:
        pieces[lines - 1 :] = [pieces[lines - 1] + " …"]
    return "<br>".join(escape(piece, quote=False) for piece in pieces)
