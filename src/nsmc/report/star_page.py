"""The report's sections on stars."""

from collections.abc import Mapping, Sequence
from typing import Any

from nsmc.report.parts import (
    Example,
    PagePart,
    Section,
    empty,
    examples_table,
    figure,
    note,
    pair,
    slices_section,
    space_section,
    tiles,
)
from nsmc.report.star_charts import (
    error_chart,
    error_pictures,
    found_chart,
    given_chart,
    star_space_chart,
)


def stars_part(
    metrics: Mapping[str, Any],
    examples: Mapping[str, Sequence[Example]],
    units: str,
    *,
    leading: bool,
) -> PagePart:
    """What the page says of a model that gives stars.

    Args:
        metrics: of `nsmc.report.regression_view.RegressionView`, with those of `nsmc.evaluate`.
        examples: ``most_too_many`` and ``most_too_few``, the worst first.
        units: what comments are cut into.
        leading: whether the page is about nothing before this.
    """
    stars = metrics["stars"]
    sentence = (
        f"Off by <b>{stars['mean_absolute_error']:.2f}</b> stars on average over "
        f"{stars['examples']:,} comments"
    )
    low, high = stars["scale"]
    sections = [
        _glance(stars),
        _given_and_found(stars),
        slices_section(
            "stars-slices", "Where it is near", "Mean absolute error", error_pictures(stars, units)
        ),
        _comments(stars, examples, units, leading),
    ]
    if leading:
        sections.append(_space(metrics))
    else:
        sections = [_named(section) for section in sections]
    return PagePart(
        verdict=sentence,
        notes=[_note(stars) if leading else f"{sentence}. {_note(stars)}"],
        facts=[("stars", f"from {low:g} to {high:g}, {stars['examples']:,} comments with some")],
        sections=sections,
    )


def _named(section: Section) -> Section:
    """A section of a page that has others, too."""
    link, title = (
        text if "star" in text.lower() else f"Stars: {text[0].lower()}{text[1:]}"
        for text in (section.link, section.title)
    )
    return Section(section.key, link, title, section.content, section.charts)


def _note(stars: Mapping[str, Any]) -> str:
    low, high = stars["mean_absolute_error_interval"]
    between = ""
    if low is not None:
        between = (
            f"The mean absolute error on comments of this kind lies between <b>{low:.2f}</b> and "
            f"<b>{high:.2f}</b> stars (95% interval after Student). "
        )
    return (
        f"{between}Always giving {stars['median']:g}, the median, would be off by "
        f"<b>{stars['mean_absolute_error_of_median']:.2f}</b>."
    )


def _glance(stars: Mapping[str, Any]) -> Section:
    rank = stars["rank_correlation"]
    content = tiles(
        (
            "mean absolute error",
            f"{stars['mean_absolute_error']:.3f}",
            f"stars; always {stars['median']:g}: {stars['mean_absolute_error_of_median']:.3f}",
        ),
        (
            "root mean square error",
            f"{stars['root_mean_square_error']:.3f}",
            "stars; far misses count for more",
        ),
        (
            "rank correlation",
            "–" if rank is None else f"{rank:.4f}",
            "undefined: all have the same stars"
            if rank is None
            else "Spearman's ρ; 1 is the order",
        ),
        ("within one star", f"{stars['within_one']:.2%}", "of the comments"),
        ("mean error", f"{stars['mean_error']:+.3f}", "stars; above 0: too many on the whole"),
    )
    return Section("stars", "Stars", "The stars at a glance", content)


def _given_and_found(stars: Mapping[str, Any]) -> Section:
    scale = stars["scale"]
    content = (
        "<p>A model that isn't sure gives a number in the middle, since that is least far off: few "
        "are found at the ends of the scale.</p>"
        + pair(
            figure(
                "stars-given",
                "What the model gives, by what people gave: the box holds the middle half, the "
                "line in it is the median, the dashed one the mean, the whiskers reach from 5% to "
                "95%.",
            ),
            figure(
                "stars-found",
                "What people gave on average where the model gives so many stars. Below the dotted "
                "line the model promises too many, above it too few.",
            ),
        )
        + figure("stars-errors", "How far off, and on which side: right of 0 are too many stars.")
    )
    drawn = {
        "stars-given": given_chart(stars["by_given"], scale),
        "stars-found": found_chart(stars["by_found"], scale),
        "stars-errors": error_chart(stars["histogram"]),
    }
    return Section("stars-given", "Given and found", "Stars given and found", content, drawn)


def _comments(
    stars: Mapping[str, Any],
    examples: Mapping[str, Sequence[Example]],
    units: str,
    leading: bool,
) -> Section:
    spoken = (
        f"{units.capitalize()} on a green ground with a straight line below add stars, those on a "
        "red one with a wavy line take some away; the numbers are stars."
        if leading
        else f"What the {units} say of them is told as above, in log odds of 긍정."
    )
    parts = [
        f"<p>{spoken} Where the model is far off, either it or the person may be wrong: some give "
        "the stars that they meant for another film, or take 1 for the best.</p>"
    ]
    for key, heading in (
        ("most_too_many", "Most too many stars"),
        ("most_too_few", "Most too few stars"),
    ):
        if examples[key]:
            table = examples_table(examples[key], given="given", said="found")
            parts.append(f"<h3>{heading}</h3>{table}")
    if any(examples.values()):
        parts.append(
            note(
                "All comments that are more than one star off stand in "
                "<code>stars_errors.csv</code>, the farthest first."
            )
        )
    else:
        parts.append(empty(f"No comment of the {stars['examples']:,} is more than one star off."))
    return Section("stars-comments", "Comments", "Comments to read", "".join(parts))


def _space(metrics: Mapping[str, Any]) -> Section:
    space, stars = metrics["space"], metrics["stars"]
    return space_section(
        space,
        star_space_chart(space["points"], space["variance"], stars["scale"]) if space else None,
        stars["examples"],
        "The colour tells the stars given, from blue for few to yellow for many.",
        "More stars found lie further to the right.",
    )
