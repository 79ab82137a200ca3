"""What a student of the ensemble of teachers learns from: which reviews, and what is true of them.

Shapes: R reviews.
"""

import numpy as np
import pandas as pd
from distillation.reviews import Reviews
from numpy.typing import NDArray

OF_EACH = 100_000
"""Further reviews that the teachers find likelier positive, and as many likelier negative."""
TRUTH = 0.5
"""The weight of a known label beside what the teachers say."""


def soft_label_table(reviews: Reviews, taught: NDArray[np.float64]) -> pd.DataFrame:
    """The table of a student's reviews, with soft labels and a column that marks what validates.

    Half of a label is the truth, where it is known (Hinton et al., "Distilling the knowledge in a
    neural network", 2015, learn from both, too); validation reviews have nothing but the truth.
    Most further reviews are positive: as many of each label keep the student from expecting that.

    Args:
        reviews: all of them.
        taught: [R] the probability of positive by teachers that didn't know the label.
    """
    known = reviews.known("all")
    mixed = np.where(np.isnan(known), taught, TRUTH * known + (1 - TRUTH) * taught)  # [R]
    labels = np.where(reviews.validates, reviews.labels, np.round(mixed, 3))
    rng = np.random.default_rng(0)
    of_training = ~np.isnan(reviews.labels)
    further = [
        rng.permutation(np.flatnonzero(~of_training & ((taught >= 0.5) == positive)))[:OF_EACH]
        for positive in (False, True)
    ]
    rows = np.sort(np.concatenate([np.flatnonzero(of_training), *further]))
    return reviews.table(label=labels).iloc[rows]
