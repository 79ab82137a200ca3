"""Two models on the same reviews: how far apart they are, and how surely.

Of R reviews, A alone is right on ``only_a`` and B alone on ``only_b``. What both get right or wrong
says nothing of which is better, so two accuracies measured on the same reviews can be told apart
far more finely than their own intervals suggest.
"""

import math

import numpy as np
from numpy.typing import NDArray

from nsmc.tasks.metrics import accuracy_interval

Z = 1.959964
"""Two-sided 95% of a normal distribution."""
Z_POWER = 0.841621
"""One-sided 80%: the certainty for which `reviews_needed` plans."""


def mcnemar(only_a: int, only_b: int) -> float:
    """How often chance alone would part two equally good classifiers this far: a p-value.

    The mid-p version of McNemar's test (McNemar, Psychometrika 12, 1947): under no difference
    ``only_b`` is binomial with n = only_a + only_b and p = ½. With X of that law and k the smaller
    count, p = P(X ≤ k) + P(X < k). It serves for few reviews and for many: Fagerland, Lydersen and
    Laake (BMC Medical Research Methodology 13:91, 2013) found it to keep its level at all sizes,
    where the exact test and the one with a continuity correction (Edwards, Psychometrika 13,
    1948) miss differences that are there.
    """
    from scipy.special import bdtr

    both, fewer = only_a + only_b, min(only_a, only_b)
    below = bdtr(fewer - 1, both, 0.5) if fewer else 0.0
    return float(bdtr(fewer, both, 0.5) + below)


def difference_interval(
    both_right: int, only_a: int, only_b: int, both_wrong: int
) -> tuple[float, float]:
    """The 95% interval of accuracy B - accuracy A, as shares; the counts add up to at least 1.

    Method 10 of Newcombe (Statistics in Medicine 17:2635, 1998): Wilson's intervals of both
    accuracies, put together with the correlation φ of being right. It stays within -1 and 1 and
    has a width even where the models never differ.
    """
    reviews = both_right + only_a + only_b + both_wrong
    right_a, right_b = both_right + only_a, both_right + only_b
    low_a, high_a = accuracy_interval(right_a, reviews, Z)
    low_b, high_b = accuracy_interval(right_b, reviews, Z)
    share_a, share_b = right_a / reviews, right_b / reviews
    phi = _correlation(both_right, only_a, only_b, both_wrong)

    def distance(b: float, a: float) -> float:
        # Rounding may leave a little less than nothing under the root.
        return math.sqrt(max(0.0, b * b - 2 * phi * a * b + a * a))

    difference = share_b - share_a
    return (
        difference - distance(share_b - low_b, high_a - share_a),
        difference + distance(high_b - share_b, share_a - low_a),
    )


def _correlation(both_right: int, only_a: int, only_b: int, both_wrong: int) -> float:
    """Newcombe's φ: with a continuity correction where it is positive; 0 without any spread."""
    spread = math.sqrt(
        (both_right + only_a)
        * (only_b + both_wrong)
        * (both_right + only_b)
        * (only_a + both_wrong)
    )
    if not spread:
        return 0.0
    product = both_right * both_wrong - only_a * only_b
    if product > 0:
        reviews = both_right + only_a + only_b + both_wrong
        product = max(0, product - reviews / 2)  # type: ignore[assignment]
    return product / spread


def reviews_needed(only_a: int, only_b: int, reviews: int) -> int | None:
    """How many reviews would show a difference such as this one with 80% certainty.

    Connor, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43:207, 1987, taking the shares found for the true ones. None without a difference.
    """
    differing, difference = (only_a + only_b) / reviews, (only_b - only_a) / reviews
    if not difference:
        return None
    spread = math.sqrt(max(0.0, differing - difference**2))
    return math.ceil((Z * math.sqrt(differing) + Z_POWER * spread) ** 2 / difference**2)


def mean_difference(
    differences: NDArray[np.float64],
) -> tuple[float, float | None, float | None, float]:
    """The mean of paired differences [R] with its 95% interval and p-value: the paired t-test.

    Student, "The probable error of a mean", Biometrika 6, 1908. Differences of errors aren't
    normal, but their mean nearly is from some dozens of reviews on.

    Returns:
        Mean, lower and upper end and p-value; no interval (None) and 1.0 of a single review.
    """
    from scipy.special import stdtr, stdtrit

    count, mean = len(differences), float(differences.mean())
    if count < 2:
        return mean, None, None, 1.0
    error = float(differences.std(ddof=1)) / math.sqrt(count)
    if not error:
        return mean, mean, mean, 0.0 if mean else 1.0
    spread = float(stdtrit(count - 1, 0.975)) * error
    p_value = 2 * float(stdtr(count - 1, -abs(mean) / error))
    return mean, mean - spread, mean + spread, p_value


def reviews_needed_of_means(differences: NDArray[np.float64]) -> int | None:
    """How many reviews would show a mean difference such as this one [R] with 80% certainty.

    As `reviews_needed`, by the normal distribution. None without a difference or of one review.
    """
    mean = float(differences.mean())
    if not mean or len(differences) < 2:
        return None
    return math.ceil(((Z + Z_POWER) * float(differences.std(ddof=1)) / mean) ** 2)
