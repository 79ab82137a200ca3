"""The report's charts of own classes; see `nsmc.report.charts`."""

from html import escape
from typing import Any

import numpy as np

from nsmc.report.charts import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    SKY,
    Chart,
    Table,
    layout,
    scatter,
    space_layout,
)

COLOURS = (BLUE, ORANGE, "#009e73", "#d55e00", "#cc79a7", SKY, INK, "#8c6d1f")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "pentagon", "star", "hexagon", "cross")
SHOWN = 24
"""Classes in the picture of the confusion at most: more can't be told apart."""
WRITTEN = 12
"""Classes up to which each of its cells has its number written in it."""
LONGEST = 14
"""Letters of a class's name on an axis."""


def confusion_chart(names: list[str], confusion: list[list[int]]) -> tuple[Chart, bool]:
    """What was called what, as shares of each label, a row a label.

    Returns:
        The chart, and whether it has all the classes: of more than `SHOWN`, it has those with the
        most errors, as label or as what was called.
    """
    counts = np.array(confusion)  # [C, C]
    errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)  # [C]
    kept = np.sort(np.argsort(-errors, kind="stable")[:SHOWN])
    sizes = counts.sum(axis=1)[kept]  # [kept]
    part = counts[np.ix_(kept, kept)]  # [kept, kept]
    shares = part / np.maximum(1, sizes)[:, None]  # [kept, kept]
    short = [short_name(names[i]) for i in kept]
    places = list(range(len(kept)))
    heat: dict[str, Any] = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": np.round(shares, 6).tolist(),
        "customdata": [
            [[int(n), label, called] for n, called in zip(row, short, strict=True)]
            for row, label in zip(part.tolist(), short, strict=True)
        ],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "#ffffff"], [0.5, "#86b9de"], [1, BLUE]],
        "xgap": 1,
        "ygap": 1,
        "colorbar": {
            "title": {"text": "share of the label", "side": "top"},
            "tickformat": ".0%",
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "thickness": 10,
            "lenmode": "pixels",
            "len": 220,
        },
        "hovertemplate": "labelled %{customdata[1]}, called %{customdata[2]}: "
        "%{customdata[0]:,} comments, %{z:.1%} of the label<extra></extra>",
    }
    if len(kept) <= WRITTEN:
        heat |= {
            "text": [[f"{n:,}" if n else "" for n in row] for row in part.tolist()],
            "texttemplate": "%{text}",
            "textfont": {"size": 12},
        }
    drawn = layout("called", "labelled")
    ticks = {"tickvals": places, "ticktext": short, "showgrid": False}
    drawn["xaxis"] |= ticks | {"side": "bottom", "range": [-0.5, len(kept) - 0.5]}
    drawn["yaxis"] |= ticks | {"range": [len(kept) - 0.5, -0.5]}
    drawn["height"] = max(380, 180 + 24 * len(kept))
    return {"data": [heat], "layout": drawn}, len(kept) == len(names)


def class_space_chart(table: Table, shares: list[float]) -> Chart:
    """Sentence vectors in two dimensions, coloured by label; what was called otherwise is open."""
    sizes: dict[str, int] = {}
    for name in table["label"]:
        sizes[name] = sizes.get(name, 0) + 1
    largest = sorted(sizes, key=lambda name: -sizes[name])
    shown = largest if len(largest) <= len(COLOURS) else largest[: len(COLOURS) - 1]
    groups = [(short_name(name), [name]) for name in shown]
    if rest := largest[len(shown) :]:
        groups.append((f"{len(rest)} other classes", rest))
    told = [
        f"{escape(label, quote=False)}, called {escape(called, quote=False)} {confidence:.1%}"
        for label, called, confidence in zip(
            table["label"], table["called"], table["confidence"], strict=True
        )
    ]
    data = []
    for number, (name, members) in enumerate(groups):
        within = set(members)
        chosen = [i for i, label in enumerate(table["label"]) if label in within]
        wrong = [table["label"][i] != table["called"][i] for i in chosen]
        other = number >= len(shown)
        colour = "#b9c6d3" if other else COLOURS[number]
        marker = {
            "color": colour,
            "symbol": [SYMBOLS[number] + ("-open" if one else "") for one in wrong],
            "size": 7,
            "opacity": 0.6,
            "line": {"width": 1.2, "color": MUTED if other else colour},
        }
        data.append(scatter(table, chosen, told, marker, f"{name} ({len(chosen):,})"))
    return {"data": data, "layout": space_layout(shares)}


def short_name(name: str) -> str:
    """A class's name for an axis, which knows some HTML."""
    name = " ".join(name.split())
    cut = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    return escape(cut, quote=False)
