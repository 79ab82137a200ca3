"""The report's charts of stars; see `nsmc.report.charts`."""

from typing import Any

from nsmc.report.charts import (
    BARS,
    BLUE,
    MUTED,
    UNKNOWN,
    Chart,
    Table,
    interval,
    layout,
    line,
    rule,
    scatter,
    slice_chart,
    space_layout,
)


def given_chart(table: Table, scale: list[float]) -> Chart:
    """How the stars found spread, by those given."""
    boxes: dict[str, Any] = {
        "type": "box",
        "x": table["given"],
        "q1": table["found_25"],
        "median": table["found_50"],
        "q3": table["found_75"],
        "lowerfence": table["found_05"],
        "upperfence": table["found_95"],
        "mean": table["mean_found"],
        "boxpoints": False,
        "line": {"color": BLUE, "width": 1.5},
        "fillcolor": "#cfe3f2",
        "name": "found: middle half, median, mean and 5% to 95%",
        "customdata": table["reviews"],
    }
    drawn = layout("stars given", "stars found")
    drawn["xaxis"] |= {"range": _wide(scale), "dtick": 1 if _whole(scale) else None}
    drawn["yaxis"] |= {"range": _wide(scale)}
    return {"data": [line(scale, scale, "as given", MUTED, "dot"), boxes], "layout": drawn}


def found_chart(table: Table, scale: list[float]) -> Chart:
    """The mean of the stars given, by those found."""
    points: dict[str, Any] = {
        "x": table["mean_found"],
        "y": table["mean_given"],
        "customdata": table["reviews"],
        "mode": "lines+markers",
        "line": {"color": BLUE, "width": 2},
        "marker": {"color": BLUE, "size": 8},
        "error_y": interval(table["mean_given"], table["low"], table["high"]),
        "name": "people, with the mean's 95% interval",
        "hovertemplate": "★%{x:.2f} found, ★%{y:.2f} given on average by %{customdata:,} people"
        "<extra></extra>",
    }
    drawn = layout("stars found (mean of a group)", "stars given (mean)")
    for name in ("xaxis", "yaxis"):
        drawn[name] |= {"range": _wide(scale)}
    return {"data": [line(scale, scale, "promises kept", MUTED, "dot"), points], "layout": drawn}


def error_chart(table: Table) -> Chart:
    """How many comments are how far off."""
    bars: dict[str, Any] = {
        "type": "bar",
        "x": [(low + high) / 2 for low, high in zip(table["low"], table["high"], strict=True)],
        "y": table["reviews"],
        "width": [high - low for low, high in zip(table["low"], table["high"], strict=True)],
        "customdata": list(zip(table["low"], table["high"], strict=True)),
        "marker": BARS,
        "name": "comments",
        "showlegend": False,
        "hovertemplate": "%{customdata[0]:+.2f} to %{customdata[1]:+.2f} stars: %{y:,} comments"
        "<extra></extra>",
    }
    drawn = layout("stars found − stars given", "comments")
    drawn["shapes"] = [rule("x", 0)]
    return {"data": [bars], "layout": drawn}


def error_pictures(stars: dict[str, Any], units: str) -> list[tuple[str, str, Chart]]:
    """Keys, captions and charts of the error in groups of comments."""
    overall = stars["mean_absolute_error"]
    by_given = stars["by_given"]
    bins = {
        **{name: by_given[name] for name in ("mean_absolute_error", "low", "high")},
        "examples": by_given["reviews"],
        "bin": [f"{given:g}" for given in by_given["given"]],
    }

    def drawn(table: Table, title: str) -> Chart:
        return slice_chart(
            table,
            title,
            overall,
            metric="mean_absolute_error",
            name="mean absolute error (stars)",
            form=".2f",
        )

    slices = stars["slices"]
    return [
        (
            "stars-length",
            "By length of the comment as typed.",
            drawn(slices["length"], "length (characters)<br>and comments"),
        ),
        (
            "stars-unknown",
            UNKNOWN.format(units=units),
            drawn(slices["unknown"], f"unknown {units} (%)<br>and comments"),
        ),
        (
            "stars-by-given",
            "By the stars that people gave. What is rare is found less well.",
            drawn(bins, "stars given<br>and comments"),
        ),
    ]


def star_space_chart(table: Table, shares: list[float], scale: list[float]) -> Chart:
    """Sentence vectors in two dimensions, coloured by the stars given."""
    told = [
        f"★{given:g} given, ★{found:.1f} found"
        for given, found in zip(table["given"], table["found"], strict=True)
    ]
    marker = {
        "color": table["given"],
        "cmin": scale[0],
        "cmax": scale[1],
        "colorscale": "Cividis",
        "size": 7,
        "opacity": 0.7,
        "colorbar": {"title": {"text": "stars<br>given"}, "thickness": 12, "len": 0.7},
    }
    marks = scatter(table, list(range(len(told))), told, marker, "comments") | {"showlegend": False}
    return {"data": [marks], "layout": space_layout(shares)}


def _wide(scale: list[float]) -> list[float]:
    """The scale's ends, with room beyond them."""
    low, high = scale
    return [low - (high - low) * 0.07, high + (high - low) * 0.07]


def _whole(scale: list[float]) -> bool:
    """Whether a mark at each star is not too many."""
    return scale[1] - scale[0] <= 12
