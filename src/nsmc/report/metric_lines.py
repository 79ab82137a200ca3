"""The metrics of an evaluation as names and values for a person."""

from collections.abc import Mapping
from typing import Any

SHOWN = 12
"""Classes of which the lines tell; the report's tables and ``--json`` have all."""
SEEN = "seen in training"
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
    return [
        _accuracy(metrics),
        ("precision", f"{metrics['precision']:.2%}  of those predicted 긍정 are"),
        ("recall", f"{metrics['recall']:.2%}  of the 긍정 are predicted so"),
        ("F1", f"{metrics['f1']:.2%}"),
        ("ROC AUC", "undefined: only one class is there" if auc is None else f"{auc:.4f}"),
        ("log loss", f"{metrics['log_loss']:.4f} nats"),
        ("calibration error", f"{metrics['ece']:.2%}"),
        ("confusion", f"부정: {tn:>{width},} right, {fp:>{width},} predicted 긍정"),
        ("", f"긍정: {tp:>{width},} right, {fn:>{width},} predicted 부정"),
    ]


def _classes(metrics: Mapping[str, Any]) -> Lines:
    lines = [
        _accuracy(metrics),
        ("balanced accuracy", f"{metrics['balanced_accuracy']:.2%}  mean recall of the classes"),
        ("macro F1", f"{metrics['macro_f1']:.2%}"),
        ("log loss", f"{metrics['log_loss']:.4f} nats"),
        ("calibration error", f"{metrics['ece']:.2%}"),
    ]
    width = max(len(f"{one['examples']:,}") for one in metrics["classes"])
    by_size = sorted(metrics["classes"], key=lambda one: -one["examples"])
    for number, one in enumerate(by_size[:SHOWN]):
        precision, recall = (
            "    —" if one[name] is None else f"{one[name]:6.1%}"
            for name in ("precision", "recall")
        )
        numbers = f"{one['examples']:>{width},}  precision {precision}  recall {recall}"
        lines.append(("" if number else "classes", f"{numbers}  {one['class']}"))
    if len(by_size) > SHOWN:
        lines.append(("", f"and {len(by_size) - SHOWN} more: see --json or --report"))
    return lines


def _accuracy(metrics: Mapping[str, Any]) -> tuple[str, str]:
    low, high = metrics["accuracy_interval"]
    return "accuracy", f"{metrics['accuracy']:.2%}  (95% interval {low:.2%} – {high:.2%})"


def _text(metrics: Mapping[str, Any]) -> Lines:
    """Of a language model."""
    bits = f"{metrics['bits_per_unit']:.3f} a unit, {metrics['bits_per_character']:.3f} a character"
    return [("perplexity", f"{metrics['perplexity']:.2f} a unit"), ("bits", bits)]


def _stars(metrics: Mapping[str, Any]) -> Lines:
    rank = metrics["rank_correlation"]
    return [
        (
            "mean absolute error",
            f"{metrics['mean_absolute_error']:.3f} stars  (always {metrics['median']:g}: "
            f"{metrics['mean_absolute_error_of_median']:.3f})",
        ),
        ("root mean square", f"{metrics['root_mean_square_error']:.3f} stars"),
        (
            "rank correlation",
            "undefined: all have the same stars" if rank is None else f"{rank:.4f}  (Spearman)",
        ),
        ("within one star", f"{metrics['within_one']:.2%}"),
    ]


def overlap_line(seen: Mapping[str, Any]) -> str:
    """``1,532 of 50,000 (3.1%); accuracy on the other 48,468: 88.02%``, of `overlap_metrics`."""
    hits, estimated, others = seen["reviews"], seen["estimated"], seen["unseen_examples"]
    count = hits + others
    if not hits:
        return f"none of {count:,}"
    exact = hits == estimated
    share = f"{estimated:,} of {count:,} ({estimated / count:.1%})"
    line = share if exact else f"about {share}, among {hits:,} that look so"
    for name, value in metric_lines(seen["unseen"])[:1] if seen["unseen"] else ():
        line += f"; {name} on the other {others:,}: {value.partition('  ')[0]}"
    return line


def overlap_warning(seen: Mapping[str, Any] | None) -> str | None:
    """The warning where more than half was seen; None where it wasn't, or isn't known."""
    count = seen["reviews"] + seen["unseen_examples"] if seen else 0
    if not seen or 2 * seen["estimated"] <= count:
        return None
    others = "look at those of the others, or " if seen["unseen_examples"] else ""
    return (
        f"the model has seen {seen['estimated']:,} of these {count:,} reviews in training, so its "
        f"metrics on all of them are no honest test; {others}give reviews that it has not seen"
    )
