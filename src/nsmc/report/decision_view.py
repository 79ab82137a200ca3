"""What is told of any model that calls each comment one of several things.

Shapes: R reviews.
"""

from typing import Any

import numpy as np

from nsmc.evaluation.curves import Table, coverage_table, reliability_table
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.evaluation.slices import accuracy_slices
from nsmc.report.view import View, stacked
from nsmc.tasks.metrics import expected_calibration_error
from nsmc.tasks.predictions import ClassPredictions
from nsmc.tasks.task import DisplayText


class DecidedView(View):
    """Accuracy, calibration, abstaining; `View` says what each method gives."""

    promised_columns: tuple[str, str]
    """The columns of what was promised and found, in the table of the calibration."""

    def __init__(self, scored: ScoredReviews, *, leading: bool) -> None:
        super().__init__(scored, leading=leading)
        assert scored.choices is not None
        self.choices = scored.choices

    def promised(self, choices: ClassPredictions) -> tuple[Any, Any]:
        """Whether what is promised is so [R], and the probability promised [R]."""
        return choices.right, choices.confidence

    def metrics(self) -> dict[str, Any]:
        """``errors``, ``calibration``, ``slices`` and ``coverage``."""
        right, confidence = self.choices.right, self.choices.confidence
        return {
            "errors": int((~right).sum()),
            "calibration": self._calibration(),
            "slices": accuracy_slices(self.scored, right, confidence),
            "coverage": coverage_table(right, confidence),
        }

    def tables(self, metrics: Any) -> dict[str, Table]:
        """``reliability``, ``slices``, ``coverage``, ``errors`` and ``space``."""
        calibration = metrics["calibration"]
        return {
            "reliability": stacked(
                "calibration",
                {k: calibration[k]["bins"] for k in ("after", "before") if calibration[k]},
            ),
            "slices": stacked("slice", metrics["slices"]),
            "coverage": metrics["coverage"],
            "errors": self._errors(),
            **self.space_table(metrics),
        }

    def label(self, place: int) -> tuple[Any, DisplayText]:
        """See `View.label`."""
        number = int(self.choices.labels[place])
        return self.choices.values[number], self.shown(number)

    def called(self, place: int) -> tuple[DisplayText, str]:
        """See `View.called`."""
        number = int(self.choices.called[place])
        return self.shown(number), f"{self.choices.confidence[place]:.1%}"

    def shown(self, number: int) -> DisplayText:
        """A class for a person."""
        return DisplayText(self.choices.names[number])

    def error_columns(self, places: Any) -> Table:
        """What ``errors.csv`` tells of each besides the labels and the confidence."""
        return {}

    def _errors(self) -> Table:
        """Every comment called otherwise than labelled, the most confident first."""
        choices, scored = self.choices, self.scored
        confidence = choices.confidence  # [R]
        wrong = np.flatnonzero(~choices.right)
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
        return {
            "row": scored.rows[wrong].tolist(),
            "label": [choices.values[i] for i in choices.labels[wrong].tolist()],
            "called": [choices.values[i] for i in choices.called[wrong].tolist()],
            **self.error_columns(wrong),
            "confidence": np.round(confidence[wrong], 6).tolist(),
            "document": [scored.texts[place] for place in wrong.tolist()],
        }

    def _calibration(self) -> dict[str, Any]:
        """Before the outputs were divided by the temperature, and after."""
        scored = self.scored
        temperature = scored.classifier.model.metrics.get("temperature")
        before = None
        if temperature:
            undone = scored.outputs * np.float32(temperature)  # [R, O]
            before = scored.task.choices(undone, scored.targets, scored.classifier.threshold)
        return {
            "temperature": temperature,
            "after": self._reliability(self.choices),
            "before": None if before is None else self._reliability(before),
        }

    def _reliability(self, choices: ClassPredictions) -> dict[str, Any]:
        found, promise = self.promised(choices)  # [R], [R]
        return {
            "ece": expected_calibration_error(found, promise),
            "bins": reliability_table(found, promise, self.promised_columns),
        }
