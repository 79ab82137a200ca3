"""Own classes, judged.

Shapes: R reviews, C classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nsmc.evaluation.curves import PROMISED_RIGHT, Table
from nsmc.report.class_page import classes_part
from nsmc.report.decision_view import DecidedView
from nsmc.report.examples import first_ones
from nsmc.report.parts import Example, PagePart
from nsmc.report.sentence_space import space_of


class ClassesView(DecidedView):
    """Two classes to hundreds; `nsmc.report.view.View` says what each method gives."""

    space_columns = ("label", "called", "confidence")
    promised_columns = PROMISED_RIGHT

    def metrics(self) -> dict[str, Any]:
        """Those of `DecidedView`, and ``confused`` (a table of the pairs: label, called, how many,
        share of the label's), ``commonest`` (the accuracy of always calling the commonest class)
        and ``space``.
        """
        choices = self.choices
        space = space_of(self.scored) if self.leading else None
        points = None
        if space is not None:
            names = choices.names
            points = self.space_figures(
                space,
                label=[names[i] for i in choices.labels[space.chosen].tolist()],
                called=[names[i] for i in choices.called[space.chosen].tolist()],
                confidence=np.round(choices.confidence[space.chosen], 6).tolist(),
            )
        return {
            **super().metrics(),
            "confused": self._confused(),
            "commonest": float(np.bincount(choices.labels).max() / len(choices.labels)),
            "space": points,
        }

    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """Those of `DecidedView`, and ``classes`` and ``confused``."""
        return {
            "classes": {
                name: [one[name] for one in metrics["classes"]] for name in metrics["classes"][0]
            },
            "confused": metrics["confused"],
            **super().tables(metrics),
        }

    def chosen(self) -> dict[str, list[int]]:
        """``most_confident_errors`` and ``least_confident``, the right ones it is least sure of."""
        right, sure = self.choices.right, self.choices.confidence  # [R], [R]
        return {
            "most_confident_errors": first_ones(self.scored.texts, ~right, -sure),
            "least_confident": first_ones(self.scored.texts, right, sure),
        }

    def page(
        self, metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]]
    ) -> PagePart:
        """See `View.page`."""
        return classes_part(metrics, examples, self.units)

    def _confused(self) -> Table:
        """Pairs of different classes, the most frequent first."""
        choices = self.choices
        count = len(choices.names)
        numbers, found = np.unique(choices.labels * count + choices.called, return_counts=True)
        sizes = np.bincount(choices.labels, minlength=count)  # [C]
        pairs = [
            (int(n), number // count, number % count)
            for number, n in zip(numbers.tolist(), found, strict=True)
            if number // count != number % count
        ]
        pairs.sort(key=lambda pair: -pair[0])
        return {
            "label": [choices.names[label] for _, label, _ in pairs],
            "called": [choices.names[called] for _, _, called in pairs],
            "reviews": [n for n, _, _ in pairs],
            "share": [n / int(sizes[label]) for n, label, _ in pairs],
        }
