"""The view of a user's own classes.

Shapes: R reviews, C classes.
"""

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from nsmc.evaluation.curves import PROMISED_RIGHT, Table, table_of
from nsmc.messages.translate import mark, tr
from nsmc.report import charts as draw
from nsmc.report.decisions import DecisionView
from nsmc.report.examples import first_places

COLOURS = (draw.BLUE, draw.ORANGE, "#009e73", "#d55e00", "#cc79a7", draw.SKY, draw.INK, "#8c6d1f")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "pentagon", "star", "hexagon", "cross")
SHOWN = 24
"""Classes in the picture of the confusion at most: more can't be told apart."""
WRITTEN = 12
"""Classes up to which each cell of that picture has its number written in it."""
LONGEST = 14
"""Characters of a class's name on an axis."""
LETTER = 12
"""Pixels of one of them at most."""
WIDEST = 800
"""Pixels that names side by side may take; where they need more, they stand upright."""


class ClassesView(DecisionView):
    """Two classes to hundreds; `nsmc.report.view.View` says what each method gives."""

    template = "classes.html"
    space_columns = ("label", "called", "confidence")
    reliability_columns = PROMISED_RIGHT
    reliability_titles = (mark("predicted probability (%)"), mark("share that is right (%)"))

    def metrics(self) -> dict[str, Any]:
        """Those of `DecisionView`, and ``confused`` (a table of the pairs: label, called, how many,
        share of the label's), ``commonest`` (the accuracy of always predicting the commonest class)
        and ``space``.
        """
        predictions = self.predictions
        names = np.array(predictions.names, dtype=object)  # [C]
        return {
            **super().metrics(),
            "confused": self._confused(),
            "commonest": float(np.bincount(predictions.labels).max() / len(predictions.labels)),
            "space": self.space_metrics(
                None,
                label=names[predictions.labels],
                called=names[predictions.predicted],
                confidence=np.round(predictions.confidence, 6),
            ),
        }

    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """Those of `DecisionView`, and ``classes`` and ``confused``."""
        classes = metrics["classes"]
        return {
            "classes": table_of([*classes[0]], [[*one.values()] for one in classes]),
            "confused": metrics["confused"],
            **super().tables(metrics),
        }

    def charts(self, metrics: Mapping[str, Any]) -> dict[str, draw.Chart]:
        """Those of `DecisionView`, and ``confusion`` and ``space``."""
        charts = super().charts(metrics)
        charts["confusion"] = confusion_chart(self.predictions.names, metrics["confusion"])
        if space := metrics["space"]:
            charts["space"] = class_space_chart(space["points"], space["variance"])
        return charts

    def chosen(self) -> dict[str, list[int]]:
        """``most_confident_errors`` and ``least_confident``, the least confident right ones."""
        right, confidence = self.predictions.right, self.predictions.confidence  # [R], [R]
        return {
            "most_confident_errors": first_places(self.scored.texts, ~right, -confidence),
            "least_confident": first_places(self.scored.texts, right, confidence),
        }

    def _confused(self) -> Table:
        """Pairs of different classes, the most frequent first."""
        predictions = self.predictions
        names, sizes = predictions.names, Counter(predictions.labels.tolist())
        pairs = Counter(
            zip(predictions.labels.tolist(), predictions.predicted.tolist(), strict=True)
        )
        # Equally frequent ones in the order of the classes.
        ranked = sorted((-n, pair) for pair, n in pairs.items() if pair[0] != pair[1])
        rows = [(names[i], names[j], -n, -n / sizes[i]) for n, (i, j) in ranked]
        return table_of(("label", "called", "reviews", "share"), rows)


