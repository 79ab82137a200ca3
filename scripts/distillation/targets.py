"""What several teachers say together, as soft labels.

Letters: R reviews, M teachers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from distillation.reviews import Reviews, Track
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

HARD = 0.3
"""The share of a known label in a soft one: what the teachers are unsure of, it may settle."""


def blended(
    reviews: Reviews, track: Track, teachers: Mapping[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Soft labels [R], for validation reviews their own hard ones, and how good the teachers are.

    Stacking: Wolpert, "Stacked generalization", Neural Networks 5, 1992. The teachers' log odds are
    weighed by a logistic regression on the validation part.
    """
    inputs = np.stack(list(teachers.values()), axis=1)  # [R, M]
    held, truth = reviews.validates, reviews.labels[reviews.validates]
    stack = LogisticRegression(C=1.0).fit(inputs[held], truth)
    soft = stack.predict_proba(inputs)[:, 1]  # [R]
    known = reviews.known(track)
    found = np.where(np.isnan(known), soft, (1 - HARD) * soft + HARD * np.nan_to_num(known))
    found[held] = truth
    figures = {
        name: _figures(1 / (1 + np.exp(-values[held])), truth) for name, values in teachers.items()
    }
    record = {
        "validation": {**figures, "together": _figures(soft[held], truth)},
        "weights": dict(zip(teachers, stack.coef_[0].tolist(), strict=True)),
        "intercept": float(stack.intercept_[0]),
    }
    return np.round(found, 3), record


def _figures(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> dict[str, float]:
    return {
        "accuracy": float(((scores >= 0.5) == truth).mean()),
        "log_loss": float(log_loss(truth, scores)),
        "roc_auc": float(roc_auc_score(truth, scores)),
    }
