"""The metrics of an evaluation as names and values for a person."""

from collections.abc import Mapping
from typing import Any

from nsmc.messages.translate import mark, tr

SHOWN = 12
"""Classes of which the lines tell; the report's tables and ``--json`` have all."""
SEEN = mark("seen in training")
"""The name of `overlap_line`."""
Lines = list[tuple[str, str]]


def metric_lines(metrics: Mapping[str, Any]) -> Lines:
    """Lines of an evaluation's metrics, by what they hold: those of a language model, too."""
    lines: Lines = []
    if "perplexity" in metrics:
        lines += _text(metrics)
    if "confusion" in metrics and "classes" not in metrics:
        lines += _binary(metrics)
    elif "classes" in metrics:
        lines += _classes(metrics)
    if "mean_absolute_error" in metrics:
        lines += _stars(metrics)
    if "stars" in metrics:
        lines += _stars(metrics["stars"])
    # Of a task that isn't known here, its numbers under their own names.
    return lines or [
        (name.replace("_", " "), f"{value:.4g}")
        for name, value in metrics.items()
        if isinstance(value, float)
    ]


def _binary(metrics: Mapping[str, Any]) -> Lines:
    (tn, fp), (fn, tp) = metrics["confusion"]
    auc = metrics["roc_auc"]
    width = max(len(f"{n:,}") for n in (tn, fp, fn, tp))
    right = tr("{label}: {right} right, {wrong} predicted {other}")
    negative = right.format(
        label="부정", right=f"{tn:>{width},}", wrong=f"{fp:>{width},}", other="긍정"
    )
    positive = right.format(
        label="긍정", right=f"{tp:>{width},}", wrong=f"{fn:>{width},}", other="부정"
    )
    return [
        _accuracy(metrics),
        (tr("precision"), f"{metrics['precision']:.2%}  {tr('of those predicted 긍정 are')}"),
        (tr("recall"), f"{metrics['recall']:.2%}  {tr('of the 긍정 are predicted so')}"),
        ("F1", f"{metrics['f1']:.2%}"),
        ("ROC AUC", tr("undefined: only one class is there") if auc is None else f"{auc:.4f}"),
        *_calibration(metrics),
        (tr("confusion"), negative),
        ("", positive),
    ]


def _calibration(metrics: Mapping[str, Any]) -> Lines:
    return [
        (tr("log loss"), f"{metrics['log_loss']:.4f} nats"),
        (tr("calibration error"), f"{metrics['ece']:.2%}"),
    ]


def _classes(metrics: Mapping[str, Any]) -> Lines:
    lines = [
        _accuracy(metrics),
        (
            tr("balanced accuracy"),
            f"{metrics['balanced_accuracy']:.2%}  {tr('mean recall of the classes')}",
        ),
        (tr("macro F1"), f"{metrics['macro_f1']:.2%}"),
        *_calibration(metrics),
    ]
    width = max(len(f"{one['examples']:,}") for one in metrics["classes"])
    by_size = sorted(metrics["classes"], key=lambda one: -one["examples"])
    for number, one in enumerate(by_size[:SHOWN]):
        precision, recall = (
            "    —" if one[name] is None else f"{one[name]:6.1%}"
            for name in ("precision", "recall")
        )
        numbers = (
            f"{one['examples']:>{width},}  {tr('precision')} {precision}  {tr('recall')} {recall}"
        )
        lines.append(("" if number else tr("classes"), f"{numbers}  {one['class']}"))
    if len(by_size) > SHOWN:
        lines.append(
            ("", tr("and {count} more: see --json or --report", count=len(by_size) - SHOWN))
        )
    return lines


def _accuracy(metrics: Mapping[str, Any]) -> tuple[str, str]:
    low, high = metrics["accuracy_interval"]
    interval = tr("95% interval {low:.2%} – {high:.2%}", low=low, high=high)
    return tr("accuracy"), f"{metrics['accuracy']:.2%}  ({interval})"


def _text(metrics: Mapping[str, Any]) -> Lines:
    """Of a language model."""
    bits = f"{metrics['bits_per_unit']:.3f} a unit, {metrics['bits_per_character']:.3f} a character"
    return [("perplexity", f"{metrics['perplexity']:.2f} a unit"), ("bits", bits)]


def _stars(metrics: Mapping[str, Any]) -> Lines:
    rank = metrics["rank_correlation"]
    return [
        (
            tr("mean absolute error"),
            tr(
                "{error:.3f} stars  (always {median:g}: {by_median:.3f})",
                error=metrics["mean_absolute_error"],
                median=metrics["median"],
                by_median=metrics["mean_absolute_error_of_median"],
            ),
        ),
        (tr("root mean square"), tr("{error:.3f} stars", error=metrics["root_mean_square_error"])),
        (
            tr("rank correlation"),
            tr("undefined: all have the same stars") if rank is None else f"{rank:.4f}  (Spearman)",
        ),
        (tr("within one star"), f"{metrics['within_one']:.2%}"),
    ]


def overlap_line(seen: Mapping[str, Any]) -> str:
    """``1,532 of 50,000 (3.1%); accuracy on the other 48,468: 88.02%``, of `overlap_metrics`."""
    hits, estimated, others = seen["reviews"], seen["estimated"], seen["unseen_examples"]
    count = hits + others
    if not hits:
        return tr("none of {count:,}", count=count)
    exact = hits == estimated
    share = tr(
        "{seen:,} of {count:,} ({share:.1%})", seen=estimated, count=count, share=estimated / count
    )
    line = (
        share if exact else tr("about {share}, among {hits:,} that look so", share=share, hits=hits)
    )
    for name, value in metric_lines(seen["unseen"])[:1] if seen["unseen"] else ():
        value = value.partition("  ")[0]
        line += tr("; {name} on the other {count:,}: {value}", name=name, count=others, value=value)
    return line


def overlap_warning(seen: Mapping[str, Any] | None) -> str | None:
    """The warning where more than half was seen; None where it wasn't, or isn't known."""
    count = seen["reviews"] + seen["unseen_examples"] if seen else 0
    if not seen or 2 * seen["estimated"] <= count:
        return None
    beginning = tr(
        "the model has seen {seen:,} of these {count:,} reviews in training, so its metrics on all "
        "of them are no honest test; ",
        seen=seen["estimated"],
        count=count,
    )
    if seen["unseen_examples"]:
        return beginning + tr("look at those of the others, or give reviews that it has not seen")
    return beginning + tr("give reviews that it has not seen")