def confusion_chart(names: tuple[str, ...], confusion: list[list[int]]) -> draw.Chart:
    """Labels against predictions, as shares of each label, a row a label.

    Of more than `SHOWN` classes, it has those with the most errors, as label or as prediction.
    """
    counts = np.array(confusion)  # [C, C]
    errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)  # [C]
    chosen = np.sort(np.argsort(-errors, kind="stable")[:SHOWN])
    sizes = counts.sum(axis=1)[chosen]  # [chosen]
    part = counts[np.ix_(chosen, chosen)]  # [chosen, chosen]
    shares = part / np.maximum(1, sizes)[:, None]  # [chosen, chosen]
    short = [short_name(names[i]) for i in chosen]
    places = list(range(len(chosen)))
    heat: dict[str, Any] = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": np.round(shares, 6).tolist(),
        "customdata": [
            [[int(n), label, predicted] for n, predicted in zip(row, short, strict=True)]
            for row, label in zip(part.tolist(), short, strict=True)
        ],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "#ffffff"], [0.5, "#86b9de"], [1, draw.BLUE]],
        "xgap": 1,
        "ygap": 1,
        "colorbar": {
            "title": {"text": tr("share of the label"), "side": "top"},
            "tickformat": draw.SHARE,
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "thickness": 10,
            "lenmode": "pixels",
            "len": 220,
        },
        "hovertemplate": tr(
            "labelled %{customdata[1]}, predicted %{customdata[2]}: "
            "%{customdata[0]:,} comments, %{z:.1%} of the label"
        )
        + "<extra></extra>",
    }
    if len(chosen) <= WRITTEN:
        heat |= {
            "text": [[f"{n:,}" if n else "" for n in row] for row in part.tolist()],
            "texttemplate": "%{text}",
            "textfont": {"size": 12},
        }
    chart = draw.layout(tr("predicted"), tr("labelled"))
    longest = LETTER * max(map(len, short))  # pixels
    upright = longest * len(chosen) > WIDEST
    ticks = {"tickvals": places, "ticktext": short, "showgrid": False, "automargin": False}
    chart["xaxis"] |= ticks | {"range": [-0.5, len(chosen) - 0.5], "tickangle": 90 * upright}
    chart["yaxis"] |= ticks | {"range": [len(chosen) - 0.5, -0.5]}
    below, cell = (longest + 46, 26) if upright else (56, max(40, longest + 8))
    chart["margin"] |= {"l": longest + 46, "t": 80, "b": below}
    chart["height"] = 80 + below + max(180, 26 * len(chosen))
    # Where there is less room than this, the page lets the chart be moved sideways.
    chart["meta"] = {"least_width": longest + 70 + cell * len(chosen)}
    return {"data": [heat], "layout": chart}


def class_space_chart(points: Table, shares: list[float]) -> draw.Chart:
    """Sentence vectors in two dimensions, coloured by label; wrongly predicted ones are open."""
    largest = [name for name, _ in Counter(points["label"]).most_common()]
    shown = largest if len(largest) <= len(COLOURS) else largest[: len(COLOURS) - 1]
    groups = [(short_name(name), [name]) for name in shown]
    if rest := largest[len(shown) :]:
        groups.append((tr("{count} other classes", count=len(rest)), rest))
    facts = [
        (escape(label, quote=False), escape(predicted, quote=False), confidence)
        for label, predicted, confidence in zip(
            points["label"], points["called"], points["confidence"], strict=True
        )
    ]
    note = tr("%{customdata[1]}, predicted %{customdata[2]} %{customdata[3]:.1%}")
    data = []
    for number, (name, members) in enumerate(groups):
        within = set(members)
        places = [i for i, label in enumerate(points["label"]) if label in within]
        wrong = [points["label"][i] != points["called"][i] for i in places]
        other = number >= len(shown)
        colour = "#b9c6d3" if other else COLOURS[number]
        marker = {
            "color": colour,
            "symbol": [SYMBOLS[number] + ("-open" if one else "") for one in wrong],
            "size": 7,
            "opacity": 0.6,
            "line": {"width": 1.2, "color": draw.MUTED if other else colour},
        }
        data.append(draw.scatter(points, places, facts, note, marker, f"{name} ({len(places):,})"))
    return {"data": data, "layout": draw.space_layout(shares)}


def short_name(name: str) -> str:
    """A class's name for an axis, which reads some HTML."""
    name = " ".join(name.split())
    cut = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    return escape(cut, quote=False)
